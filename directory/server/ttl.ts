import { DecodeError } from '../../src/errors.ts';
import {
  decodeRefreshRequest,
  encodeRefreshResponse,
  EXTENDED,
  type ExtendedResponse,
  MAX_TTL_SECONDS,
  RESULT,
  utf8Text,
} from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import { type OperationContext, readDn, requireAccess, requireEntry } from './context.ts';
import { OperationError } from './errors.ts';
import type { TtlLimits } from './limits.ts';

/** RFC 2589 §4.2: servers may shorten a longer request to this, but to no less. */
const SHORTENED_TTL_FLOOR = 86_400;

/** `seconds` within the service's limits. */
export const clampTtl = (seconds: number, { minSeconds, maxSeconds }: TtlLimits): number =>
  Math.min(Math.max(seconds, minSeconds), maxSeconds);

/**
 * Seconds from the values of `entryTtl`, or of `sTTL`, which counts minutes.
 *
 * @throws {OperationError} constraintViolation
 */
export function ttlFromValues(name: string, vals: readonly Uint8Array[], unitSeconds: 1 | 60): number {
  const text = utf8Text(vals[0] ?? new Uint8Array(0)) ?? '';
  const seconds = Number(text) * unitSeconds;
  if (vals.length !== 1 || !/^\d{1,10}$/.test(text) || seconds < 1) {
    const unit = unitSeconds === 1 ? 'seconds' : 'minutes';
    throw new OperationError('constraintViolation', `${name} takes one whole number of ${unit}, at least 1`);
  }
  return Math.min(seconds, MAX_TTL_SECONDS);
}

/** Seconds that `entry` has left, counted up so that a fresh entry shows what it was given. */
export const secondsLeft = (expires: number, wallMs: number): number =>
  Math.max(0, Math.ceil((expires - wallMs) / 1000));

/**
 * Lets every dynamic entry from `parent` up live at least until `expires`: nobody may lose an entry because the one
 * above it ended.
 */
export function extendAbove(context: OperationContext, parent: number, expires: number): void {
  for (
    let above = context.store.byId(parent);
    above !== undefined;
    above = context.store.byId(above.parent)
  ) {
    if (above.expires === undefined) return; // nothing dynamic is above something static
    if (above.expires < expires) context.store.setExpires(above.id, expires);
  }
}

/**
 * The refresh operation of RFC 2589 §4.
 *
 * @throws {OperationError} with the result codes of §4.2
 */
export function refresh(
  context: OperationContext,
  who: Identity,
  requestValue: Uint8Array | undefined,
): ExtendedResponse {
  const { entryName, requestTtl } = readRefresh(requestValue);
  const { ttl } = context;
  return context.store.transaction(() => {
    const entry = requireEntry(context, readDn(entryName), who);
    if (entry.expires === undefined) {
      throw new OperationError(
        'objectClassViolation',
        `${entry.dn} is not a dynamicObject: it stays without being refreshed`,
      );
    }
    requireAccess(context, who, 'refresh', entry);
    if (
      requestTtl > MAX_TTL_SECONDS ||
      (requestTtl > ttl.maxSeconds && ttl.maxSeconds < SHORTENED_TTL_FLOOR)
    ) {
      const most = Math.min(MAX_TTL_SECONDS, ttl.maxSeconds);
      throw new OperationError(
        'sizeLimitExceeded',
        `requestTtl ${requestTtl} is too large: ask for at most ${most} seconds`,
      );
    }
    const granted = clampTtl(requestTtl, ttl);
    const expires = context.clock.wall() + granted * 1000;
    context.store.setExpires(entry.id, expires);
    extendAbove(context, entry.parent, expires);
    return {
      type: 'extendedResponse',
      resultCode: RESULT.success,
      matchedDN: '',
      diagnosticMessage: '',
      responseName: EXTENDED.refresh,
      responseValue: encodeRefreshResponse(granted),
    };
  });
}

function readRefresh(value: Uint8Array | undefined): { entryName: string; requestTtl: number } {
  if (value === undefined) {
    throw new OperationError('protocolError', 'a refresh request needs a value (RFC 2589 §4.1)');
  }
  try {
    const request = decodeRefreshRequest(value);
    if (request.requestTtl < 1) {
      throw new OperationError('protocolError', `requestTtl is ${request.requestTtl}, it must be at least 1`);
    }
    return request;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new OperationError('protocolError', `the refresh request value: ${error.message}`);
  }
}

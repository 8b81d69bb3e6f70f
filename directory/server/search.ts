import { DecodeError } from '../../src/errors.ts';
import {
  type BerWriter,
  type Control,
  decodePagedResults,
  type LdapResult,
  PAGED_RESULTS,
  pagedResultsControl,
  RESULT,
  type SearchRequest,
  serializeFilter,
  writeMessage,
} from '../../src/ldap/index.ts';
import type { Ms } from '../../src/machine.ts';
import type { Clock } from '../../src/net/clock.ts';
import type { Identity } from './access.ts';
import type { OperationContext } from './context.ts';
import type { Entry } from './entry.ts';
import { OperationError } from './errors.ts';
import type { ServiceLimits } from './limits.ts';
import { SearchContent } from './search-content.ts';

/** Candidates taken from the store at a time. */
const BATCH = 256;

/** Where a paged search goes on. All of it is in the cookie, so nothing has to be kept for clients that never return. */
interface Page {
  readonly size: number;
  readonly after: number;
  readonly sentBefore: number;
}

/**
 * One search under way. {@link step} makes as much of the answer as the transport has room for; nothing is locked or
 * held in the store between steps.
 */
export class SearchRun {
  readonly #clock: Clock;
  readonly #content: SearchContent;
  readonly #request: SearchRequest;
  readonly #messageId: number;
  readonly #deadline: Ms;
  readonly #sizeLimit: number;
  readonly #page: Page | undefined;
  readonly #fingerprint: number;
  #batch: readonly Entry[] = [];
  #batchAt = 0;
  /** Where the next batch begins; undefined when there is none. */
  #next: number | undefined;
  #sent = 0;
  #lastSent = 0;

  /** @throws {OperationError} when the search cannot be begun */
  constructor(
    context: OperationContext,
    who: Identity,
    messageId: number,
    request: SearchRequest,
    controls: readonly Control[],
  ) {
    const { limits, clock } = context;
    this.#clock = clock;
    this.#request = request;
    this.#messageId = messageId;
    this.#deadline = clock.now() + searchSeconds(request, limits) * 1000;
    this.#sizeLimit = Math.min(
      request.sizeLimit === 0 ? Number.POSITIVE_INFINITY : request.sizeLimit,
      limits.maxSearchEntries,
    );
    this.#content = new SearchContent(context, who, request);
    const paged = controls.find(({ controlType }) => controlType === PAGED_RESULTS);
    this.#fingerprint = paged === undefined ? 0 : fingerprint(this.#content.path, request);
    this.#page = paged === undefined ? undefined : this.#readPage(paged);
    this.#next = this.#page?.after ?? 0;
  }

  /**
   * Writes entries until `w` holds `maxBytes` or it is `until`.
   *
   * @returns true when the search is over and its last message is written
   */
  step(w: BerWriter, maxBytes: number, until: Ms): boolean {
    const page = this.#page;
    for (;;) {
      const entry = this.#nextEntry();
      if (entry === undefined) {
        if (this.#next === undefined) return this.#finish(w, 'success');
        this.#fetch();
        const now = this.#clock.now();
        if (now > this.#deadline) {
          return this.#finish(
            w,
            'timeLimitExceeded',
            'the search took too long: narrow the filter or the base',
          );
        }
        if (now > until) return false;
        continue;
      }
      if (!this.#content.isHit(entry)) continue;
      if (page !== undefined && this.#sent === page.size)
        return this.#finish(w, 'success', '', this.#lastSent);
      if ((page?.sentBefore ?? 0) + this.#sent >= this.#sizeLimit) {
        return this.#finish(
          w,
          'sizeLimitExceeded',
          `more than ${this.#sizeLimit} entries match: narrow the filter, or page`,
        );
      }
      this.#write(w, entry);
      if (w.length >= maxBytes) return false;
    }
  }

  #nextEntry(): Entry | undefined {
    return this.#batch[this.#batchAt++];
  }

  #fetch(): void {
    const { entries, next } = this.#content.candidates(this.#next ?? 0, BATCH);
    this.#batch = entries;
    this.#batchAt = 0;
    this.#next = next;
  }

  #write(w: BerWriter, entry: Entry): void {
    this.#content.write(w, this.#messageId, entry);
    this.#sent++;
    this.#lastSent = entry.id;
  }

  #finish(
    w: BerWriter,
    result: 'success' | 'timeLimitExceeded' | 'sizeLimitExceeded',
    words = '',
    after?: number,
  ): true {
    const done: LdapResult = { resultCode: RESULT[result], matchedDN: '', diagnosticMessage: words };
    const cookie =
      after === undefined || this.#page === undefined
        ? new Uint8Array(0)
        : encodeCookie(this.#fingerprint, after, this.#page.sentBefore + this.#sent);
    writeMessage(w, {
      messageId: this.#messageId,
      op: { type: 'searchResultDone', ...done },
      ...(this.#page === undefined ? {} : { controls: [pagedResultsControl({ size: 0, cookie })] }),
    });
    return true;
  }

  /** RFC 2696 §3. */
  #readPage(control: Control): Page | undefined {
    try {
      const { size, cookie } = decodePagedResults(control);
      if (cookie.length === 0) {
        // A page that holds all the client wants is no page.
        const whole = this.#request.sizeLimit > 0 && size >= this.#request.sizeLimit;
        return { size: whole || size === 0 ? Number.POSITIVE_INFINITY : size, after: 0, sentBefore: 0 };
      }
      const place = decodeCookie(cookie, this.#fingerprint);
      if (place === undefined) {
        throw new OperationError(
          'unwillingToPerform',
          'the paged results cookie does not belong to this search: begin again without a cookie',
        );
      }
      // Size 0 with a cookie gives up the rest.
      return size === 0 ? { size: 0, after: Number.MAX_SAFE_INTEGER, sentBefore: 0 } : { size, ...place };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw new OperationError('protocolError', `the paged results control: ${error.message}`);
    }
  }
}

/** Seconds that a search may take. */
export function searchSeconds({ timeLimit }: SearchRequest, { maxSearchSeconds }: ServiceLimits): number {
  return timeLimit === 0 ? maxSearchSeconds : Math.min(timeLimit, maxSearchSeconds);
}

const COOKIE_LENGTH = 16;

function encodeCookie(fingerprint: number, after: number, sentBefore: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(COOKIE_LENGTH));
  view.setUint32(0, fingerprint);
  view.setUint32(4, sentBefore);
  view.setFloat64(8, after);
  return new Uint8Array(view.buffer);
}

function decodeCookie(
  cookie: Uint8Array,
  fingerprint: number,
): { after: number; sentBefore: number } | undefined {
  if (cookie.length !== COOKIE_LENGTH) return undefined;
  const view = new DataView(cookie.buffer, cookie.byteOffset);
  const after = view.getFloat64(8);
  if (view.getUint32(0) !== fingerprint || !Number.isSafeInteger(after) || after < 0) return undefined;
  return { after, sentBefore: view.getUint32(4) };
}

/** FNV-1a of what must stay the same from page to page. */
function fingerprint(path: string, { scope, filter }: SearchRequest): number {
  let hash = 0x811c_9dc5;
  for (const c of `${path}\n${scope}\n${serializeFilter(filter)}`) {
    hash = Math.imul(hash ^ c.codePointAt(0)!, 0x0100_0193);
  }
  return hash >>> 0;
}

import type { Conference } from '../../directory/index.ts';
import { formatCrypto, type MediaKey, SessionDescription, srtpSuite } from '../../src/sdp/index.ts';
import { SRTP_PROFILES, type SrtpProfileName } from '../../src/srtp/index.ts';
import type { EditOptions } from '../commands/edit.ts';
import type { CliContext } from '../context.ts';
import { FailedError, UsageError } from '../errors.ts';
import { parseDuration } from '../input/duration.ts';

/** @throws {UsageError} when there is no such suite */
export function readSuite(text: string | boolean | undefined): SrtpProfileName | undefined {
  if (typeof text !== 'string') return undefined;
  const suite = srtpSuite(text);
  if (suite !== undefined) return suite;
  throw new UsageError(`--encrypted ${text} is no suite: use ${Object.keys(SRTP_PROFILES).join(', ')}`);
}

/** Encrypts a conference that is to be published or changed, and says who will have the key. */
export async function encrypt(
  ctx: CliContext,
  conference: Conference,
  asked: string | boolean | undefined,
): Promise<void> {
  const hasKeys = conference.sdp?.media.toArray().some((medium) => medium.attributes.has('crypto')) ?? false;
  if (asked === undefined && !hasKeys) return;
  if (asked === false && !hasKeys) return;
  const { encryptConference } = await import('../../directory/index.ts');
  encryptConference(conference, readSuite(asked));
  if (asked === undefined || asked === false) {
    ctx.err.note(
      `The key in the description of "${conference.name}" is kept apart from it, for those who may join: ${ctx.callText('show', conference.name)} --key`,
    );
  }
  tellWhoHasIt(ctx, conference);
}

function tellWhoHasIt(ctx: CliContext, { acl, name }: Conference): void {
  if (acl === undefined) {
    ctx.err.note(
      `Whoever has logged in to the directory finds the key of "${name}" there. Name them with --acl, as in ann:read+join.`,
    );
  } else if (!/\b(join|all)\b/.test(acl.toString())) {
    ctx.err.warn(
      `nobody but the owner may have the key of "${name}": add the right to join, as in ann:read+join`,
    );
  }
}

/** What `edit` does about keys: another where there is one, a first one where it shall be encrypted, or has other media now. */
export async function changeKeys(
  ctx: CliContext,
  conference: Conference,
  options: EditOptions,
): Promise<void> {
  const { encrypted, rekey: asked, media } = options;
  const hasKeys = conference.keys.length > 0;
  if (typeof encrypted === 'string' && hasKeys && media === undefined) {
    return rekey(ctx, conference, typeof asked === 'string' ? asked : true, readSuite(encrypted));
  }
  if (media !== undefined && hasKeys) return encrypt(ctx, conference, encrypted || true);
  if (asked !== undefined && asked !== false) return rekey(ctx, conference, asked);
  if (encrypted === true && hasKeys) return;
  await encrypt(ctx, conference, encrypted);
}

/** Another key, with its time. */
async function rekey(
  ctx: CliContext,
  conference: Conference,
  asked: string | true,
  suite?: SrtpProfileName,
): Promise<void> {
  const { REKEY_AFTER_MS, rekeyConference } = await import('../../directory/index.ts');
  const afterMs = asked === true ? REKEY_AFTER_MS : parseDuration(asked);
  const now = ctx.clock.wall();
  rekeyConference(conference, now, now + afterMs, suite);
  ctx.err.note(
    `The new key of "${conference.name}" is used in ${Math.round(afterMs / 1000)} s. Who cannot read it then is out.`,
  );
}

/**
 * The description with the key in use in it.
 *
 * @throws {FailedError} when there is none, or it is not shown to us
 */
export function keyedDescription(conference: Conference, now: Date): Uint8Array {
  const { keys, sdp, name, isEncrypted } = conference;
  if (sdp === undefined || keys.length === 0) throw new FailedError(noKey(name, isEncrypted));
  const keyed = SessionDescription.parse(conference.blob);
  for (const [index, medium] of keyed.media.toArray().entries()) {
    const own = keys.filter((it) => it.medium === index);
    const current = keyInUse(own, now.getTime());
    if (current !== undefined) medium.attributes.add(formatCrypto(current.crypto));
  }
  return keyed.toBytes();
}

function keyInUse(keys: readonly MediaKey[], now: number): MediaKey | undefined {
  const byTime = keys.toSorted((a, b) => a.from - b.from);
  return byTime.findLast(({ from }) => from <= now) ?? byTime[0];
}

/** Why there is no key, for people. */
export function noKey(name: string, isEncrypted: boolean): string {
  return isEncrypted
    ? `The directory does not show us the key of "${name}": log in as somebody who may join, over TLS or on the same computer, or ask its owner`
    : `"${name}" is not encrypted`;
}

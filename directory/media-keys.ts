import { randomBytes } from 'node:crypto';
import { InvalidValueError } from '../src/errors.ts';
import { type CryptoKey, type MediaKey, mkiNumber, mkiOf, parseCrypto } from '../src/sdp/index.ts';
import { SRTP_PROFILES, type SrtpProfileName } from '../src/srtp/index.ts';
import type { Conference } from './conference.ts';

/**
 * What conferences are encrypted with unless told otherwise: the one suite that every implementation has (RFC 4568 §6.2.1,
 * RFC 3711 §8.2), ffmpeg among them, which has no other strong one.
 */
export const DEFAULT_SUITE: SrtpProfileName = 'AES_CM_128_HMAC_SHA1_80';

/** When a new key begins to be used: members look for one every half a minute. */
export const REKEY_AFTER_MS = 60_000;
/** Identifiers take one byte of each packet; they come around after 255 keys, when the old ones are long forgotten. */
const MKI_BYTES = 1;
const MAX_MKI = 255;

/**
 * Makes a conference an encrypted one: each RTP medium gets a key of its own, since two sessions of RTP must not use one with the
 * same SSRC (RFC 3711 §9.1), and says `RTP/SAVP`. Keys that stand in its description (`a=crypto`) are taken out of it.
 *
 * @throws {InvalidValueError} when there is no RTP medium, or a key in the description cannot be used
 */
export function encryptConference(conference: Conference, suite: SrtpProfileName = DEFAULT_SUITE): void {
  const keys: MediaKey[] = [];
  for (const [index, medium] of conference.sdp?.media.toArray().entries() ?? []) {
    if (!medium.isRtp || /TLS/i.test(medium.proto)) continue;
    const [given] = medium.crypto;
    const own = given === undefined ? undefined : parseCrypto(given);
    const fresh = { tag: 1, profile: suite, keys: [newKey(suite)], keyDerivationRate: 0, encryptRtcp: true };
    keys.push({ medium: index, from: 0, crypto: own ?? fresh });
    medium.attributes.delete('crypto');
    if (!/SAVP/i.test(medium.proto)) medium.proto = medium.proto.replace(/AVP/i, 'SAVP');
  }
  if (keys.length === 0) {
    throw new InvalidValueError(`"${conference.name}" has no RTP medium that could be encrypted`);
  }
  conference.keys = keys;
  conference.isEncrypted = false; // its description says it
}

/**
 * Gives an encrypted conference another key, used from `from` on; the one in use stays beside it, for those who hear of the new one
 * late and for what is under way. Whoever must not have the new one is to be taken off the access list before.
 *
 * @param from milliseconds since 1970-01-01 UTC
 * @throws {InvalidValueError} when it has no keys, or none that we may see
 */
export function rekeyConference(
  conference: Conference,
  now: number,
  from: number,
  suite?: SrtpProfileName,
): void {
  if (conference.keys.length === 0) {
    throw new InvalidValueError(
      conference.isEncrypted
        ? `The key of "${conference.name}" is not shown to us: whoever is to change it must be let join (right "join"), on a connection that nobody else can read`
        : `"${conference.name}" is not encrypted: make it so with --encrypted`,
    );
  }
  const media = [...new Set(conference.keys.map(({ medium }) => medium))];
  conference.keys = media.flatMap((medium) => {
    const byTime = conference.keys.filter((it) => it.medium === medium).toSorted((a, b) => a.from - b.from);
    const current = byTime.findLast((it) => it.from <= now) ?? byTime[0];
    if (current === undefined) return [];
    const profile = suite ?? current.crypto.profile;
    const latest = Math.max(0, ...(byTime.at(-1) ?? current).crypto.keys.map(numberOf));
    const key = {
      ...newKey(profile),
      mki: mkiOf(BigInt((latest % MAX_MKI) + 1), MKI_BYTES) ?? new Uint8Array(MKI_BYTES),
    };
    return [current, { medium, from, crypto: { ...current.crypto, profile, keys: [key] } }];
  });
}

const numberOf = ({ mki }: CryptoKey): number => (mki === undefined ? 1 : Number(mkiNumber(mki) & 0xffffn));

function newKey(profile: SrtpProfileName): CryptoKey {
  const { keyBytes, saltBytes } = SRTP_PROFILES[profile];
  return { key: new Uint8Array(randomBytes(keyBytes)), salt: new Uint8Array(randomBytes(saltBytes)) };
}

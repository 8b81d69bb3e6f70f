import { InvalidValueError } from '../../../src/errors.ts';
import { type MediaDescription, type MediaKey, parseCrypto } from '../../../src/sdp/index.ts';

/** The keys of a medium, or why there are none. */
export interface KeyPlan {
  readonly keys: readonly MediaKey[];
  readonly problem: { readonly code: 'encrypted' | 'badKey'; readonly reason: string } | undefined;
}

/** Keys that are given out of band come before those in the description: they may be newer. */
export function planKeys(
  medium: MediaDescription,
  index: number,
  given: readonly MediaKey[] = [],
): KeyPlan | undefined {
  const { proto } = medium;
  if (!/\bSAVPF?$/i.test(proto)) return undefined;
  if (/DTLS/i.test(proto) || /TLS/i.test(proto)) {
    const reason = `its keys are agreed on by DTLS (${proto}), which two can do and a group cannot; groups use RTP/SAVP`;
    return none('encrypted', reason);
  }
  const own = given.filter((key) => key.medium === index);
  if (own.length > 0) return { keys: own, problem: undefined };
  let problem: string | undefined;
  for (const attribute of medium.crypto) {
    try {
      return { keys: [{ medium: index, from: 0, crypto: parseCrypto(attribute) }], problem: undefined };
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      problem ??= error.message;
    }
  }
  if (problem !== undefined) return none('badKey', problem);
  if (medium.attributes.has('crypto'))
    return none('badKey', 'its a=crypto attribute cannot be read (RFC 4568 §9.1)');
  return none(
    'encrypted',
    `it is encrypted (${proto}) and there is no key here: the directory entry shows it to those whom its access rights let join, and whoever made the conference can give it`,
  );
}

function none(code: 'encrypted' | 'badKey', reason: string): KeyPlan {
  return { keys: [], problem: { code, reason } };
}

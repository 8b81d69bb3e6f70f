import type { BerReader, BerWriter } from './ber.ts';
import { contextConstructed, MAX_INT, TAG } from './ber.ts';

/** RFC 4511 §4.1.9: what every response but search entries and references carries. */
export interface LdapResult {
  readonly resultCode: number;
  readonly matchedDN: string;
  readonly diagnosticMessage: string;
  /** LDAP URLs; present exactly when `resultCode` is referral (10). */
  readonly referral?: readonly string[];
}

const REFERRAL = contextConstructed(3);

export function readResult(r: BerReader): LdapResult {
  const resultCode = r.enumerated(0, MAX_INT);
  const matchedDN = r.text();
  const diagnosticMessage = r.text();
  if (r.nextTag !== REFERRAL) return { resultCode, matchedDN, diagnosticMessage };
  const uris = r.constructed(REFERRAL);
  return { resultCode, matchedDN, diagnosticMessage, referral: readTexts(uris) };
}

export function writeResult(w: BerWriter, result: LdapResult): void {
  w.enumerated(result.resultCode).text(result.matchedDN).text(result.diagnosticMessage);
  if (result.referral === undefined) return;
  w.begin(REFERRAL);
  for (const uri of result.referral) w.text(uri);
  w.end();
}

/** `SEQUENCE SIZE (1..MAX) OF` strings, of which `r` holds the contents. */
export function readTexts(r: BerReader, atLeast = 1): readonly string[] {
  const texts: string[] = [];
  while (!r.done) texts.push(r.text(TAG.octetString));
  if (texts.length < atLeast) throw r.fail('a list of strings is empty');
  return texts;
}

import type { BerReader, BerWriter } from './ber.ts';
import { context, contextConstructed, TAG } from './ber.ts';
import type { LdapResult } from './result.ts';
import { readResult, writeResult } from './result.ts';

/** RFC 4511 §4.2. `other` keeps a choice of another document, such as the octet strings `[9]`..`[11]` of Sicily. */
export type AuthenticationChoice =
  | { readonly kind: 'simple'; readonly password: Uint8Array }
  | { readonly kind: 'sasl'; readonly mechanism: string; readonly credentials?: Uint8Array }
  | { readonly kind: 'other'; readonly tag: number; readonly octets: Uint8Array };

export interface BindRequest {
  readonly type: 'bindRequest';
  /** 1..127; 2 and 3 mean something. */
  readonly version: number;
  readonly name: string;
  readonly authentication: AuthenticationChoice;
}

export interface BindResponse extends LdapResult {
  readonly type: 'bindResponse';
  readonly serverSaslCreds?: Uint8Array;
}

const SIMPLE = context(0);
const SASL = contextConstructed(3);
const SERVER_SASL_CREDS = context(7);

export function readBindRequest(r: BerReader): BindRequest {
  const version = r.integer(1, 127);
  const name = r.text();
  const authentication = readAuthentication(r);
  r.expectEnd('a bind request');
  return { type: 'bindRequest', version, name, authentication };
}

function readAuthentication(r: BerReader): AuthenticationChoice {
  const tag = r.nextTag;
  if (tag === undefined) throw r.fail('the bind request has no authentication choice', 'RFC 4511 §4.2');
  if (tag === SIMPLE) return { kind: 'simple', password: r.octets(SIMPLE) };
  if (tag !== SASL) return { kind: 'other', tag, octets: r.octets(tag) };
  const sasl = r.constructed(SASL);
  const mechanism = sasl.text();
  const credentials = sasl.done ? undefined : sasl.octets();
  sasl.expectEnd('SASL credentials');
  return { kind: 'sasl', mechanism, ...(credentials === undefined ? {} : { credentials }) };
}

export function writeBindRequest(w: BerWriter, { version, name, authentication }: BindRequest): void {
  w.integer(version).text(name);
  switch (authentication.kind) {
    case 'simple':
      w.octets(authentication.password, SIMPLE);
      return;
    case 'sasl':
      w.begin(SASL).text(authentication.mechanism);
      if (authentication.credentials !== undefined) w.octets(authentication.credentials, TAG.octetString);
      w.end();
      return;
    case 'other':
      w.octets(authentication.octets, authentication.tag);
  }
}

export function readBindResponse(r: BerReader): BindResponse {
  const result = readResult(r);
  const serverSaslCreds = r.nextTag === SERVER_SASL_CREDS ? r.octets(SERVER_SASL_CREDS) : undefined;
  r.skipRest();
  return { type: 'bindResponse', ...result, ...(serverSaslCreds === undefined ? {} : { serverSaslCreds }) };
}

export function writeBindResponse(w: BerWriter, response: BindResponse): void {
  writeResult(w, response);
  if (response.serverSaslCreds !== undefined) w.octets(response.serverSaslCreds, SERVER_SASL_CREDS);
}

import type { BerReader, BerWriter } from './ber.ts';
import { context } from './ber.ts';
import type { LdapResult } from './result.ts';
import { readResult, writeResult } from './result.ts';

/** RFC 4511 §4.12. */
export interface ExtendedRequest {
  readonly type: 'extendedRequest';
  readonly requestName: string;
  readonly requestValue?: Uint8Array;
}

/** RFC 4511 §4.12; unsolicited when its message id is 0 (§4.4). */
export interface ExtendedResponse extends LdapResult {
  readonly type: 'extendedResponse';
  readonly responseName?: string;
  readonly responseValue?: Uint8Array;
}

/** RFC 4511 §4.13. */
export interface IntermediateResponse {
  readonly type: 'intermediateResponse';
  readonly responseName?: string;
  readonly responseValue?: Uint8Array;
}

/** OIDs of extended operations and notices. */
export const EXTENDED = {
  /** RFC 2589 §4.1 */
  refresh: '1.3.6.1.4.1.1466.101.119.1',
  /** RFC 4532 */
  whoAmI: '1.3.6.1.4.1.4203.1.11.3',
  /** RFC 3909 */
  cancel: '1.3.6.1.1.8',
  /** RFC 3062 */
  passwordModify: '1.3.6.1.4.1.4203.1.11.1',
  /** RFC 4511 §4.14 */
  startTls: '1.3.6.1.4.1.1466.20037',
  /** RFC 4511 §4.4.1 */
  noticeOfDisconnection: '1.3.6.1.4.1.1466.20036',
} as const;

export function readExtendedRequest(r: BerReader): ExtendedRequest {
  const requestName = r.text(context(0));
  const requestValue = r.nextTag === context(1) ? r.octets(context(1)) : undefined;
  r.expectEnd('an extended request');
  return { type: 'extendedRequest', requestName, ...(requestValue === undefined ? {} : { requestValue }) };
}

export function writeExtendedRequest(w: BerWriter, { requestName, requestValue }: ExtendedRequest): void {
  w.text(requestName, context(0));
  if (requestValue !== undefined) w.octets(requestValue, context(1));
}

export function readExtendedResponse(r: BerReader): ExtendedResponse {
  const result = readResult(r);
  const named = readNameAndValue(r, context(10), context(11));
  return { type: 'extendedResponse', ...result, ...named };
}

export function writeExtendedResponse(w: BerWriter, response: ExtendedResponse): void {
  writeResult(w, response);
  if (response.responseName !== undefined) w.text(response.responseName, context(10));
  if (response.responseValue !== undefined) w.octets(response.responseValue, context(11));
}

export function readIntermediateResponse(r: BerReader): IntermediateResponse {
  return { type: 'intermediateResponse', ...readNameAndValue(r, context(0), context(1)) };
}

export function writeIntermediateResponse(w: BerWriter, response: IntermediateResponse): void {
  if (response.responseName !== undefined) w.text(response.responseName, context(0));
  if (response.responseValue !== undefined) w.octets(response.responseValue, context(1));
}

function readNameAndValue(
  r: BerReader,
  nameTag: number,
  valueTag: number,
): { responseName?: string; responseValue?: Uint8Array } {
  const responseName = r.nextTag === nameTag ? r.text(nameTag) : undefined;
  const responseValue = r.nextTag === valueTag ? r.octets(valueTag) : undefined;
  r.skipRest();
  return {
    ...(responseName === undefined ? {} : { responseName }),
    ...(responseValue === undefined ? {} : { responseValue }),
  };
}

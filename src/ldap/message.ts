import { EncodeError } from '../errors.ts';
import { BerReader, BerWriter, DEFAULT_MAX_DEPTH, MAX_INT } from './ber.ts';
import type { BindRequest, BindResponse } from './bind.ts';
import { readBindRequest, readBindResponse, writeBindRequest, writeBindResponse } from './bind.ts';
import type { Control } from './control.ts';
import { CONTROLS, readControls, writeControls } from './control.ts';
import type { ExtendedRequest, ExtendedResponse, IntermediateResponse } from './extended.ts';
import * as extended from './extended.ts';
import type { LdapResult } from './result.ts';
import { readResult, writeResult } from './result.ts';
import type { SearchRequest, SearchResultDone, SearchResultEntry, SearchResultReference } from './search.ts';
import * as search from './search.ts';
import type { AddRequest, CompareRequest, DelRequest, ModifyDNRequest, ModifyRequest } from './update.ts';
import * as update from './update.ts';

/** RFC 4511 §4.3. */
export interface UnbindRequest {
  readonly type: 'unbindRequest';
}
/** RFC 4511 §4.11; `abandonId` is the message id of the operation to drop. */
export interface AbandonRequest {
  readonly type: 'abandonRequest';
  readonly abandonId: number;
}
export interface ModifyResponse extends LdapResult {
  readonly type: 'modifyResponse';
}
export interface AddResponse extends LdapResult {
  readonly type: 'addResponse';
}
export interface DelResponse extends LdapResult {
  readonly type: 'delResponse';
}
export interface ModifyDNResponse extends LdapResult {
  readonly type: 'modDNResponse';
}
export interface CompareResponse extends LdapResult {
  readonly type: 'compareResponse';
}

export type LdapRequest =
  | BindRequest
  | UnbindRequest
  | SearchRequest
  | ModifyRequest
  | AddRequest
  | DelRequest
  | ModifyDNRequest
  | CompareRequest
  | AbandonRequest
  | ExtendedRequest;

export type LdapResponse =
  | BindResponse
  | SearchResultEntry
  | SearchResultDone
  | SearchResultReference
  | ModifyResponse
  | AddResponse
  | DelResponse
  | ModifyDNResponse
  | CompareResponse
  | ExtendedResponse
  | IntermediateResponse;

export type ProtocolOp = LdapRequest | LdapResponse;

/** RFC 4511 §4.1.1. */
export interface LdapMessage<Op extends ProtocolOp = ProtocolOp> {
  /** 1..2147483647; 0 for unsolicited notifications. */
  readonly messageId: number;
  readonly op: Op;
  readonly controls?: readonly Control[];
}

/** `[APPLICATION n]` tags (RFC 4511 §4.2 to §4.13). */
const OPS = [
  ['bindRequest', 0x60],
  ['bindResponse', 0x61],
  ['unbindRequest', 0x42],
  ['searchRequest', 0x63],
  ['searchResultEntry', 0x64],
  ['searchResultDone', 0x65],
  ['modifyRequest', 0x66],
  ['modifyResponse', 0x67],
  ['addRequest', 0x68],
  ['addResponse', 0x69],
  ['delRequest', 0x4a],
  ['delResponse', 0x6b],
  ['modDNRequest', 0x6c],
  ['modDNResponse', 0x6d],
  ['compareRequest', 0x6e],
  ['compareResponse', 0x6f],
  ['abandonRequest', 0x50],
  ['searchResultReference', 0x73],
  ['extendedRequest', 0x77],
  ['extendedResponse', 0x78],
  ['intermediateResponse', 0x79],
] as const;
const OP_TAGS = new Map<ProtocolOp['type'], number>(OPS);
const OP_TYPES = new Map<number, ProtocolOp['type']>(OPS.map(([type, tag]) => [tag, type]));

/**
 * Reads one whole LDAPMessage.
 *
 * @param bytes    exactly one message, as {@link LdapFramer} gives it
 * @param maxDepth elements that may be nested in it, filters included; default 100
 * @throws {DecodeError} when the bytes are not an LDAP message
 * @see RFC 4511 §4.1.1
 */
export function decodeMessage(bytes: Uint8Array, maxDepth: number = DEFAULT_MAX_DEPTH): LdapMessage {
  const outer = new BerReader(bytes, 0, bytes.length, maxDepth);
  const seq = outer.constructed();
  outer.expectEnd('the message');
  const messageId = seq.integer(0, MAX_INT);
  const op = readOp(seq);
  const controls = seq.nextTag === CONTROLS ? readControls(seq) : undefined;
  seq.expectEnd('the message');
  return { messageId, op, ...(controls === undefined ? {} : { controls }) };
}

/**
 * The message id of bytes that {@link decodeMessage} refused, so that an answer can name it.
 *
 * @returns undefined when even that cannot be read
 */
export function peekMessageId(bytes: Uint8Array): number | undefined {
  try {
    return new BerReader(bytes).constructed().integer(0, MAX_INT);
  } catch {
    return undefined;
  }
}

/**
 * Writes one LDAPMessage with the shortest lengths.
 *
 * @throws {EncodeError} when a number is out of range
 */
export function encodeMessage(message: LdapMessage): Uint8Array {
  const w = new BerWriter();
  writeMessage(w, message);
  return w.finish();
}

/** {@link encodeMessage} into a writer that may hold other messages already. */
export function writeMessage(w: BerWriter, { messageId, op, controls }: LdapMessage): void {
  if (!Number.isInteger(messageId) || messageId < 0 || messageId > MAX_INT) {
    throw new EncodeError('LDAP', 'messageId', `${messageId} is not in 0..${MAX_INT}`);
  }
  w.begin().integer(messageId);
  writeOp(w, op);
  if (controls !== undefined && controls.length > 0) writeControls(w, controls);
  w.end();
}

function readOp(seq: BerReader): ProtocolOp {
  const tag = seq.nextTag;
  const type = tag === undefined ? undefined : OP_TYPES.get(tag);
  if (tag === undefined || type === undefined) {
    const what = tag === undefined ? 'none' : `0x${tag.toString(16)}`;
    throw seq.fail(`protocol operation is ${what}, which LDAP does not define`, 'RFC 4511 §4.1.1');
  }
  // The primitive ones carry their value in the operation's own element.
  if (type === 'unbindRequest') {
    seq.null(tag);
    return { type };
  }
  if (type === 'delRequest') return { type, entry: seq.text(tag) };
  if (type === 'abandonRequest') return { type, abandonId: seq.integer(0, MAX_INT, tag) };
  const r = seq.constructed(tag);
  switch (type) {
    case 'bindRequest':
      return readBindRequest(r);
    case 'bindResponse':
      return readBindResponse(r);
    case 'searchRequest':
      return search.readSearchRequest(r);
    case 'searchResultEntry':
      return search.readSearchResultEntry(r);
    case 'searchResultDone':
      return search.readSearchResultDone(r);
    case 'searchResultReference':
      return search.readSearchResultReference(r);
    case 'modifyRequest':
      return update.readModifyRequest(r);
    case 'addRequest':
      return update.readAddRequest(r);
    case 'modDNRequest':
      return update.readModifyDNRequest(r);
    case 'compareRequest':
      return update.readCompareRequest(r);
    case 'extendedRequest':
      return extended.readExtendedRequest(r);
    case 'extendedResponse':
      return extended.readExtendedResponse(r);
    case 'intermediateResponse':
      return extended.readIntermediateResponse(r);
    case 'modifyResponse':
    case 'addResponse':
    case 'delResponse':
    case 'modDNResponse':
    case 'compareResponse':
      break;
  }
  const result = readResult(r);
  r.skipRest();
  return { type, ...result };
}

function writeOp(w: BerWriter, op: ProtocolOp): void {
  const tag = OP_TAGS.get(op.type)!; // the table names every type
  if (op.type === 'unbindRequest') {
    w.null(tag);
    return;
  }
  if (op.type === 'delRequest') {
    w.text(op.entry, tag);
    return;
  }
  if (op.type === 'abandonRequest') {
    w.integer(op.abandonId, tag);
    return;
  }
  w.begin(tag);
  writeContents(w, op);
  w.end();
}

function writeContents(
  w: BerWriter,
  op: Exclude<ProtocolOp, UnbindRequest | DelRequest | AbandonRequest>,
): void {
  switch (op.type) {
    case 'bindRequest':
      return writeBindRequest(w, op);
    case 'bindResponse':
      return writeBindResponse(w, op);
    case 'searchRequest':
      return search.writeSearchRequest(w, op);
    case 'searchResultEntry':
      return search.writeSearchResultEntry(w, op);
    case 'searchResultDone':
      return search.writeSearchResultDone(w, op);
    case 'searchResultReference':
      return search.writeSearchResultReference(w, op);
    case 'modifyRequest':
      return update.writeModifyRequest(w, op);
    case 'addRequest':
      return update.writeAddRequest(w, op);
    case 'modDNRequest':
      return update.writeModifyDNRequest(w, op);
    case 'compareRequest':
      return update.writeCompareRequest(w, op);
    case 'extendedRequest':
      return extended.writeExtendedRequest(w, op);
    case 'extendedResponse':
      return extended.writeExtendedResponse(w, op);
    case 'intermediateResponse':
      return extended.writeIntermediateResponse(w, op);
    case 'modifyResponse':
    case 'addResponse':
    case 'delResponse':
    case 'modDNResponse':
    case 'compareResponse':
      return writeResult(w, op);
  }
}

import { DecodeError } from '../errors.ts';
import { MadcapDecodeError, type MadcapHeader, type MadcapMessage, parseMadcapMessage } from './message.ts';

/** Longer Lease Identifiers are no client's: they are kept many times over. Those of RFC 2730 §2.4 have 17 or so octets. */
const LONGEST_IDENTIFIER = 128;

/** What only clients send. */
export type ClientMessage = 'getinfo' | 'discover' | 'request' | 'renew' | 'release';
const CLIENT_MESSAGES: readonly string[] = ['getinfo', 'discover', 'request', 'renew', 'release'];

type Readable = {
  readonly message: MadcapMessage & { readonly type: ClientMessage };
  readonly identifier: Uint8Array;
};
type Unreadable = {
  readonly message: MadcapHeader & { readonly type: ClientMessage };
  readonly identifier: Uint8Array;
  /** The option at fault. */
  readonly fault: { readonly option?: number };
};

function isFromClient<Header extends MadcapHeader>(
  header: Header,
): header is Header & { type: ClientMessage } {
  return CLIENT_MESSAGES.includes(header.type);
}

/**
 * A client's message, or its header when only that can be read. Undefined for what gets no answer: servers' messages, so
 * that two servers never answer each other, and what cannot be answered for want of a Lease Identifier (RFC 2730 §2.6).
 */
export function readRequest(bytes: Uint8Array): Readable | Unreadable | undefined {
  try {
    const message = parseMadcapMessage(bytes);
    const identifier = message.options.leaseIdentifier;
    return isFromClient(message) && isFit(identifier) ? { message, identifier } : undefined;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (!(error instanceof MadcapDecodeError)) return undefined;
    const { header, leaseIdentifier: identifier, option } = error;
    if (!isFromClient(header) || !isFit(identifier)) return undefined;
    return { message: header, identifier, fault: option === undefined ? {} : { option } };
  }
}

function isFit(identifier: Uint8Array | undefined): identifier is Uint8Array {
  return identifier !== undefined && identifier.length <= LONGEST_IDENTIFIER;
}

import { DecodeError } from '../errors.ts';
import { MadcapDecodeError, type MadcapHeader, type MadcapMessage, parseMadcapMessage } from './message.ts';

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
    return isFromClient(message) && identifier !== undefined ? { message, identifier } : undefined;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (!(error instanceof MadcapDecodeError) || error.leaseIdentifier === undefined) return undefined;
    const { header, leaseIdentifier: identifier, option } = error;
    if (!isFromClient(header)) return undefined;
    return { message: header, identifier, fault: option === undefined ? {} : { option } };
  }
}

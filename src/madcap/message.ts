import { DecodeError, EncodeError } from '../errors.ts';
import type { IpFamily } from '../ip/index.ts';
import { WireReader, WireWriter } from '../wire/index.ts';
import { familyNumber, familyOf } from './addresses.ts';
import {
  MADCAP_MESSAGE_TYPES,
  MADCAP_MINIMUM_BYTES,
  MADCAP_OPTION,
  type MadcapMessageType,
} from './constants.ts';
import { type MadcapOptions, OPTION_CODECS, optionOf } from './options.ts';

const VERSION = 0;

/** The first eight octets (RFC 2730 §2). */
export interface MadcapHeader {
  readonly type: MadcapMessageType;
  /** Family of the multicast addresses that the message is about. */
  readonly family: IpFamily;
  /** Transaction id, 32 bits. */
  readonly xid: number;
}

export interface MadcapMessage extends MadcapHeader {
  readonly options: MadcapOptions;
}

/** A message whose header can be read, but not all of its options. */
export class MadcapDecodeError extends DecodeError {
  readonly header: MadcapHeader;
  /** Code of the first option at fault; undefined when the options do not fit together. */
  readonly option: number | undefined;
  /** The Lease Identifier, if that could be read. */
  readonly leaseIdentifier: Uint8Array | undefined;
  constructor(
    header: MadcapHeader,
    option: number | undefined,
    leaseIdentifier: Uint8Array | undefined,
    cause: DecodeError,
  ) {
    super('MADCAP', `option ${option ?? 'list'} cannot be read: ${cause.message}`, {
      cause,
      ...(cause.offset === undefined ? {} : { offset: cause.offset }),
      ...(cause.rule === undefined ? {} : { rule: cause.rule }),
    });
    this.header = header;
    this.option = option;
    this.leaseIdentifier = leaseIdentifier;
  }
}

/**
 * Reads a message. Options may come in any order; those that we do not know are left out, of one that comes twice the
 * first counts, and the End may be missing. Nothing is said of which option belongs where: {@link placementProblems} does.
 *
 * @throws {MadcapDecodeError} when an option cannot be read
 * @throws {DecodeError} when not even the header can: too short, another version, an unknown type or address family
 * @see RFC 2730 §2
 */
export function parseMadcapMessage(bytes: Uint8Array): MadcapMessage {
  const r = new WireReader('MADCAP', bytes);
  if (bytes.length < MADCAP_MINIMUM_BYTES) {
    throw r.fail(`${bytes.length} octets are less than the shortest message`, 'RFC 2730 §2');
  }
  const version = r.u8();
  if (version !== VERSION) throw r.fail(`version ${version}, not 0`, 'RFC 2730 §2');
  const code = r.u8();
  const type = MADCAP_MESSAGE_TYPES[code - 1];
  if (type === undefined) throw r.fail(`message type ${code} is unknown`, 'RFC 2730 §2.2');
  const familyCode = r.u16();
  const family = familyOf(familyCode);
  if (family === undefined)
    throw r.fail(`address family ${familyCode} is neither IPv4 nor IPv6`, 'RFC 2730 §2');
  const header = { type, family, xid: r.u32() };
  return { ...header, options: readOptions(r, header) };
}

type MutableOptions = { -readonly [Name in keyof MadcapOptions]: MadcapOptions[Name] };

function readOptions(r: WireReader, header: MadcapHeader): MadcapOptions {
  const options: MutableOptions = {};
  let fault: { readonly option: number | undefined; readonly error: DecodeError } | undefined;
  for (let cutShort = false; r.remaining > 0 && !cutShort; ) {
    let code: number | undefined;
    cutShort = true;
    try {
      code = r.u16();
      if (code === MADCAP_OPTION.end) break; // what follows is nobody's
      const value = r.sub(r.u16());
      cutShort = false;
      const option = optionOf(code);
      if (option === undefined || options[option.name] !== undefined) continue;
      option.read(value, header.family, options);
      if (value.remaining > 0) throw value.fail(`${value.remaining} octets too many`, 'RFC 2730 §3');
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      fault ??= { option: code, error };
    }
  }
  if (fault !== undefined) {
    throw new MadcapDecodeError(header, fault.option, options.leaseIdentifier, fault.error);
  }
  return options;
}

/**
 * Writes a message with its options in the order of their codes.
 *
 * @throws {EncodeError} when a value does not fit
 * @see RFC 2730 §2
 */
export function formatMadcapMessage({ type, family, xid, options }: MadcapMessage): Uint8Array {
  if (!Number.isInteger(xid) || xid < 0 || xid > 0xffff_ffff) {
    throw new EncodeError('MADCAP', 'xid', `is ${xid}, not a number of 32 bits`);
  }
  const w = new WireWriter();
  w.u8(VERSION)
    .u8(MADCAP_MESSAGE_TYPES.indexOf(type) + 1)
    .u16(familyNumber(family))
    .u32(xid);
  for (const { name, code, write } of OPTION_CODECS) {
    if (options[name] === undefined) continue;
    w.u16(code).u16(0);
    const start = w.length;
    write(w, family, options);
    const length = w.length - start;
    if (length > 0xffff) throw new EncodeError('MADCAP', name, `is ${length} octets long, more than 65535`);
    w.setU16(start - 2, length);
  }
  return w.u16(MADCAP_OPTION.end).u16(0).finish();
}

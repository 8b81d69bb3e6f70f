import { EncodeError } from '../errors.ts';
import type { IpFamily } from '../ip/index.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';
import { type AddressRange, readAddressRanges, writeAddressRanges } from './address-ranges.ts';
import { readAddress, writeAddress } from './addresses.ts';
import { MADCAP_OPTION } from './constants.ts';
import { type MadcapError, readError, writeError } from './error-option.ts';
import {
  type FeatureList,
  readCodes,
  readFeatureList,
  writeCodes,
  writeFeatureList,
} from './feature-list.ts';
import { type NestingState, readNesting, writeNesting } from './nesting.ts';
import { type MadcapScope, readScopeList, writeScopeList } from './scope-list.ts';
import { readServerIdentifier, writeServerIdentifier } from './server-identifier.ts';

/** How many addresses are wanted (RFC 2730 §3.8). */
export interface AddressCount {
  /** With fewer the client can do nothing; 1 to 65535. */
  readonly minimum: number;
  /** At least the minimum. */
  readonly desired: number;
}

/** All options but End (RFC 2730 §3), in the order of their codes. Times are Unix seconds, lengths of time seconds. */
export interface MadcapOptionValues {
  readonly leaseTime: number;
  /** An IPv4 or IPv6 address, whatever the header's family. */
  readonly serverIdentifier: string;
  /** 1 octet or more, opaque. */
  readonly leaseIdentifier: Uint8Array;
  /** Id of a scope: its lowest address. */
  readonly scope: string;
  readonly optionRequestList: readonly number[];
  readonly startTime: number;
  readonly addressCount: AddressCount;
  readonly language: string;
  readonly scopeList: readonly MadcapScope[];
  readonly addressRanges: readonly AddressRange[];
  readonly currentTime: number;
  readonly featureList: FeatureList;
  readonly retryTime: number;
  readonly minimumLeaseTime: number;
  readonly maximumStartTime: number;
  readonly error: MadcapError;
  readonly nesting: NestingState;
}
export type MadcapOptionName = keyof MadcapOptionValues;
/** The options that a message has. */
export type MadcapOptions = { readonly [Name in MadcapOptionName]?: MadcapOptionValues[Name] };

type MutableOptions = { -readonly [Name in keyof MadcapOptions]: MadcapOptions[Name] };

interface OptionCodec {
  readonly name: MadcapOptionName;
  readonly code: number;
  /** Reads all that `r` has into `options`. */
  readonly read: (r: WireReader, family: IpFamily, options: MutableOptions) => void;
  /** Writes the value, without code and length. */
  readonly write: (w: WireWriter, family: IpFamily, options: MadcapOptions) => void;
}

function option<Name extends MadcapOptionName>(
  name: Name,
  code: number,
  read: (r: WireReader, family: IpFamily) => MadcapOptionValues[Name],
  write: (w: WireWriter, family: IpFamily, value: NonNullable<MadcapOptions[Name]>) => void,
): OptionCodec {
  return {
    name,
    code,
    read: (r, family, options) => {
      options[name] = read(r, family);
    },
    write: (w, family, options) => {
      const value = options[name];
      if (value !== undefined) write(w, family, value);
    },
  };
}

function seconds(
  name: 'leaseTime' | 'startTime' | 'currentTime' | 'retryTime' | 'minimumLeaseTime' | 'maximumStartTime',
): OptionCodec {
  return option(
    name,
    MADCAP_OPTION[name],
    (r) => r.u32(),
    (w, _family, value) => {
      if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
        throw new EncodeError('MADCAP', name, `is ${value}, not a whole number of seconds up to 2³²−1`);
      }
      w.u32(value);
    },
  );
}

function readLeaseIdentifier(r: WireReader): Uint8Array {
  if (r.remaining === 0) throw r.fail('the lease identifier is empty', 'RFC 2730 §3.4');
  return r.rest();
}

function writeLeaseIdentifier(w: WireWriter, value: Uint8Array): void {
  if (value.length === 0) throw new EncodeError('MADCAP', 'leaseIdentifier', 'is empty');
  w.bytes(value);
}

function writeAddressCount(w: WireWriter, { minimum, desired }: AddressCount): void {
  if (minimum < 1 || minimum > desired) {
    throw new EncodeError('MADCAP', 'addressCount', `wants ${minimum} to ${desired} addresses`);
  }
  writeCodes(w, [minimum, desired], 'addressCount');
}

const O = MADCAP_OPTION;
/** One row to an option, by code. RFC 2730 §3.2 to §3.17, RFC 2907 §5. */
export const OPTION_CODECS: readonly OptionCodec[] = [
  seconds('leaseTime'),
  option('serverIdentifier', O.serverIdentifier, readServerIdentifier, (w, _, it) =>
    writeServerIdentifier(w, it),
  ),
  option('leaseIdentifier', O.leaseIdentifier, readLeaseIdentifier, (w, _, it) =>
    writeLeaseIdentifier(w, it),
  ),
  option('scope', O.scope, readAddress, (w, family, it) => writeAddress(w, family, it, 'scope')),
  option('optionRequestList', O.optionRequestList, readCodes, (w, _, it) =>
    writeCodes(w, it, 'optionRequestList'),
  ),
  seconds('startTime'),
  option(
    'addressCount',
    O.addressCount,
    (r) => ({ minimum: r.u16(), desired: r.u16() }),
    (w, _, it) => writeAddressCount(w, it),
  ),
  option(
    'language',
    O.language,
    (r) => r.utf8(r.remaining),
    (w, _, it) => w.utf8(it),
  ),
  option('scopeList', O.scopeList, readScopeList, writeScopeList),
  option('addressRanges', O.addressRanges, readAddressRanges, writeAddressRanges),
  seconds('currentTime'),
  option('featureList', O.featureList, readFeatureList, (w, _, it) => writeFeatureList(w, it)),
  seconds('retryTime'),
  seconds('minimumLeaseTime'),
  seconds('maximumStartTime'),
  option('error', O.error, readError, (w, _, it) => writeError(w, it)),
  option('nesting', O.nesting, readNesting, (w, _, it) => writeNesting(w, it)),
];

export const OPTION_NAMES: readonly MadcapOptionName[] = OPTION_CODECS.map(({ name }) => name);
const BY_CODE = new Map(OPTION_CODECS.map((codec) => [codec.code, codec]));

/** The option with that code; undefined for End and for what we do not know. */
export function optionOf(code: number): OptionCodec | undefined {
  return BY_CODE.get(code);
}

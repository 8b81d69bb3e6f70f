import { EncodeError, InvalidValueError } from '../errors.ts';
import { formatIp, type IpFamily, isMulticast, tryParseIp } from '../ip/index.ts';
import type { Ms } from '../machine.ts';
import type { SapAuthentication } from './authentication.ts';
import { deletedKey } from './description.ts';
import { messageIdHash } from './hash.ts';
import {
  compressSapPacket,
  type Deflate,
  formatSapPacket,
  SDP_PAYLOAD_TYPE,
  type SapPacket,
} from './packet.ts';

/** Longest announcement that RFC 2974 §6 recommends, bytes. */
export const SAP_RECOMMENDED_BYTES = 1024;
/** Longest payload of a UDP datagram over IPv4; a little more fits over IPv6. */
const UDP_MAX_BYTES = 65_507;
/** Most that goes over Ethernet in one frame: beyond it one lost fragment loses the announcement. */
const UNFRAGMENTED_BYTES = 1452;

/** Where announcements leave from: an interface and its address there. */
export interface SapSource {
  /** Address without zone: the originating source of the packets, and where they come from. */
  readonly address: string;
  readonly interface?: string;
}

/** A datagram to send. */
export interface SapTransmit {
  readonly bytes: Uint8Array;
  readonly group: string;
  /** The interface to send on; undefined for the only one. */
  readonly interface: string | undefined;
}

/** One version of a session to announce: the packets are made of it. */
export class SapAnnouncement {
  readonly description: Uint8Array;
  /** UDP payload of the announcement over IPv4, bytes. */
  readonly size: number;
  readonly warnings: readonly string[];
  readonly #packet: Omit<SapPacket, 'source'>;
  readonly #originLine: string;

  /**
   * @param previousHash hash of the version before
   * @throws {EncodeError} when there is no `o=` line, or it is longer than a datagram
   */
  constructor(
    description: Uint8Array,
    options: { deflate?: Deflate; authentication?: SapAuthentication; previousHash?: number },
  ) {
    const named = deletedKey(description);
    if (named === undefined) {
      throw new EncodeError('SAP', 'description', 'has no o= line; nobody could tell it from others');
    }
    this.description = new Uint8Array(description);
    this.#originLine = named.line;
    const { deflate, authentication, previousHash } = options;
    const clear: SapPacket = {
      type: 'announce',
      hash: messageIdHash(description, previousHash),
      source: '0.0.0.0',
      ...(authentication === undefined ? {} : { authentication }),
      encrypted: false,
      compressed: false,
      payloadType: SDP_PAYLOAD_TYPE,
      payload: this.description,
    };
    this.#packet = deflate === undefined ? clear : compressSapPacket(clear, deflate);
    this.size = this.announcementFrom('0.0.0.0').length;
    if (this.size > UDP_MAX_BYTES) {
      throw new EncodeError('SAP', 'description', `makes a packet of ${this.size} bytes; UDP carries 65507`);
    }
    this.warnings = sizeWarnings(this.size);
  }

  get hash(): number {
    return this.#packet.hash;
  }

  announcementFrom(source: string): Uint8Array {
    return formatSapPacket({ ...this.#packet, source });
  }

  /** RFC 2974 §6: the `o=` line, under the hash of what it deletes. */
  deletionFrom(source: string): Uint8Array {
    return formatSapPacket({
      type: 'delete',
      hash: this.hash,
      source,
      encrypted: false,
      compressed: false,
      payloadType: SDP_PAYLOAD_TYPE,
      payload: Uint8Array.from(`o=${this.#originLine}\r\n`, (character) => character.charCodeAt(0)),
    });
  }

  /** Whether a packet that came in is this one: announcement or deletion. */
  matches(packet: SapPacket, same: (a: Uint8Array, b: Uint8Array) => boolean): boolean {
    if (packet.hash !== this.hash) return false;
    return packet.type === 'delete' || same(packet.payload, this.#packet.payload);
  }
}

function sizeWarnings(size: number): string[] {
  if (size <= SAP_RECOMMENDED_BYTES) return [];
  const fragments =
    size > UNFRAGMENTED_BYTES ? ', and is sent in fragments, which some networks and devices drop' : '';
  return [
    `the announcement has ${size} bytes; RFC 2974 recommends at most ${SAP_RECOMMENDED_BYTES}${fragments}. ` +
      'Shorten the description, or compress it if all listeners can read that',
  ];
}

/** One session in one group: when it was announced there, and when it will be. */
export interface GroupSchedule {
  readonly group: string;
  /** Times announced. */
  readonly count: number;
  readonly lastSent: Ms | undefined;
  readonly next: Ms | undefined;
  /** As last computed, without its random offset. */
  readonly intervalMs: Ms | undefined;
}

/** Whether a source can send to the group. */
export function fits({ address }: SapSource, group: string): boolean {
  return family(address) === family(group);
}

function family(address: string): IpFamily | undefined {
  return tryParseIp(address)?.family;
}

/** Each group once, in its canonical text. @throws {InvalidValueError} without one, or for what is no group */
export function checkedGroups(groups: readonly string[]): string[] {
  if (groups.length === 0) {
    throw new InvalidValueError(
      'no SAP group to announce in: the session has no multicast address of a scope',
    );
  }
  for (const group of groups) {
    if (!isMulticast(group))
      throw new InvalidValueError(`SAP group ${JSON.stringify(group)} is no multicast address`);
  }
  return [...new Set(groups.map(canonical))];
}

function canonical(address: string): string {
  const parsed = tryParseIp(address);
  return parsed === undefined ? address : formatIp({ bytes: parsed.bytes });
}

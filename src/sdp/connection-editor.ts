import { StateError } from '../errors.ts';
import {
  allAddresses,
  type Bandwidth,
  type ConnectionField,
  formatBandwidth,
  formatConnection,
  formatKey,
  type LegacyKey,
  parseBandwidth,
  parseConnection,
  parseKey,
} from './connection.ts';
import type { Section, SdpDocument } from './document.ts';
import { tryParseIp } from '../ip/index.ts';

/** The connection data of one level: its `c=`, `b=` and (legacy) `k=` lines. */
export class ConnectionEditor {
  readonly #document: SdpDocument;
  readonly #section: Section;

  constructor(document: SdpDocument, section: Section) {
    this.#document = document;
    this.#section = section;
  }

  /** The first `c=` line that can be read, or undefined. The other getters speak of this one. */
  get field(): ConnectionField | undefined {
    return this.all[0];
  }
  /** Every readable `c=` line of this level, in order (several only for layered codings, RFC 8866 §5.7). */
  get all(): ConnectionField[] {
    return this.#document
      .all(this.#section, 'c')
      .map((line) => parseConnection(line.value))
      .filter((field) => field !== undefined);
  }
  set all(fields: readonly ConnectionField[]) {
    this.#document.setAll(
      this.#section,
      'c',
      fields.map((field) => ({ value: formatConnection(field) })),
    );
  }

  get netType(): string | undefined {
    return this.field?.netType;
  }
  /** @throws {StateError} when there is no `c=` line yet: set the address first */
  set netType(netType: string) {
    this.#replaceWord(0, netType, 'netType');
  }
  /** `IP4` or `IP6`. */
  get addressType(): string | undefined {
    return this.field?.addressType;
  }
  /** @throws {StateError} when there is no `c=` line yet; {@link setAddress} sets the type by itself */
  set addressType(addressType: string) {
    this.#replaceWord(1, addressType, 'addressType');
  }
  /** First address or host name. */
  get address(): string | undefined {
    return this.field?.address;
  }
  /** Number of contiguous addresses; 0 without a `c=` line. */
  get count(): number {
    return this.field?.count ?? 0;
  }
  get ttl(): number | undefined {
    return this.field?.ttl;
  }
  /** Every address of every `c=` line here. */
  get addresses(): string[] {
    return allAddresses(this.all);
  }

  /**
   * Sets first address, number of addresses and TTL together, in the first `c=` line.
   *
   * @param address IPv4 or IPv6 address, or a host name (then give `addressType` unless there is one already)
   * @param options.count 1 to 256, default 1; more than one only for multicast
   * @param options.ttl 0 to 255, needed for IPv4 multicast and forbidden for everything else
   * @throws {EncodeError} when RFC 8866 §5.7 forbids the combination
   */
  setAddress(
    address: string,
    options: { count?: number; ttl?: number | undefined; addressType?: 'IP4' | 'IP6' } = {},
  ): void {
    const { count = 1, ttl } = options;
    const family = tryParseIp(address)?.family;
    const addressType =
      options.addressType ?? (family === undefined ? (this.addressType ?? 'IP4') : (`IP${family}` as const));
    const netType = this.netType ?? 'IN';
    const field = { netType, addressType, address, count, ...(ttl === undefined ? {} : { ttl }) };
    const text = formatConnection(field);
    const line = this.#document.find(this.#section, 'c');
    const now = line === undefined ? undefined : parseConnection(line.value);
    const same = now !== undefined && `${now.netType} ${now.addressType}` === `${netType} ${addressType}`;
    if (same && now.address === address && now.count === count && now.ttl === ttl) return;
    this.#document.setOne(this.#section, 'c', text);
  }

  /** Removes every `c=` line of this level. */
  remove(): void {
    this.#document.setOne(this.#section, 'c', undefined);
  }

  /** Every readable `b=` line; assigning makes the `b=` lines say exactly this. */
  get bandwidths(): Bandwidth[] {
    return this.#document
      .all(this.#section, 'b')
      .map((line) => parseBandwidth(line.value))
      .filter((bandwidth) => bandwidth !== undefined);
  }
  set bandwidths(list: readonly Bandwidth[]) {
    this.#document.setAll(
      this.#section,
      'b',
      list.map((bandwidth) => ({ value: formatBandwidth(bandwidth) })),
    );
  }

  /** The value of one modifier: kilobit/s for `CT` and `AS`. */
  bandwidth(modifier: string): number | undefined {
    return this.bandwidths.find((bandwidth) => bandwidth.modifier === modifier)?.value;
  }

  /** Sets the line of one modifier, or adds it; undefined removes it. Other `b=` lines stay. */
  setBandwidth(modifier: string, value: number | undefined): void {
    const line = this.#document
      .all(this.#section, 'b')
      .find((old) => parseBandwidth(old.value)?.modifier === modifier);
    if (value === undefined) {
      if (line !== undefined) this.#document.remove(this.#section, line);
      return;
    }
    const text = formatBandwidth({ modifier, value });
    if (line === undefined) this.#document.add(this.#section, 'b', text);
    else this.#document.change(line, text);
  }

  /** The `k=` line of an old description, or undefined. It is a secret or a way to one: do not print it. */
  get key(): LegacyKey | undefined {
    const line = this.#document.find(this.#section, 'k');
    return line === undefined ? undefined : parseKey(line.value);
  }

  /**
   * Writes a `k=` line for a reader of RFC 2327; undefined removes it.
   *
   * @throws {StateError} unless `legacy` is true: RFC 8866 §5.12 forbids sending `k=`
   */
  setKey(key: LegacyKey | undefined, { legacy = false }: { legacy?: boolean } = {}): void {
    if (key !== undefined && !legacy) {
      throw new StateError(
        'SDP: k= is obsolete and must not be sent (RFC 8866 §5.12); use SRTP, or ask for legacy: true',
      );
    }
    this.#document.setOne(this.#section, 'k', key === undefined ? undefined : formatKey(key));
  }

  #replaceWord(index: number, word: string, field: string): void {
    const line = this.#document.find(this.#section, 'c');
    if (line === undefined) {
      throw new StateError(`SDP: ${field} has no c= line to change; call setAddress() first`);
    }
    this.#document.changeWord(line, index, word, field);
  }
}

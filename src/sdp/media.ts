import { EncodeError, StateError } from '../errors.ts';
import { isMulticast } from '../ip/index.ts';
import {
  type CryptoAttribute,
  filterCovers,
  type Fmtp,
  readCrypto,
  readFmtp,
  readPacketTime,
  readRtcp,
  readRtpMap,
  type RtcpAttribute,
  type SourceFilter,
} from './attribute-values.ts';
import {
  type MediaClock,
  readMediaClock,
  readReferenceClock,
  type ReferenceClock,
  sourceAttributes,
} from './clocks.ts';
import { allAddresses, type ConnectionField } from './connection.ts';
import type { Direction } from './direction.ts';
import { DescriptionLevel } from './level.ts';
import type { Line } from './lines.ts';
import { formatMediaLine, formatPorts, isRtpProto, type MediaLine, parseMediaLine } from './media-line.ts';
import { type RtpMap, staticPayloadType } from './payload-types.ts';
import { type MediaEndpoint, mediaEndpoints } from './endpoints.ts';
import {
  readMulticastRtcp,
  readRtcpFeedback,
  readRtcpUnicast,
  type RtcpFeedback,
  type RtcpUnicast,
} from './feedback.ts';
import { type RtcpXrFormat, readRtcpXr } from './rtcp-xr.ts';

const UNREADABLE: MediaLine = { kind: '', port: 0, portCount: 1, proto: '', formats: [] };

/**
 * One medium: an `m=` line and those below it (RFC 8866 §5.14). What it does not say itself it takes from the session
 * level where the RFC says so; such getters are called `effective…`.
 */
export class MediaDescription extends DescriptionLevel {
  get #line(): Line {
    const line = this.section.lines[0];
    if (line === undefined || !this.document.media.includes(this.section)) {
      throw new StateError('SDP: this medium has been removed from its description');
    }
    return line;
  }
  get #fields(): MediaLine {
    return parseMediaLine(this.#line.value) ?? UNREADABLE;
  }
  /** Whether the `m=` line can be read; when not, kind and proto are '' and the port is 0. */
  get readable(): boolean {
    return parseMediaLine(this.#line.value) !== undefined;
  }

  /** audio, video, text, application, message, image; `data`, `control`, `whiteboard` in old descriptions. */
  get kind(): string {
    return this.#fields.kind;
  }
  set kind(kind: string) {
    this.document.changeWord(this.#writable(), 0, kind, 'media kind');
  }
  /** First port, 0..65535; 0 switches the medium off (RFC 3264 §5.1). */
  get port(): number {
    return this.#fields.port;
  }
  /** Number of ports, for RTP of port pairs; at least 1. */
  get portCount(): number {
    return this.#fields.portCount;
  }
  /** Sets both. @throws {EncodeError} outside 0..65535; a count of 0 is written as none, like 1 */
  setPorts(start: number, count = 1): void {
    const text = formatPorts(start, count);
    if (this.port === start && this.portCount === Math.max(1, count)) return;
    this.document.changeWord(this.#writable(), 1, text, 'port');
  }
  /** Transport: `RTP/AVP`, `RTP/SAVP`, `udp`, … */
  get proto(): string {
    return this.#fields.proto;
  }
  set proto(proto: string) {
    this.document.changeWord(this.#writable(), 2, proto, 'transport');
  }
  /** Whether the transport is a profile of RTP. */
  get isRtp(): boolean {
    return isRtpProto(this.proto);
  }
  /** Formats in order of preference, the first being the default; payload types when {@link isRtp}. */
  get formats(): string[] {
    return [...this.#fields.formats];
  }
  /** @throws {EncodeError} for an empty list or a format that is not one word */
  set formats(formats: readonly string[]) {
    if (formats.join(' ') === this.formats.join(' ')) return;
    this.document.change(this.#line, formatMediaLine({ ...this.#fields, formats }));
  }

  /** Title for people, `i=`. */
  get title(): string | undefined {
    return this.readText('i');
  }
  set title(text: string | undefined) {
    this.writeText('i', 'media title', text);
  }

  /** What each payload type of {@link formats} means, in their order: its `a=rtpmap`, else RFC 3551's assignment. */
  get rtpMaps(): RtpMap[] {
    if (!this.isRtp) return [];
    const stated = this.#statedRtpMaps();
    const payloadTypes = new Set(this.formats.map(Number));
    return [...payloadTypes]
      .map((n) => stated.get(n) ?? staticPayloadType(n))
      .filter((map) => map !== undefined);
  }
  /** What one payload type means, or undefined when nothing says so. */
  rtpMap(payloadType: number): RtpMap | undefined {
    return this.#statedRtpMaps().get(payloadType) ?? staticPayloadType(payloadType);
  }
  /** The `a=fmtp` of one format, or undefined. */
  fmtp(format: string | number): Fmtp | undefined {
    const wanted = String(format);
    for (const text of this.attributes.all('fmtp')) {
      const fmtp = readFmtp(text);
      if (fmtp?.format === wanted) return fmtp;
    }
    return undefined;
  }
  /** Length of a packet in milliseconds, possibly with a fraction; undefined when not stated (RFC 8866 §6.4). */
  get ptimeMs(): number | undefined {
    return this.#packetTime('ptime');
  }
  set ptimeMs(ms: number | undefined) {
    this.#setPacketTime('ptime', ms);
  }
  /** Longest packet in milliseconds (RFC 8866 §6.5). */
  get maxptimeMs(): number | undefined {
    return this.#packetTime('maxptime');
  }
  set maxptimeMs(ms: number | undefined) {
    this.#setPacketTime('maxptime', ms);
  }

  /** Own direction, else the session's, else sendrecv (RFC 8866 §6.7). */
  get effectiveDirection(): Direction {
    const session = new SessionLevel(this.document, this.document.session);
    return this.direction ?? session.direction ?? 'sendrecv';
  }

  /** `a=rtcp` (RFC 3605), or undefined. */
  get rtcp(): RtcpAttribute | undefined {
    const [text] = this.attributes.all('rtcp');
    return text === undefined ? undefined : readRtcp(text);
  }
  /** RTP and RTCP share one port (`a=rtcp-mux`, RFC 5761 §5.1.1). */
  get rtcpMux(): boolean {
    return this.attributes.has('rtcp-mux');
  }
  /** How receivers report (RFC 5760 §10.1), said here or for the session; undefined: to the group, as everybody. */
  get rtcpUnicast(): RtcpUnicast | undefined {
    const own = this.attributes.all('rtcp-unicast');
    const session = new SessionLevel(this.document, this.document.session).attributes;
    const [text] = own.length > 0 ? own : session.all('rtcp-unicast');
    return text === undefined ? undefined : readRtcpUnicast(text);
  }
  /** Port of RTCP in the group when it is not the one above RTP's (`a=multicast-rtcp`, RFC 6128 §3). */
  get multicastRtcpPort(): number | undefined {
    const [text] = this.attributes.all('multicast-rtcp');
    return text === undefined ? undefined : readMulticastRtcp(text);
  }
  /** Readable `a=rtcp-fb` attributes; they mean something with RTP/AVPF and RTP/SAVPF only (RFC 4585 §4.2). */
  get rtcpFeedback(): RtcpFeedback[] {
    const all = this.attributes.all('rtcp-fb').map(readRtcpFeedback);
    return all.filter((it) => it !== undefined);
  }
  /** Extended reports wanted (`a=rtcp-xr`, RFC 3611 §5), said here or for the session; undefined: nothing is said. */
  get rtcpXr(): readonly RtcpXrFormat[] | undefined {
    const own = this.attributes.all('rtcp-xr');
    const session = new SessionLevel(this.document, this.document.session).attributes;
    const [text] = own.length > 0 ? own : session.all('rtcp-xr');
    return text === undefined ? undefined : readRtcpXr(text);
  }
  /**
   * The clocks that timestamps are of, any of them as good as the others (`a=ts-refclk`, RFC 7273 §4.8): those of one source
   * where it has its own, else of the medium, else of the session. Empty: nothing is known.
   */
  referenceClocks(ssrc?: number): ReferenceClock[] {
    return this.#clockTexts('ts-refclk', ssrc)
      .map(readReferenceClock)
      .filter((clock) => clock !== undefined);
  }
  /** Where RTP timestamps come from (`a=mediaclk`, RFC 7273 §5.4), likewise; undefined: nothing is said. */
  mediaClock(ssrc?: number): MediaClock | undefined {
    const [text] = this.#clockTexts('mediaclk', ssrc);
    return text === undefined ? undefined : readMediaClock(text);
  }

  /** Readable `a=crypto` attributes (RFC 4568). They hold keys. */
  get crypto(): CryptoAttribute[] {
    return this.attributes
      .all('crypto')
      .map(readCrypto)
      .filter((crypto) => crypto !== undefined);
  }

  /** The `c=` lines that count for this medium: its own, else the session's (RFC 8866 §5.7). */
  get effectiveConnections(): ConnectionField[] {
    const own = this.connection.all;
    return own.length > 0 ? own : new SessionLevel(this.document, this.document.session).connection.all;
  }
  /** The first of {@link effectiveConnections}. */
  get effectiveConnection(): ConnectionField | undefined {
    return this.effectiveConnections[0];
  }
  /** Every address of {@link effectiveConnections}, multicast or not. */
  get addresses(): string[] {
    return allAddresses(this.effectiveConnections);
  }
  /** The multicast addresses among {@link addresses}. */
  get groups(): string[] {
    return this.addresses.filter(isMulticast);
  }
  /** TTL of the effective connection; undefined for IPv6 and unicast. */
  get ttl(): number | undefined {
    return this.effectiveConnection?.ttl;
  }

  /**
   * The filters that count for this medium: its own when it has any, else the session's (RFC 4570 §3).
   */
  get effectiveSourceFilters(): SourceFilter[] {
    if (this.attributes.has('source-filter')) return this.sourceFilters;
    return new SessionLevel(this.document, this.document.session).sourceFilters;
  }
  /** The filter for one group, or undefined: every source is welcome. */
  sourceFilterFor(group: string): SourceFilter | undefined {
    const filters = this.effectiveSourceFilters.filter((filter) => filterCovers(filter, group));
    return filters.find(({ destination }) => destination !== '*') ?? filters[0];
  }

  /** Senders that alone may be heard on the first address; empty for everybody. */
  get admittedSources(): readonly string[] {
    const [address] = this.addresses;
    const filter = address === undefined ? undefined : this.sourceFilterFor(address);
    return filter?.mode === 'incl' ? filter.sources : [];
  }

  /** Address and ports of each stream of this medium; [] when the port is 0 or no `c=` counts. */
  get endpoints(): MediaEndpoint[] {
    const { port, portCount, isRtp, rtcp, rtcpMux } = this;
    return mediaEndpoints({ connections: this.effectiveConnections, port, portCount, isRtp, rtcp, rtcpMux });
  }

  /** The readable `a=rtpmap` lines; of two for one payload type the first. */
  #statedRtpMaps(): Map<number, RtpMap> {
    const maps = new Map<number, RtpMap>();
    const audio = this.kind === 'audio';
    for (const text of this.attributes.all('rtpmap')) {
      const map = readRtpMap(text);
      if (map === undefined || maps.has(map.payloadType)) continue;
      maps.set(map.payloadType, audio ? { ...map, channels: map.channels ?? 1 } : map);
    }
    return maps;
  }
  /** The line, after making sure that single words of it can be replaced. */
  #writable(): Line {
    if (!this.readable) {
      throw new StateError(
        `SDP: the line "m=${this.#line.value.slice(0, 60)}" cannot be read; set formats first`,
      );
    }
    return this.#line;
  }
  /** Of the innermost level that has any. */
  #clockTexts(name: 'ts-refclk' | 'mediaclk', ssrc: number | undefined): string[] {
    const ofSource = ssrc === undefined ? [] : sourceAttributes(this.attributes.all('ssrc'), ssrc, name);
    if (ofSource.length > 0) return ofSource;
    const own = this.attributes.all(name);
    return own.length > 0 ? own : new SessionLevel(this.document, this.document.session).attributes.all(name);
  }
  #packetTime(name: 'ptime' | 'maxptime'): number | undefined {
    const [text] = this.attributes.all(name);
    return text === undefined ? undefined : readPacketTime(name, text);
  }
  #setPacketTime(name: 'ptime' | 'maxptime', ms: number | undefined): void {
    if (ms === undefined) this.attributes.delete(name);
    else if (!Number.isFinite(ms) || ms <= 0 || ms > 60_000) {
      throw new EncodeError('SDP', name, `${ms} is not a number of milliseconds above 0 and up to 60000`);
    } else if (this.#packetTime(name) !== ms) this.attributes.set(name, String(ms));
  }
}

/** The session level seen from a medium. */
class SessionLevel extends DescriptionLevel {}

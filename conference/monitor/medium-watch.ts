import type { Ms, RandomSource, TransportAddress } from '../../src/machine.ts';
import { readRtpHeader, RtpHeader, RtpSession, type RtpSource } from '../../src/rtp/index.ts';
import { type Expectation, formatByNumber } from './expectation.ts';
import { Recent } from './recent.ts';
import { type Marks, SenderMeter } from './sender-meter.ts';

/** IP and UDP headers. */
const HEADERS = { 4: 28, 6: 48 } as const;
/** Participants of whom a session keeps count, and senders of whom everything is measured. */
const MAX_MEMBERS = 512;
export const MAX_SENDERS = 64;
/** Addresses on a port that send what they should not, remembered by name. */
const MAX_STRANGERS = 16;
/** Bandwidth that the intervals of others are reckoned with, where nothing is stated. */
const ASSUMED_BANDWIDTH = 64_000;
/** No session has a clock rate for what it cannot know; any will do to take the packet. */
const ASSUMED_RATE = 8000;

/** What the sockets of a medium count, by the system's word. */
export interface SocketFacts {
  /** Names of the interfaces joined on. */
  readonly interfaces: readonly string[];
  /** Datagrams that the system threw away because we were too slow. */
  readonly kernelDrops: number;
  /** Datagrams of sources that were not asked for. */
  readonly filtered: number;
  readonly refusedSources: readonly string[];
  /** The interface has gone; waiting for it to come back. */
  readonly away: boolean;
}

/** Who appeared or is gone. */
export interface SenderNews {
  readonly type: 'senderAppeared' | 'senderGone';
  readonly meter: SenderMeter;
  /** Why it is gone. */
  readonly cause?: 'bye' | 'silent';
  /** Its last words. */
  readonly reason?: string | undefined;
}

export interface MediumWatchOptions {
  readonly expected: Expectation;
  readonly random: RandomSource;
  /** Our name in reports, when there are to be any. */
  readonly cname: string;
  readonly now: Ms;
}

/**
 * Watches one medium of a conference: RTP and RTCP go in, figures come out. It takes no part; what its RTP session would
 * report is to be taken from {@link pollReport}, and may be thrown away.
 */
export class MediumWatch {
  readonly expected: Expectation;
  readonly session: RtpSession;
  readonly began: Ms;
  facts: SocketFacts | undefined;
  /** Why it cannot be watched at the moment. */
  failure: string | undefined;
  lastRtp: Ms | undefined;
  lastRtcp: Ms | undefined;
  /** Bits of everything that came on the RTP port, with IP and UDP headers. */
  readonly bits = new Recent();
  readonly packets = new Recent();
  readonly malformed = new Recent();
  readonly collisions = new Recent();
  readonly kernelDrops = new Recent();
  readonly filtered = new Recent();
  readonly rtcpPackets = new Recent();
  readonly meters = new Map<number, SenderMeter>();
  /** Senders beyond those that are measured. */
  otherSenders = 0;
  /** Who uses the SSRC of somebody else: its address by SSRC. */
  readonly intruders = new Map<number, string>();
  /** Where what is not RTP comes from, and when it last did. */
  readonly strangers = new Map<string, Ms>();
  /** Senders that vanished without a word, until they are told. */
  readonly vanished: SenderMeter[] = [];
  readonly #overheadBytes: number;
  readonly #header = new RtpHeader();
  #bits = 0;
  #packets = 0;
  #srtcpPackets = 0;
  #last: SenderMeter | undefined;
  #news: SenderNews[] = [];
  #nextTimeout: Ms | undefined;

  constructor({ expected, random, cname, now }: MediumWatchOptions) {
    this.expected = expected;
    this.began = now;
    this.#overheadBytes = expected.group.includes(':') ? HEADERS[6] : HEADERS[4];
    this.session = new RtpSession(
      {
        random,
        cname,
        clockRates: everyRate(expected),
        bandwidth: expected.bandwidth ?? ASSUMED_BANDWIDTH,
        maxSources: MAX_MEMBERS,
        overheadBytes: this.#overheadBytes,
      },
      now,
    );
    this.#nextTimeout = this.session.pollTimeout();
  }

  /** Takes what came on the RTP port; the bytes are not kept. */
  handleRtp(bytes: Uint8Array, from: TransportAddress, now: Ms, wall: number): void {
    this.#bits += (bytes.length + this.#overheadBytes) * 8;
    this.#packets++;
    const packet = this.session.handleRtp(bytes, from, now, wall);
    if (packet === undefined) {
      if (readRtpHeader(bytes, this.#header) !== undefined) this.#noteStranger(from.address, now);
      return;
    }
    this.lastRtp = now;
    let meter = this.#last;
    if (meter?.source !== packet.source) meter = this.#meterOf(packet.source, now);
    meter?.take(packet, now);
  }

  /** Takes what came on the RTCP port. */
  handleRtcp(bytes: Uint8Array, from: TransportAddress, now: Ms, wall: number): void {
    this.lastRtcp = now;
    if (this.expected.encrypted) this.#noteSrtcp(bytes);
    else this.session.handleRtcp(bytes, from, now, wall);
  }

  /** Of SRTCP the SSRC alone can be read, and the rest is for members (RFC 3711 §3.4). */
  #noteSrtcp(bytes: Uint8Array): void {
    this.#srtcpPackets++;
    if (bytes.length < 8) return;
    const meter = this.meters.get(new DataView(bytes.buffer, bytes.byteOffset).getUint32(4));
    if (meter !== undefined) meter.encryptedRtcp = true;
  }

  /** The next report to send, of one who takes part. Take them all after each tick, to send them or not. */
  pollReport(): Uint8Array | undefined {
    return this.session.pollTransmit();
  }

  /** Says how packets from an address arrived. */
  mark(address: string, port: number, marks: Marks, now: Ms): void {
    for (const meter of this.meters.values()) {
      const from = meter.source.rtpAddress;
      if (from?.address === address && from.port === port) meter.mark(marks, now);
    }
  }

  /** Brings the figures up to date; call it about once a second. */
  tick(now: Ms, wall: number): void {
    if (this.#nextTimeout !== undefined && now >= this.#nextTimeout) this.session.handleTimeout(now, wall);
    this.#nextTimeout = this.session.pollTimeout();
    this.#takeEvents();
    const { stats } = this.session;
    this.bits.look(this.#bits, now);
    this.packets.look(this.#packets, now);
    this.malformed.look(stats.rtpMalformed, now);
    this.collisions.look(stats.collisions, now);
    this.rtcpPackets.look(stats.rtcpReceived + this.#srtcpPackets, now);
    this.kernelDrops.look(this.facts?.kernelDrops ?? 0, now);
    this.filtered.look(this.facts?.filtered ?? 0, now);
    for (const meter of this.meters.values()) meter.tick(now);
    for (const [address, at] of this.strangers) if (now - at > 60_000) this.strangers.delete(address);
  }

  /** Who appeared and who is gone since the last call. */
  takeNews(): readonly SenderNews[] {
    const news = this.#news;
    if (news.length > 0) this.#news = [];
    return news;
  }

  /** Those who send now, and those of them who talk. */
  senders(now: Ms): SenderMeter[] {
    return [...this.meters.values()].filter((it) => it.isSending(now));
  }

  #meterOf(source: RtpSource, now: Ms): SenderMeter | undefined {
    let meter = this.meters.get(source.ssrc);
    if (meter?.source !== source) {
      if (meter === undefined && this.meters.size >= MAX_SENDERS) {
        this.otherSenders = Math.max(this.otherSenders, this.session.size.senders - MAX_SENDERS);
        return undefined;
      }
      meter = new SenderMeter(source, this.expected, this.#overheadBytes, now);
      this.meters.set(source.ssrc, meter);
      this.#tell({ type: 'senderAppeared', meter });
    }
    this.#last = meter;
    return meter;
  }

  #takeEvents(): void {
    for (let event = this.session.pollEvent(); event !== undefined; event = this.session.pollEvent()) {
      if (event.type === 'sourceBye') this.#gone(event.source, 'bye', event.reason);
      else if (event.type === 'sourceTimeout') this.#gone(event.source, 'silent');
      else if (event.type === 'collision' && this.intruders.size < MAX_SENDERS) {
        this.intruders.set(event.source.ssrc, event.rejected.address);
      }
    }
  }

  #gone(source: RtpSource, cause: 'bye' | 'silent', reason?: string): void {
    const meter = this.meters.get(source.ssrc);
    if (meter?.source !== source) return;
    this.meters.delete(source.ssrc);
    this.intruders.delete(source.ssrc);
    if (this.#last === meter) this.#last = undefined;
    if (this.meters.size < MAX_SENDERS) this.otherSenders = 0;
    // An encrypted goodbye may have been one, and who is muted may still report.
    if (cause === 'silent' && !this.expected.encrypted && this.vanished.length < MAX_STRANGERS) {
      this.vanished.push(meter);
    }
    this.#tell({ type: 'senderGone', meter, cause, reason });
  }

  #tell(news: SenderNews): void {
    if (this.#news.length < 1000) this.#news.push(news);
  }

  #noteStranger(address: string, now: Ms): void {
    if (this.strangers.size < MAX_STRANGERS || this.strangers.has(address)) this.strangers.set(address, now);
  }
}

/** Packets of any payload type are taken, so that it can be told who sends what is not described. */
function everyRate({ formats }: Expectation): Map<number, number> {
  const [first] = formats.values();
  const rates = new Map<number, number>();
  for (let payloadType = 0; payloadType < 128; payloadType++) {
    const format = formats.get(payloadType) ?? formatByNumber(payloadType);
    rates.set(payloadType, format?.clockRate ?? first?.clockRate ?? ASSUMED_RATE);
  }
  return rates;
}

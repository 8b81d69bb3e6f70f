import type { Ms, TransportAddress } from '../machine.ts';
import type {
  ReportBlock,
  SdesChunk,
  SdesItemName,
  SdesItems,
  SdesPrivate,
  XrStatistics,
  XrVoipMetrics,
} from '../rtcp/index.ts';
import type { ReceivedPacket } from './received.ts';
import type { ExtendedReception } from './extended.ts';
import { type SourceFigures, SourceMeter } from './quality/source-meter.ts';
import { Reception } from './reception.ts';
import { SenderClock, type SenderClockFigures } from './sender-clock.ts';
import type { ReceivedReport, RtpSource, SenderInfo } from './session-types.ts';

/** Sources that one participant's reports are remembered about. */
const MAX_REPORTS = 64;
/** PRIV items kept of one source. */
const MAX_PRIVATE = 16;

/** Addresses in collision with one source that are told apart. */
const MAX_REJECTED = 8;
const NO_REPORTS: ReadonlyMap<number, ReceivedReport> = new Map();
const NO_EXTENDED: ReadonlyMap<number, ExtendedReception> = new Map();

/** All that a session keeps of one SSRC. The session changes it; everyone else sees it as {@link RtpSource}. */
export class SourceRecord implements RtpSource {
  readonly ssrc: number;
  readonly firstHeard: Ms;
  readonly reception: Reception;
  lastHeard: Ms;
  lastRtp: Ms | undefined;
  validated = false;
  /** It is in the table of valid sources now: neither left nor timed out. */
  isMember = false;
  isSender = false;
  contributing = false;
  rtpAddress: TransportAddress | undefined;
  rtcpAddress: TransportAddress | undefined;
  lastRtcp: Ms | undefined;
  /** Its reports come to us by unicast, and we send them on to the group. */
  viaFeedback = false;
  payloadType: number | undefined;
  clockRate: number | undefined;
  octetsReceived = 0;
  /** There once RTP of a known clock came: most sources of a large conference are silent. */
  meter: SourceMeter | undefined;
  roundTripSeconds: number | undefined;
  senderInfo: SenderInfo | undefined;
  /** There once a report with a wall clock came. */
  #clock: SenderClock | undefined;
  /** Middle 32 bits of the last SR's NTP time; 0: none. */
  lastSr = 0;
  /** Middle 32 bits of the reference time that its extended report last brought, not yet answered, and when it came. */
  reference: { readonly middle: number; readonly at: Ms } | undefined;
  /** Number of its last full intra request to us. */
  intraSequence: number | undefined;
  sdes: SdesItems = {};
  noteHeard: Ms = 0;
  /** The packet that came while on probation. */
  held: ReceivedPacket | undefined;
  /** RTP came since we last reported on it, and when that was. */
  heardSinceReport = false;
  lastReported: Ms = -Infinity;
  #rejected: Set<string> | undefined; // both are made when needed: there may be thousands of sources
  #reports: Map<number, ReceivedReport> | undefined;
  #extended: Map<number, ExtendedReception> | undefined;

  constructor(ssrc: number, minSequential: number, now: Ms) {
    this.ssrc = ssrc;
    this.firstHeard = now;
    this.lastHeard = now;
    this.reception = new Reception(minSequential);
  }

  get cname(): string | undefined {
    return this.sdes.cname;
  }
  get packetsReceived(): number {
    return this.reception.received;
  }
  get packetsExpected(): number {
    return this.reception.expected;
  }
  get packetsLost(): number {
    return this.reception.expected - this.reception.received;
  }
  get fractionLost(): number {
    return this.reception.fractionLost / 256;
  }
  get duplicates(): number {
    return this.reception.duplicates;
  }
  get reordered(): number {
    return this.reception.reordered;
  }
  get discarded(): number {
    return this.reception.discarded;
  }
  get restarts(): number {
    return this.reception.restarts;
  }
  get extendedHighestSequence(): number {
    return this.reception.extendedHighest;
  }
  get jitterTicks(): number {
    return this.reception.jitter;
  }
  get jitterSeconds(): number {
    return this.clockRate === undefined ? 0 : this.reception.jitter / this.clockRate;
  }
  get reports(): ReadonlyMap<number, ReceivedReport> {
    return this.#reports ?? NO_REPORTS;
  }

  get figures(): SourceFigures | undefined {
    return this.clockRate === undefined ? undefined : this.meter?.figures(this.clockRate);
  }
  get burstRatio(): number {
    return this.meter?.burstRatio ?? 1;
  }
  noteDiscarded(extendedSequence: number): void {
    this.meter?.discarded(extendedSequence);
  }

  wallAt(rtpTimestamp: number): number | undefined {
    return this.clockRate === undefined ? undefined : this.#clock?.wallAt(rtpTimestamp, this.clockRate);
  }
  get senderClock(): SenderClockFigures | undefined {
    const { clockRate, roundTripSeconds } = this;
    return this.#clock?.figures(
      clockRate,
      roundTripSeconds === undefined ? undefined : roundTripSeconds * 1000,
    );
  }
  get oneWaySeconds(): number | undefined {
    const { transit } = this.reception;
    if (transit === undefined || this.clockRate === undefined) return undefined;
    const ms = this.#clock?.delayMs(transit, this.clockRate);
    return ms === undefined ? undefined : ms / 1000;
  }
  /** Takes what a sender report says of its sender. @param wall our wall clock */
  takeSenderInfo(info: SenderInfo, wall: number): void {
    this.senderInfo = info;
    if (info.wall === undefined) return;
    this.#clock ??= new SenderClock();
    this.#clock.take(info.wall, info.rtpTimestamp, this.clockRate, info.at, wall);
  }

  /** Notes an address that uses the same SSRC. True: it is new, and not too many are known. */
  reject(address: TransportAddress): boolean {
    this.#rejected ??= new Set();
    const key = addressKey(address);
    if (this.#rejected.size >= MAX_REJECTED || this.#rejected.has(key)) return false;
    this.#rejected.add(key);
    return true;
  }

  /** Remembers what this source reports about another; the report not renewed longest makes room. */
  addReport(report: ReceivedReport): void {
    this.#reports ??= new Map();
    keep(this.#reports, report.about, report);
  }

  get extendedReports(): ReadonlyMap<number, ExtendedReception> {
    return this.#extended ?? NO_EXTENDED;
  }
  /** Remembers an extended report of this source about another; as many as of the others. */
  addExtended(block: XrStatistics | XrVoipMetrics, now: Ms): void {
    this.#extended ??= new Map();
    const { statistics, voice } = this.#extended.get(block.ssrc) ?? {};
    keep(this.#extended, block.ssrc, {
      at: now,
      statistics: block.type === 'statistics' ? block : statistics,
      voice: block.type === 'voipMetrics' ? block : voice,
    });
  }

  /** Forgets reports not renewed since `deadline`: their subject is gone or silent. */
  expireReports(deadline: Ms): void {
    for (const reports of [this.#reports, this.#extended]) {
      if (reports === undefined) continue;
      for (const [about, { at }] of reports) if (at < deadline) reports.delete(about);
    }
  }

  /**
   * Takes a chunk's items. An empty text clears the item. A CNAME that differs from the one known is not taken.
   *
   * @returns names of the items that changed, or undefined when the CNAME contradicts: someone else's chunk
   */
  describe(chunk: SdesChunk, now: Ms): SdesItemName[] | undefined {
    const cname = chunk.items.find((item) => item.type === 'cname');
    if (cname?.type === 'cname' && this.cname !== undefined && this.cname !== cname.text) return undefined;
    const changed: SdesItemName[] = [];
    for (const item of chunk.items) {
      if (item.type === 'unknown') continue;
      if (item.type === 'priv') {
        if (this.#describePrivate(item) && !changed.includes('priv')) changed.push('priv');
        continue;
      }
      if (item.type === 'note') this.noteHeard = now;
      if ((this.sdes[item.type] ?? '') === item.text) continue;
      this.#setText(item.type, item.text);
      changed.push(item.type);
    }
    return changed;
  }

  /** Forgets a NOTE that is no longer repeated. */
  clearNote(): void {
    this.#setText('note', '');
  }

  #setText(name: Exclude<SdesItemName, 'priv'>, text: string): void {
    const { [name]: _old, ...others } = this.sdes;
    this.sdes = text === '' ? others : { ...others, [name]: text };
  }

  #describePrivate({ prefix, value }: SdesPrivate): boolean {
    const known = this.sdes.priv ?? [];
    const same = known.find((entry) => entry.prefix === prefix);
    if (same?.value === value || (same === undefined && known.length >= MAX_PRIVATE)) return false;
    this.sdes = {
      ...this.sdes,
      priv: [...known.filter((entry) => entry.prefix !== prefix), { prefix, value }],
    };
    return true;
  }

  /** What we report about it, ending the interval over which loss is counted (RFC 3550 §6.4.1, §A.3). */
  reportBlock(now: Ms): ReportBlock {
    this.reception.endInterval();
    this.heardSinceReport = false;
    this.lastReported = now;
    const delay = this.senderInfo === undefined ? 0 : ((now - this.senderInfo.at) * 65_536) / 1000;
    return {
      ssrc: this.ssrc,
      fractionLost: this.reception.fractionLost,
      cumulativeLost: Math.max(-0x80_0000, Math.min(0x7f_ffff, this.packetsLost)),
      extendedHighestSequence: this.extendedHighestSequence >>> 0,
      jitter: Math.floor(this.jitterTicks) >>> 0,
      lastSr: this.lastSr,
      delaySinceLastSr: Math.min(0xffff_ffff, Math.round(delay)),
    };
  }
}

/** Keeps what was renewed last at the end, and no more than so many. */
function keep<T>(reports: Map<number, T>, about: number, report: T): void {
  reports.delete(about);
  reports.set(about, report);
  if (reports.size <= MAX_REPORTS) return;
  for (const oldest of reports.keys()) {
    reports.delete(oldest);
    return;
  }
}

export function sameAddress(a: TransportAddress | undefined, b: TransportAddress): boolean {
  return a === b || (a !== undefined && a.port === b.port && a.address === b.address);
}

export function addressKey({ address, port }: TransportAddress): string {
  return `${address} ${port}`;
}

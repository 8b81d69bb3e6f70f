import type { Ms } from '../../src/machine.ts';
import { Histogram, type ReceivedRtp, type RtpSource } from '../../src/rtp/index.ts';
import { type ExpectedFormat, type Expectation, formatByNumber } from './expectation.ts';
import { addPower, dbfs, levelGroups, levelInExtension, MAX_LEVEL_GROUPS } from './level.ts';
import { Majority } from './majority.ts';
import { Recent } from './recent.ts';
import { TimestampClock } from './timestamp-clock.ts';

/** Of so many packets a second and sender the level is measured. */
const LEVEL_EVERY_MS: Ms = 100;
/** Worst gap and percentiles are of the last one to two of these. */
const PERIOD_MS: Ms = 30_000;
/** A sender is sending when something came within this time. */
export const SENDING_MS: Ms = 2000;
/** Louder than this somebody talks. */
export const TALKING_DBFS = -50;

/** The marks that the packets of a sender arrive with. */
export interface Marks {
  readonly dscp: number;
  readonly ttl: number | undefined;
}

/** All that is measured of one sender, besides what its {@link RtpSource} says. Fed packet by packet. */
export class SenderMeter {
  readonly source: RtpSource;
  readonly #expected: Expectation;
  readonly #overheadBytes: number;
  /** Of the last packet. */
  payloadType = -1;
  /** What the payload type means: by the description, else by its number. */
  format: ExpectedFormat | undefined;
  /** The description names the payload type. */
  described = true;
  /** RTCP of it came that only members can read. */
  encryptedRtcp = false;
  readonly clock = new TimestampClock();
  /** Ticks from one packet to the next, and bytes of payload, as most packets have them. */
  readonly step = new Majority();
  readonly size = new Majority();
  /** Bytes of payload in a thousand ticks: the same in packets of any length, where the encoding has a fixed rate. */
  readonly density = new Majority();
  readonly packets = new Recent();
  readonly bits = new Recent();
  readonly expectedPackets = new Recent();
  readonly reordered = new Recent();
  readonly duplicates = new Recent();
  readonly jumps = new Recent();
  /** DSCP and TTL; `before` is what the DSCP was until it changed. */
  marks: Marks | undefined;
  dscpBefore: number | undefined;
  dscpChangedAt: Ms = 0;
  lastPacket: Ms;
  #bits = 0;
  #sequence = 0;
  #timestamp = 0;
  #started = false;
  /** Differences of the transit times of packets that follow each other, ticks (RFC 3550 §6.4.1, D). */
  #jitter = new Histogram();
  #jitterBefore: Histogram | undefined;
  #transit: number | undefined;
  #size = 0;
  #meanStep = 0;
  #periodEnd: Ms;
  #worstGap = 0;
  #worstGapBefore = 0;
  #longestLoss = 0;
  #longestLossBefore = 0;
  #nextLevel: Ms = 0;
  readonly #powers = new Float64Array(MAX_LEVEL_GROUPS);
  #frames = 0;
  #levels: readonly number[] | undefined;
  #levelAt: Ms = -Infinity;

  constructor(source: RtpSource, expected: Expectation, overheadBytes: number, now: Ms) {
    this.source = source;
    this.#expected = expected;
    this.#overheadBytes = overheadBytes;
    this.#periodEnd = now + PERIOD_MS;
    this.lastPacket = now;
  }

  /** Takes a packet of this source. */
  take(packet: ReceivedRtp, now: Ms): void {
    const { bytes, payloadType, timestamp, extendedSequence, payloadStart, payloadEnd } = packet;
    this.#bits += (bytes.length + this.#overheadBytes) * 8;
    if (payloadType !== this.payloadType) this.#changeFormat(payloadType);
    if (packet.late) return;
    const ahead = extendedSequence - this.#sequence;
    if (this.#started) {
      const step = (timestamp - this.#timestamp) | 0;
      const isNext = ahead === 1;
      const gap = now - this.lastPacket;
      if (isNext) {
        // Behind silence the timestamp has moved on by more, and the gap is meant.
        const isSteady = step === this.step.value;
        this.step.add(step);
        if (step > 0) {
          this.density.add(Math.round((this.#size * 1000) / step));
          this.#meanStep += (step - this.#meanStep) / 32;
        }
        if (isSteady && gap > this.#worstGap) this.#worstGap = gap;
      } else if (ahead > 1 && ahead - 1 > this.#longestLoss) this.#longestLoss = ahead - 1;
      this.clock.take(step, gap, isNext, now);
    } else this.clock.begin(now);
    this.#started = true;
    this.#sequence = extendedSequence;
    this.#timestamp = timestamp;
    this.lastPacket = now;
    this.#size = payloadEnd - payloadStart;
    this.size.add(this.#size);
    const { format } = this;
    if (format === undefined) return;
    const transit = ((now * format.clockRate) / 1000 - timestamp) | 0;
    if (this.#transit !== undefined) {
      const difference = (transit - this.#transit) | 0;
      this.#jitter.add(difference < 0 ? -difference : difference);
    }
    this.#transit = transit;
    if (now >= this.#nextLevel) this.#measureLevel(packet, format, now);
  }

  /** Looks at the counts; call it about once a second. */
  tick(now: Ms): void {
    const { source } = this;
    this.packets.look(source.packetsReceived, now);
    this.bits.look(this.#bits, now);
    this.expectedPackets.look(source.packetsExpected, now);
    this.reordered.look(source.reordered, now);
    this.duplicates.look(source.duplicates, now);
    this.jumps.look(source.restarts + source.discarded, now);
    this.clock.tick(now);
    this.#takeLevels(now);
    if (now < this.#periodEnd) return;
    this.#periodEnd = now + PERIOD_MS;
    this.#jitterBefore = this.#jitter;
    this.#jitter = new Histogram();
    this.#worstGapBefore = this.#worstGap;
    this.#worstGap = 0;
    this.#longestLossBefore = this.#longestLoss;
    this.#longestLoss = 0;
  }

  /** Notes how packets of its address were marked when they arrived. */
  mark(marks: Marks, now: Ms): void {
    const before = this.marks;
    this.marks = marks;
    if (before === undefined || before.dscp === marks.dscp) return;
    this.dscpBefore = marks.dscp === this.dscpBefore ? undefined : before.dscp;
    this.dscpChangedAt = now;
  }

  isSending(now: Ms): boolean {
    return this.#started && now - this.lastPacket < SENDING_MS;
  }
  /** It sends, and where the level is known it is more than noise. */
  isTalking(now: Ms): boolean {
    if (!this.isSending(now)) return false;
    return this.#levels === undefined || this.#levels.some((level) => level > TALKING_DBFS);
  }

  /** dB relative to full scale, for each channel or group of channels; undefined where it cannot be known. */
  levels(now: Ms): readonly number[] | undefined {
    return this.#levels === undefined || now - this.#levelAt > SENDING_MS ? undefined : this.#levels;
  }
  /** Longest time between two packets that belong together, of the last minute or half. */
  get worstGapMs(): Ms {
    return Math.max(this.#worstGap, this.#worstGapBefore);
  }
  /** Most packets lost in a row, of the last minute or half. */
  get longestLoss(): number {
    return Math.max(this.#longestLoss, this.#longestLossBefore);
  }
  /** Share lost in the last `ms`, 0 to 1; what came twice makes up for nothing. */
  lossShare(ms: Ms): number {
    const expected = this.expectedPackets.growth(ms);
    if (expected <= 0) return 0;
    const received = this.packets.growth(ms) - this.duplicates.growth(ms);
    return Math.min(1, Math.max(0, (expected - received) / expected));
  }
  /** Share of the packets of the last `ms` that a count says. */
  shareOf(count: Recent, ms: Ms): number {
    const packets = this.packets.growth(ms);
    return packets <= 0 ? 0 : count.growth(ms) / packets;
  }
  /** Percentile of the differences in transit time, ms, of the last minute or half. */
  jitterMs(percent: number): Ms | undefined {
    const enough = this.#jitter.count >= 50 ? this.#jitter : (this.#jitterBefore ?? this.#jitter);
    const ticks = enough.percentile(percent);
    return ticks === undefined || this.format === undefined
      ? undefined
      : (ticks * 1000) / this.format.clockRate;
  }
  /** Packet time, ms, by the timestamps; of packets that differ the mean. Undefined where several share one timestamp. */
  get packetMs(): Ms | undefined {
    const step = this.step.value ?? (this.step.isSplit ? this.#meanStep : 0);
    return step <= 0 || this.format === undefined ? undefined : (step * 1000) / this.format.clockRate;
  }

  #changeFormat(payloadType: number): void {
    const format = this.#expected.formats.get(payloadType);
    this.payloadType = payloadType;
    this.described = format !== undefined;
    this.format = format ?? formatByNumber(payloadType);
    this.step.reset();
    this.size.reset();
    this.density.reset();
    this.#transit = undefined;
    this.clock.setRate(this.format?.clockRate);
    this.#powers.fill(0);
    this.#frames = 0;
    this.#levels = undefined;
  }

  #measureLevel({ bytes, payloadStart, payloadEnd }: ReceivedRtp, format: ExpectedFormat, now: Ms): void {
    this.#nextLevel = now + LEVEL_EVERY_MS;
    const { levelExtension, encrypted } = this.#expected;
    const first = bytes[0] ?? 0;
    if (levelExtension !== undefined && (first & 0x10) !== 0) {
      const start = 12 + 4 * (first & 0x0f);
      const level = levelInExtension(bytes, start, payloadStart, levelExtension);
      if (level !== undefined) {
        this.#levels = [level];
        this.#levelAt = now;
        return;
      }
    }
    if (!encrypted && format.coding !== undefined) {
      this.#frames += addPower(format.coding, bytes, payloadStart, payloadEnd, format.channels, this.#powers);
    }
  }

  #takeLevels(now: Ms): void {
    if (this.#frames === 0 || this.format === undefined) return;
    const groups = levelGroups(this.format.channels);
    const perGroup = this.#frames * (this.format.channels / groups);
    this.#levels = Array.from(this.#powers.subarray(0, groups), (power) => dbfs(power / perGroup));
    this.#levelAt = now;
    this.#powers.fill(0);
    this.#frames = 0;
  }
}

import type { WireReader, WireWriter } from '../wire/index.ts';
import { xrField } from './xr-field.ts';

/** How a voice is received (RFC 3611 §4.7). Of what may be unknown, undefined says that it is. */
export interface XrVoipMetrics {
  readonly type: 'voipMetrics';
  readonly ssrc: number;
  /** Share of packets lost in the network since the start, in 1/256: 0 to 255. */
  readonly lossRate: number;
  /** Share discarded by the jitter buffer, too late or too early, in 1/256. */
  readonly discardRate: number;
  /** Share lost or discarded within bursts, in 1/256. */
  readonly burstDensity: number;
  /** The same within gaps, the quiet times between bursts. */
  readonly gapDensity: number;
  /** Mean length of bursts, ms. */
  readonly burstDuration: number;
  /** Mean length of gaps, ms. */
  readonly gapDuration: number;
  /** Latest round trip between the RTP ends, ms. */
  readonly roundTripDelay: number;
  /** From the socket to the ear and from the mouth to the socket, ms. */
  readonly endSystemDelay: number;
  /** dBm0, −128 to 126. */
  readonly signalLevel: number | undefined;
  /** dBm0, −128 to 126. */
  readonly noiseLevel: number | undefined;
  /** Residual echo return loss, dB, 0 to 255 but for 127. */
  readonly residualEchoReturnLoss: number | undefined;
  /** Packets received in a row that end a burst; 16 is what RFC 3611 recommends. */
  readonly gmin: number;
  /** R of the E-model, 0 to 100. */
  readonly rFactor: number | undefined;
  /** R of the network beyond this one, 0 to 100. */
  readonly externalRFactor: number | undefined;
  /** Listening quality, 1.0 to 5.0 in tenths. */
  readonly mosLq: number | undefined;
  /** Conversational quality: as heard, with delay. */
  readonly mosCq: number | undefined;
  readonly concealment: 'unspecified' | 'disabled' | 'enhanced' | 'standard';
  readonly jitterBuffer: 'unknown' | 'fixed' | 'adaptive';
  /** How fast the jitter buffer adapts, 0 to 15: the ms after which it has, divided by twice its frame. */
  readonly jitterBufferRate: number;
  /** Delay that the jitter buffer adds now, to a packet in time, ms. */
  readonly jitterBufferNominal: number;
  /** The same, to the earliest packet that it keeps, ms. */
  readonly jitterBufferMaximum: number;
  /** The most that it can reach, ms. */
  readonly jitterBufferAbsoluteMaximum: number;
}

const UNAVAILABLE = 127;
const CONCEALMENT = ['unspecified', 'disabled', 'enhanced', 'standard'] as const;
/** 1 is reserved. */
const JITTER_BUFFER = ['unknown', 'unknown', 'fixed', 'adaptive'] as const;

export function readVoipMetrics(r: WireReader): XrVoipMetrics {
  return {
    type: 'voipMetrics',
    ssrc: r.u32(),
    lossRate: r.u8(),
    discardRate: r.u8(),
    burstDensity: r.u8(),
    gapDensity: r.u8(),
    burstDuration: r.u16(),
    gapDuration: r.u16(),
    roundTripDelay: r.u16(),
    endSystemDelay: r.u16(),
    signalLevel: available(r.u8(), signed),
    noiseLevel: available(r.u8(), signed),
    residualEchoReturnLoss: available(r.u8(), (value) => value),
    gmin: r.u8(),
    rFactor: within(r.u8(), 0, 100),
    externalRFactor: within(r.u8(), 0, 100),
    mosLq: mosOf(r.u8()),
    mosCq: mosOf(r.u8()),
    ...readConfiguration(r),
    jitterBufferNominal: r.u16(),
    jitterBufferMaximum: r.u16(),
    jitterBufferAbsoluteMaximum: r.u16(),
  };
}

function readConfiguration(
  r: WireReader,
): Pick<XrVoipMetrics, 'concealment' | 'jitterBuffer' | 'jitterBufferRate'> {
  const configuration = r.u8();
  r.skip(1);
  return {
    concealment: CONCEALMENT[configuration >>> 6] ?? 'unspecified',
    jitterBuffer: JITTER_BUFFER[(configuration >>> 4) & 3] ?? 'unknown',
    jitterBufferRate: configuration & 0x0f,
  };
}

export function writeVoipMetrics(w: WireWriter, metrics: XrVoipMetrics): void {
  const u8 = (name: keyof XrVoipMetrics): void => void w.u8(xrField(name, Number(metrics[name]), 0xff));
  const u16 = (name: keyof XrVoipMetrics): void => void w.u16(xrField(name, Number(metrics[name]), 0xffff));
  const optional = (name: keyof XrVoipMetrics, most: number, least: number, scale = 1): void => {
    const value = metrics[name];
    // Written as a whole number: a MOS of 4.1 is 41 but for rounding.
    const field = value === undefined ? UNAVAILABLE : Math.round(Number(value) * scale);
    w.u8(value === undefined ? UNAVAILABLE : xrField(name, field, most, least) & 0xff);
  };
  w.u32(metrics.ssrc);
  for (const name of ['lossRate', 'discardRate', 'burstDensity', 'gapDensity'] as const) u8(name);
  for (const name of ['burstDuration', 'gapDuration', 'roundTripDelay', 'endSystemDelay'] as const) u16(name);
  optional('signalLevel', 126, -128);
  optional('noiseLevel', 126, -128);
  if (metrics.residualEchoReturnLoss === UNAVAILABLE) xrField('residualEchoReturnLoss', UNAVAILABLE, 126);
  optional('residualEchoReturnLoss', 255, 0);
  u8('gmin');
  optional('rFactor', 100, 0);
  optional('externalRFactor', 100, 0);
  optional('mosLq', 50, 10, 10);
  optional('mosCq', 50, 10, 10);
  const adaptation = metrics.jitterBuffer === 'unknown' ? 0 : JITTER_BUFFER.indexOf(metrics.jitterBuffer);
  const rate = xrField('jitterBufferRate', metrics.jitterBufferRate, 15);
  w.u8((CONCEALMENT.indexOf(metrics.concealment) << 6) | (adaptation << 4) | rate).u8(0);
  for (const name of ['Nominal', 'Maximum', 'AbsoluteMaximum'] as const) u16(`jitterBuffer${name}`);
}

function signed(value: number): number {
  return (value << 24) >> 24;
}
function available(value: number, convert: (value: number) => number): number | undefined {
  return value === UNAVAILABLE ? undefined : convert(value);
}
function within(value: number, least: number, most: number): number | undefined {
  return value >= least && value <= most ? value : undefined;
}
function mosOf(value: number): number | undefined {
  const tenths = within(value, 10, 50);
  return tenths === undefined ? undefined : tenths / 10;
}

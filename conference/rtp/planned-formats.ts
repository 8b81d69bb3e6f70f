import { InvalidValueError } from '../../src/errors.ts';
import type { MediaDescription, RtpMap } from '../../src/sdp/index.ts';
import type { AudioFormat } from '../audio/index.ts';
import { type AudioCodec, findCodec } from '../codec/index.ts';

/** What packets of a format are for. Comfort noise (RFC 3389) and events (RFC 4733) come in between those of the sound. */
export type FormatKind = 'audio' | 'comfortNoise' | 'telephoneEvent' | 'other';

/** One format of an `m=` line, as it can be used here. */
export interface PlannedFormat {
  readonly payloadType: number;
  readonly encoding: string;
  readonly clockRate: number;
  readonly channels: number;
  /** `PCMU/8000`, `L16/48000/2` */
  readonly label: string;
  readonly kind: FormatKind;
  /** The codec, or a sentence on why there is none; only `audio` can have one. */
  readonly codec: AudioCodec | string;
  /** Milliseconds of a packet when it is sent. */
  readonly ptimeMs: number;
}

export type UsableFormat = PlannedFormat & { readonly codec: AudioCodec };

/** RFC 3551 §4.2. */
const DEFAULT_PTIME_MS = 20;
/** Longest payload that fits an Ethernet frame with IPv6, UDP and RTP headers; also what AES67 allows at most. */
const MAX_PAYLOAD_BYTES = 1440;
/** Where the packet time is ours to choose, there is room left for what else may be added on the way. */
const CHOSEN_PAYLOAD_BYTES = 1400;

export function isUsable(format: PlannedFormat): format is UsableFormat {
  return typeof format.codec !== 'string';
}

/** All formats of a medium that have a meaning, in the order of its `m=` line. */
export function planFormats(medium: MediaDescription): PlannedFormat[] {
  return medium.rtpMaps.map((map) => {
    const { payloadType, encoding, clockRate, channels = 1 } = map;
    const parameters = medium.fmtp(payloadType)?.parameters ?? new Map<string, string>();
    const kind = kindOf(medium, encoding);
    let codec: AudioCodec | string;
    if (kind === 'audio') codec = findCodec(encoding, { clockRate, channels, parameters });
    else if (kind === 'other') codec = `${medium.kind} is not decoded`;
    else codec = `${encoding} goes with the sound and is none by itself`;
    const ptimeMs = choosePtime(medium, codec);
    return { payloadType, encoding, clockRate, channels, label: label(map), kind, codec, ptimeMs };
  });
}

function kindOf(medium: MediaDescription, encoding: string): FormatKind {
  if (medium.kind !== 'audio') return 'other';
  const name = encoding.toLowerCase();
  return name === 'cn' ? 'comfortNoise' : name === 'telephone-event' ? 'telephoneEvent' : 'audio';
}

function label({ encoding, clockRate, channels = 1 }: RtpMap): string {
  return `${encoding}/${clockRate}${channels > 1 ? `/${channels}` : ''}`;
}

/** The highest rate and channel count among the formats that can be decoded. */
export function mixFormat(formats: readonly PlannedFormat[]): AudioFormat | undefined {
  const usable = formats.filter(isUsable).map(({ codec }) => codec.format);
  if (usable.length === 0) return undefined;
  return {
    sampleRate: Math.max(...usable.map((it) => it.sampleRate)),
    channels: Math.max(...usable.map((it) => it.channels)),
  };
}

/** `a=ptime`, within `a=maxptime`, what fits in a packet, and what the codec can make. */
export function choosePtime(medium: MediaDescription, codec: AudioCodec | string | undefined): number {
  const wanted = medium.ptimeMs ?? Math.min(DEFAULT_PTIME_MS, medium.maxptimeMs ?? DEFAULT_PTIME_MS);
  if (codec === undefined || typeof codec === 'string') return wanted;
  if (codec.packetMs !== undefined) {
    return codec.packetMs.findLast((it) => it <= wanted) ?? codec.packetMs[0] ?? wanted;
  }
  const bytesPerMs = codec.bitsPerSecond / 8000;
  const tickMs = 1000 / codec.clockRate; // one frame, or several in each tick
  if (wanted >= tickMs && wanted * bytesPerMs <= MAX_PAYLOAD_BYTES) return wanted;
  const fits = Math.floor(CHOSEN_PAYLOAD_BYTES / bytesPerMs / tickMs) * tickMs;
  // whole milliseconds where they fit, since receivers expect them
  return Math.max(tickMs, wanted <= fits ? wanted : fits >= 1 ? Math.floor(fits) : fits);
}

/** Why packets are not of the time that `a=ptime` wants; undefined when they are. */
export function packetTimeProblem(
  medium: MediaDescription,
  preferred: UsableFormat | undefined,
): string | undefined {
  const { ptimeMs: wanted } = medium;
  if (wanted === undefined || preferred === undefined || preferred.codec.packetMs !== undefined)
    return undefined;
  const octets = Math.ceil((wanted * preferred.codec.bitsPerSecond) / 8000);
  if (octets <= MAX_PAYLOAD_BYTES) return undefined;
  const sent = Math.round(preferred.ptimeMs * 1000) / 1000;
  return `${wanted} ms of ${preferred.label} are ${octets} octets, and ${MAX_PAYLOAD_BYTES} fit in a packet: packets of ${sent} ms are sent`;
}

/** What packets of a format hold: ticks of the RTP clock, and samples of all channels. */
export function packetShape(
  format: UsableFormat | undefined,
  ptimeMs: number,
): {
  readonly ticks: number;
  readonly packetMs: number;
  readonly samples: number;
  readonly channels: number;
} {
  const { sampleRate, channels } = format?.codec.format ?? { sampleRate: 8000, channels: 1 };
  const clockRate = format?.clockRate ?? sampleRate;
  const ticks = Math.max(1, Math.round((ptimeMs * clockRate) / 1000)); // the clock may be slower than the samples
  const frames = (ticks * sampleRate) / clockRate;
  return { ticks, packetMs: (frames * 1000) / sampleRate, samples: frames * channels, channels };
}

/** The format with this name, `PCMA` or `L16/48000/2` in any case. @throws {InvalidValueError} that says which there are */
export function formatNamed(formats: readonly PlannedFormat[], name: string): UsableFormat {
  const wanted = name.toLowerCase();
  const found = formats
    .filter(isUsable)
    .find((it) => [it.label, it.encoding].some((text) => text.toLowerCase() === wanted));
  if (found !== undefined) return found;
  const there = formats.filter(isUsable).map((it) => it.label);
  throw new InvalidValueError(
    `there is no ${name} that can be sent: the description has ${there.length === 0 ? 'none' : there.join(', ')}`,
  );
}

/** Loads what codecs need; undefined when they need nothing. Rejects with a `RendezvousError` that says what is missing. */
export function prepareCodecs(formats: readonly PlannedFormat[]): Promise<unknown> | undefined {
  const loading = formats.filter(isUsable).flatMap(({ codec }) => codec.prepare?.() ?? []);
  return loading.length === 0 ? undefined : Promise.all(loading);
}

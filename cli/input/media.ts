import type { FormatInit } from '../../src/sdp/index.ts';
import { UsageError } from '../errors.ts';

/** `--media` taken apart: one `m=` line to be. */
export interface MediaSpec {
  readonly kind: string;
  /** At least one; the first is preferred. */
  readonly formats: readonly FormatInit[];
  readonly ptimeMs?: number;
}

const KINDS = ['audio', 'video', 'text', 'application', 'message', 'image'];

/** What there is to say of well-known encodings, so that `audio:PCMU` is enough. */
const USUAL: Readonly<Record<string, Omit<FormatInit, 'encoding'>>> = {
  PCMU: { clockRate: 8000 },
  PCMA: { clockRate: 8000 },
  G722: { clockRate: 8000 }, // RFC 3551 §4.5.2: 8000 although it samples at 16000
  GSM: { clockRate: 8000 },
  OPUS: { clockRate: 48_000, channels: 2, fmtp: 'useinbandfec=1' }, // RFC 7587 §7: always
  H261: { clockRate: 90_000 },
  H263: { clockRate: 90_000 },
  H264: { clockRate: 90_000 },
  H265: { clockRate: 90_000 },
  VP8: { clockRate: 90_000 },
  VP9: { clockRate: 90_000 },
  AV1: { clockRate: 90_000 },
  T140: { clockRate: 1000 },
};

/** Packets between those of the sound, whose clock they share (RFC 4733 §2.1): the rate goes by the format before them. */
const BESIDE: Readonly<Record<string, Omit<FormatInit, 'encoding' | 'clockRate'>>> = {
  CN: {},
  'TELEPHONE-EVENT': { fmtp: '0-15' },
};

/**
 * `KIND[:ENCODING[/RATE[/CHANNELS]][;NAME=VALUE…],…]`, such as `audio:PCMU/8000`, `audio:L16/44100/2`,
 * `audio:opus;stereo=1`, `audio:PCMU,telephone-event`. Audio alone means PCMU; the rate may be left out of well-known
 * encodings. `ptime` among the parameters is the medium's packet time in milliseconds, others are the format's.
 *
 * @throws {UsageError} when it is not written like that
 */
export function parseMedia(text: string): MediaSpec {
  const [kind = '', ...rest] = text.split(':');
  if (!KINDS.includes(kind)) {
    throw new UsageError(
      `"${text}" is not a medium: begin with one of ${KINDS.join(', ')}, like audio:PCMU/8000`,
    );
  }
  const list = rest.length === 0 && kind === 'audio' ? 'PCMU' : rest.join(':');
  if (list === '') throw new UsageError(`"${text}" names no format: write it like ${kind}:H264/90000`);
  const formats: FormatInit[] = [];
  let ptimeMs: number | undefined;
  for (const item of list.split(',')) {
    const [format = '', ...parameters] = item.split(';').map((it) => it.trim());
    const ptime = parameters.find((it) => it.startsWith('ptime='));
    if (ptime !== undefined) ptimeMs = parsePtime(text, ptime.slice('ptime='.length));
    const own = parameters.filter((it) => it !== ptime);
    formats.push(parseFormat(text, format, own.join(';'), formats[0]?.clockRate));
  }
  return { kind, formats, ...(ptimeMs === undefined ? {} : { ptimeMs }) };
}

function parsePtime(text: string, value: string): number {
  const ptime = Number(value);
  if (/^\d+(\.\d+)?$/.test(value) && ptime > 0 && ptime <= 1000) return ptime;
  throw new UsageError(`"${text}": ptime is milliseconds up to 1000, written like ptime=20 or ptime=0.125`);
}

function parseFormat(
  text: string,
  format: string,
  parameters: string,
  before: number | undefined,
): FormatInit {
  const match = /^([A-Za-z0-9.+_-]+)(?:\/(\d{1,9}))?(?:\/(\d{1,3}))?$/.exec(format);
  const [, encoding = '', rate, channels] = match ?? [];
  const name = encoding.toUpperCase();
  const usual: Omit<FormatInit, 'encoding'> | undefined =
    name in BESIDE ? { clockRate: before ?? 8000, ...BESIDE[name] } : USUAL[name];
  const clockRate = rate === undefined ? usual?.clockRate : Number(rate);
  const channelCount = channels === undefined ? usual?.channels : Number(channels);
  if (match === null || clockRate === undefined || clockRate === 0 || channelCount === 0) {
    const why =
      match !== null && clockRate === undefined ? 'give its clock rate in hertz' : 'it is not a format';
    throw new UsageError(
      `"${text}": ${why}, written ENCODING/RATE or ENCODING/RATE/CHANNELS like L16/44100/2`,
    );
  }
  const fmtp = parameters === '' ? usual?.fmtp : parameters;
  return {
    encoding,
    clockRate,
    ...(channelCount === undefined ? {} : { channels: channelCount }),
    ...(fmtp === undefined ? {} : { fmtp }),
  };
}

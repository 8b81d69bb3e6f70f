import type { FormatInit } from '../../src/sdp/index.ts';
import { UsageError } from '../errors.ts';

/** `--media` taken apart: one `m=` line to be. */
export interface MediaSpec {
  readonly kind: string;
  /** At least one; the first is preferred. */
  readonly formats: readonly FormatInit[];
}

const KINDS = ['audio', 'video', 'text', 'application', 'message', 'image'];

/** Clock rates in hertz, and channels, of well-known encodings, so that `audio:PCMU` is enough. */
const USUAL: Readonly<Record<string, { readonly clockRate: number; readonly channels?: number }>> = {
  PCMU: { clockRate: 8000 },
  PCMA: { clockRate: 8000 },
  G722: { clockRate: 8000 }, // RFC 3551 §4.5.2: 8000 although it samples at 16000
  GSM: { clockRate: 8000 },
  OPUS: { clockRate: 48_000, channels: 2 }, // RFC 7587 §7: always
  H261: { clockRate: 90_000 },
  H263: { clockRate: 90_000 },
  H264: { clockRate: 90_000 },
  H265: { clockRate: 90_000 },
  VP8: { clockRate: 90_000 },
  VP9: { clockRate: 90_000 },
  AV1: { clockRate: 90_000 },
  T140: { clockRate: 1000 },
};

/**
 * `KIND[:ENCODING[/RATE[/CHANNELS]],…]`, such as `audio:PCMU/8000`, `audio:L16/44100/2`, `audio:PCMU,PCMA`. Audio
 * alone means PCMU; the rate may be left out of well-known encodings.
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
  const formats = rest.length === 0 && kind === 'audio' ? 'PCMU' : rest.join(':');
  if (formats === '') throw new UsageError(`"${text}" names no format: write it like ${kind}:H264/90000`);
  return { kind, formats: formats.split(',').map((format) => parseFormat(text, format)) };
}

function parseFormat(text: string, format: string): FormatInit {
  const match = /^([A-Za-z0-9.+_-]+)(?:\/(\d{1,9}))?(?:\/(\d{1,3}))?$/.exec(format);
  const [, encoding = '', rate, channels] = match ?? [];
  const usual = USUAL[encoding.toUpperCase()];
  const clockRate = rate === undefined ? usual?.clockRate : Number(rate);
  const channelCount = channels === undefined ? usual?.channels : Number(channels);
  if (match === null || clockRate === undefined || clockRate === 0 || channelCount === 0) {
    const why =
      match !== null && clockRate === undefined ? 'give its clock rate in hertz' : 'it is not a format';
    throw new UsageError(
      `"${text}": ${why}, written ENCODING/RATE or ENCODING/RATE/CHANNELS like L16/44100/2`,
    );
  }
  return { encoding, clockRate, ...(channelCount === undefined ? {} : { channels: channelCount }) };
}

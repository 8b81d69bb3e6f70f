import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AudioCodec, type EncoderOptions, findCodec } from '../../conference/codec/index.ts';
import { carriesPrevious, opusFrames } from '../../conference/codec/opus-packet.ts';
import { formatPcapDatagram, formatPcapHeader } from '../../src/capture/index.ts';
import { RtpPacketizer } from '../../src/rtp/index.ts';
import { formatOggOpus, parseOggOpus } from '../support/ogg-opus.ts';
import { correlate, decibels, meanSquare, measureTone } from '../support/tone-meter.ts';
import { User } from './cli-media.ts';

const user = new User();
afterAll(() => user[Symbol.dispose]());

/** Frames at 48 kHz by which libopus is late. */
const PRE_SKIP = 312;
/** Frames at 16 kHz by which the two filters of G.722 are late. */
const G722_DELAY = 22;

function codecOf(
  encoding: string,
  clockRate: number,
  channels: number,
  fmtp: Record<string, string> = {},
): AudioCodec {
  const codec = findCodec(encoding, { clockRate, channels, parameters: new Map(Object.entries(fmtp)) });
  if (typeof codec === 'string') throw new Error(codec);
  return codec;
}

function ffmpeg(...args: readonly string[]): void {
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args]);
}
function gstreamer(pipeline: string): void {
  execFileSync('gst-launch-1.0', ['-q', ...pipeline.split(' ').filter((it) => it !== '')]);
}

const SPEECH = new Map<number, Float32Array>();

function speechAt(rate: number): Float32Array {
  let speech = SPEECH.get(rate);
  if (speech === undefined) {
    const path = user.file(`speech-${rate}.f32`);
    ffmpeg('-i', user.speechFile(), '-ac', '1', '-ar', String(rate), '-f', 'f32le', path);
    speech = readFloats(path);
    SPEECH.set(rate, speech);
  }
  return speech;
}

/** A second of speech and a second of a tone, in each channel other words and another tone. */
function said(rate: number, channels: number): Float32Array {
  const speech = speechAt(rate);
  return Float32Array.from({ length: 2 * rate * channels }, (_, i) => {
    const [at, channel] = [Math.floor(i / channels), i % channels];
    if (at < rate) return speech[at + Math.floor(channel * 0.8 * rate)] ?? 0;
    return 0.25 * Math.sin((2 * Math.PI * (500 + 300 * channel) * at) / rate);
  });
}

function readFloats(path: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(path)).buffer);
}

function encode(
  codec: AudioCodec,
  samples: Float32Array,
  packetMs: number,
  options?: EncoderOptions,
): Uint8Array[] {
  const encoder = codec.createEncoder(options);
  const size = Math.round((codec.format.sampleRate * packetMs) / 1000) * codec.format.channels;
  const packets: Uint8Array[] = [];
  for (let at = 0; at + size <= samples.length; at += size) {
    packets.push(Uint8Array.from(encoder.encode(samples.subarray(at, at + size))));
  }
  encoder.dispose?.();
  return packets;
}

function decode(codec: AudioCodec, packets: readonly Uint8Array[]): Float32Array {
  const decoder = codec.createDecoder();
  const parts = packets.map((packet) => {
    const part = new Float32Array(decoder.frames(packet, 0, packet.length) * codec.format.channels);
    decoder.decode(packet, 0, packet.length, part);
    return part;
  });
  decoder.dispose?.();
  const out = new Float32Array(parts.reduce((sum, it) => sum + it.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The packets as they go over the network, in a file. */
function capture(name: string, packets: readonly Uint8Array[], ticks: number): string {
  const sender = new RtpPacketizer(0x1234, 96, () => 0.5);
  const records = [formatPcapHeader()];
  for (const [i, payload] of packets.entries()) {
    const packet = sender.next(payload, ticks, i === 0);
    const source = { address: '10.0.0.1', port: 5004 };
    const destination = { address: '239.1.1.1', port: 5004 };
    const timeNs = BigInt(1_700_000_000_000 + i * 20) * 1_000_000n;
    records.push(formatPcapDatagram({ timeNs, source, destination, payload: packet }));
  }
  const path = user.file(`${name}.pcap`);
  writeFileSync(path, Buffer.concat(records));
  return path;
}

/** How well `heard` is `wanted`, in dB, and by how many frames it is later. */
function compare(
  wanted: Float32Array,
  heard: Float32Array,
  channels: number,
  most = 20,
): { snr: number; shift: number } {
  const first = (samples: Float32Array): Float32Array => samples.filter((_, i) => i % channels === 0);
  const from = Math.floor(wanted.length / channels / 8);
  const length = Math.floor(wanted.length / channels / 4);
  const { shift } = correlate(
    first(wanted).subarray(from, from + length),
    first(heard).subarray(from, from + length),
    most,
  );
  const a = wanted.subarray(Math.max(0, -shift) * channels);
  const b = heard.subarray(Math.max(0, shift) * channels);
  const count = Math.min(a.length, b.length);
  const wrong = new Float32Array(count);
  for (let i = 0; i < count; i++) wrong[i] = (a[i] ?? 0) - (b[i] ?? 0);
  return { snr: decibels(meanSquare(a.subarray(0, count))) - decibels(meanSquare(wrong)), shift };
}

const SOUND_RTP = 'application/x-rtp,media=audio,payload=96';
const CASES = [
  {
    name: 'PCMU',
    rate: 8000,
    channels: 1,
    packetMs: 20,
    snr: 30,
    fmtp: {},
    raw: 'mulaw',
    depay: 'rtppcmudepay ! mulawdec',
  },
  {
    name: 'PCMA',
    rate: 8000,
    channels: 1,
    packetMs: 20,
    snr: 30,
    fmtp: {},
    raw: 'alaw',
    depay: 'rtppcmadepay ! alawdec',
  },
  {
    name: 'G722',
    rate: 8000, // of its clock
    channels: 1,
    packetMs: 20,
    snr: 12,
    fmtp: {},
    raw: 'g722',
    depay: 'rtpg722depay ! avdec_g722',
  },
  {
    name: 'L16',
    rate: 44_100,
    channels: 2,
    packetMs: 5,
    snr: 70,
    fmtp: {},
    raw: 's16be',
    depay: 'rtpL16depay',
  },
  {
    name: 'L16',
    rate: 48_000,
    channels: 1,
    packetMs: 10,
    snr: 70,
    fmtp: {},
    raw: 's16be',
    depay: 'rtpL16depay',
  },
  {
    name: 'L24',
    rate: 48_000,
    channels: 2,
    packetMs: 1,
    snr: 100,
    fmtp: {},
    raw: 's24be',
    depay: 'rtpL24depay',
  },
  {
    name: 'L24',
    rate: 96_000,
    channels: 2,
    packetMs: 0.25,
    snr: 100,
    fmtp: {},
    raw: 's24be',
    depay: 'rtpL24depay',
  },
  {
    name: 'opus',
    rate: 48_000,
    channels: 2,
    packetMs: 20,
    snr: 0,
    fmtp: {},
    raw: '',
    depay: 'rtpopusdepay ! opusdec',
  },
  {
    name: 'opus',
    rate: 48_000,
    channels: 2,
    packetMs: 60,
    snr: 5,
    fmtp: { stereo: '1', maxaveragebitrate: '192000' },
    raw: '',
    depay: 'rtpopusdepay ! opusdec',
  },
] as const;

beforeAll(() => codecOf('opus', 48_000, 2).prepare?.());

describe.each(CASES)('$name/$rate/$channels in packets of $packetMs ms, $fmtp', (it) => {
  const codec = codecOf(it.name, it.rate, it.channels, it.fmtp);
  const { sampleRate, channels } = codec.format;
  const file = (kind: string): string =>
    user.file(`${it.name}-${it.rate}-${channels}-${it.packetMs}.${kind}`);
  const isOpus = it.name === 'opus';
  const delay = isOpus ? PRE_SKIP : it.name === 'G722' ? G722_DELAY : 0;
  /** What a file of samples alone does not say; one of G.722 has but one rate. */
  const layout = it.raw === 'g722' ? [] : ['-ar', String(sampleRate), '-ac', String(channels)];
  /** Two decoders of the same packets differ by no more than the rounding to 16 bits. */
  const ALIKE = 55;

  function byFfmpeg(packets: readonly Uint8Array[]): Float32Array {
    if (isOpus) {
      const framesOf = (packet: Uint8Array): number => opusFrames(packet, 0, packet.length);
      writeFileSync(file('ogg'), formatOggOpus({ channels, preSkip: 0, packets }, framesOf));
      ffmpeg('-c:a', 'libopus', '-i', file('ogg'), '-f', 'f32le', file('f32'));
    } else {
      writeFileSync(file('raw'), Buffer.concat(packets));
      ffmpeg('-f', it.raw, ...layout, '-i', file('raw'), '-f', 'f32le', file('f32'));
    }
    return readFloats(file('f32'));
  }

  test('our packets sound the same here, with ffmpeg and with GStreamer', () => {
    const sound = said(sampleRate, channels);
    const packets = encode(codec, sound, it.packetMs);
    const ours = decode(codec, packets);
    const coding = compare(sound, ours, channels, isOpus ? 400 : 30);
    expect(coding.snr).toBeGreaterThan(it.snr);
    expect(Math.abs(coding.shift - delay)).toBeLessThan(isOpus ? 8 : 1);

    const theirs = byFfmpeg(packets);
    expect(compare(ours, theirs, channels)).toEqual({
      snr: expect.toSatisfy((snr) => snr > ALIKE),
      shift: 0,
    });

    const ticks = Math.round((it.packetMs * it.rate) / 1000);
    const pcap = capture(`${it.name}-${it.rate}-${channels}`, packets, ticks);
    const caps = `${SOUND_RTP},clock-rate=${it.rate},encoding-name=${it.name.toUpperCase()},channels=${channels},sprop-stereo=(string)${channels - 1}`;
    const raw = `audio/x-raw,format=F32LE,layout=interleaved,rate=${sampleRate},channels=${channels}`;
    gstreamer(
      `filesrc location=${pcap} ! pcapparse caps=${caps} ! ${it.depay} ! audioconvert ! audioresample ! ${raw} ! filesink location=${file('gst')}`,
    );
    const gst = compare(ours, readFloats(file('gst')), channels);
    expect(gst).toEqual({ snr: expect.toSatisfy((snr) => snr > ALIKE), shift: 0 });
  });

  test('their packets sound here as they do with them', () => {
    const sound = said(sampleRate, channels);
    writeFileSync(file('said'), sound);
    const input = ['-f', 'f32le', '-ar', String(sampleRate), '-ac', String(channels), '-i', file('said')];
    let packets: readonly Uint8Array[];
    let theirs: Float32Array;
    if (isOpus) {
      ffmpeg(
        ...input,
        '-c:a',
        'libopus',
        '-b:a',
        '64k',
        '-frame_duration',
        String(it.packetMs),
        '-f',
        'ogg',
        file('theirs'),
      );
      ({ packets } = parseOggOpus(readFileSync(file('theirs'))));
      theirs = byFfmpeg(packets);
    } else {
      const name = it.raw === 'g722' ? it.raw : `pcm_${it.raw}`;
      ffmpeg(...input, '-c:a', name, '-f', it.raw, file('theirs'));
      packets = [readFileSync(file('theirs'))];
      theirs = byFfmpeg(packets);
    }
    const ours = decode(codec, packets);
    expect(compare(theirs, ours, channels)).toEqual({
      snr: expect.toSatisfy((snr) => snr > ALIKE),
      shift: 0,
    });
    for (let i = 0; i < channels; i++) {
      const part = ours
        .filter((_, at) => at % channels === i)
        .subarray(Math.round(1.2 * sampleRate), Math.round(1.8 * sampleRate));
      const { frequency, levelDbfs } = measureTone(part, sampleRate, 200, 3000);
      expect(frequency).toBeCloseTo(500 + 300 * i, 0);
      expect(levelDbfs).toBeCloseTo(decibels(0.25 ** 2 / 2), 0);
    }
  });
});

describe('Opus with every tenth packet lost', () => {
  const codec = codecOf('opus', 48_000, 2, { useinbandfec: '1' });
  const LOST = new Set(Array.from({ length: 9 }, (_, i) => 13 + 10 * i));

  /** Decodes what has come; for what has not, what is asked for. */
  function listen(
    packets: readonly Uint8Array[],
    lost: ReadonlySet<number>,
    how: 'fec' | 'conceal' | 'silence',
  ): { readonly heard: Float32Array; readonly recovered: number } {
    const decoder = codec.createDecoder();
    const heard = new Float32Array(packets.length * 960);
    let recovered = 0;
    for (const [i, packet] of packets.entries()) {
      const part = heard.subarray(i * 960, (i + 1) * 960);
      const next = packets[i + 1] ?? new Uint8Array(0);
      if (!lost.has(i)) decoder.decode(packet, 0, packet.length, part);
      else if (how === 'fec' && (decoder.decodeFec?.(next, 0, next.length, part, 960) ?? 0) > 0) recovered++;
      else if (how !== 'silence') decoder.conceal?.(part, 960);
    }
    decoder.dispose?.();
    return { heard, recovered };
  }

  function expectRecovered(packets: readonly Uint8Array[]): void {
    const whole = listen(packets, new Set(), 'silence').heard;
    const snr = (how: 'fec' | 'conceal' | 'silence'): number =>
      compare(whole, listen(packets, LOST, how).heard, 1, 0).snr;
    expect(packets.filter((it) => carriesPrevious(it, 0, it.length)).length).toBeGreaterThan(
      packets.length * 0.7,
    );
    expect(listen(packets, LOST, 'fec').recovered).toBeGreaterThanOrEqual(LOST.size - 1);
    const [fec, conceal] = [snr('fec'), snr('conceal')];
    expect(fec).toBeGreaterThan(conceal + 2);
  }

  test('what our packets carry of the ones before is heard', () => {
    expectRecovered(encode(codec, said(48_000, 1).subarray(0, 48_000 * 2), 20, { expectedLoss: 0.1 }));
  });

  test('and what GStreamer’s carry', () => {
    const sound = said(48_000, 1);
    writeFileSync(user.file('fec.f32'), sound);
    gstreamer(
      `filesrc location=${user.file('fec.f32')} ! rawaudioparse format=pcm pcm-format=f32le sample-rate=48000 num-channels=1 ! audioconvert ! opusenc audio-type=voice inband-fec=true packet-loss-percentage=10 bitrate=40000 frame-size=20 ! oggmux ! filesink location=${user.file('fec.ogg')}`,
    );
    expectRecovered(parseOggOpus(readFileSync(user.file('fec.ogg'))).packets);
  });
});

test.each([
  { name: 'PCMU', raw: 'mulaw', inverted: 0xff },
  { name: 'PCMA', raw: 'alaw', inverted: 0x55 },
])(
  '$name is ffmpeg’s for all 256 codes and all 65536 samples, but for the edges of segments',
  ({ name, raw, inverted }) => {
    const codec = codecOf(name, 8000, 1);
    const codes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const [from, to] = [user.file(`codes.${raw}`), user.file(`codes-${raw}.f32`)];
    writeFileSync(from, codes);
    ffmpeg('-f', raw, '-ar', '8000', '-ac', '1', '-i', from, '-f', 'f32le', to);
    expect(decode(codec, [codes])).toEqual(readFloats(to));

    const all = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
    const [samples, coded] = [user.file('all.s16'), user.file(`all.${raw}`)];
    writeFileSync(samples, all);
    ffmpeg('-f', 's16le', '-ar', '8000', '-ac', '1', '-i', samples, '-c:a', `pcm_${raw}`, '-f', raw, coded);
    const theirs = readFileSync(coded);
    const ours = Buffer.concat(
      encode(
        codec,
        Float32Array.from(all, (it) => it / 32_768),
        512,
      ),
    );
    expect(theirs.length).toBe(ours.length);
    // G.711's decision values (tables 1 and 2) are not the middle between two outputs where steps change; ffmpeg takes that
    const differing = [...ours.keys()].filter((i) => ours[i] !== theirs[i]);
    const within = differing.filter((i) => {
      const interval = ((ours[i] ?? 0) ^ inverted) & 15;
      const nearBorder = ours[i - 4] === theirs[i] || ours[i + 4] === theirs[i]; // it looks at 14 of the 16 bits
      return !nearBorder && interval !== 0 && interval !== 15;
    });
    expect(within).toEqual([]);
    expect(differing.length).toBeLessThan(1000);
  },
);

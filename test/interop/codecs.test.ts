import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { findCodec } from '../../conference/codec/index.ts';
import { drawGroup } from '../net/loopback.ts';
import { ForeignProgram } from '../support/foreign-program.ts';
import { g722Signal } from '../support/g722-signal.ts';
import { decibels, meanSquare } from '../support/tone-meter.ts';
import {
  event,
  expectTones,
  HERE,
  joinedOnLoopback,
  leave,
  recorded,
  sentAll,
  type ToneMedium,
  User,
} from './cli-media.ts';

const user = new User();
afterAll(() => user[Symbol.dispose]());

function ffmpeg(...args: readonly string[]): void {
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args]);
}

function codecOf(encoding: string, clockRate: number, channels: number) {
  const codec = findCodec(encoding, { clockRate, channels, parameters: new Map() });
  if (typeof codec === 'string') throw new Error(codec);
  return codec;
}

/** What a packet holds at most, in whole frames of every format here. */
const PIECE = 960;

/** Encodes as for packets, one after the other. */
function encode(samples: Float32Array, encoding: string, clockRate: number, channels: number): Uint8Array {
  const encoder = codecOf(encoding, clockRate, channels).createEncoder();
  const packets: Uint8Array[] = [];
  for (let at = 0; at < samples.length; at += PIECE) {
    packets.push(Uint8Array.from(encoder.encode(samples.subarray(at, at + PIECE))));
  }
  return Buffer.concat(packets);
}

function readInt16(path: string): Int16Array {
  return new Int16Array(new Uint8Array(readFileSync(path)).buffer);
}

describe('G.722 is ffmpeg’s, bit for bit', () => {
  const RAW = ['-f', 's16le', '-ar', '16000', '-ac', '1'];
  const SOURCES = [
    { name: 'a soft tone', input: ['-f', 'lavfi', '-i', 'sine=frequency=1000:duration=2'], snr: 25 },
    {
      name: 'tones beyond full scale',
      input: ['-f', 'lavfi', '-i', 'aevalsrc=0.9*sin(2765*t)+0.5*sin(40840*t):d=2'],
      snr: 15,
    },
    { name: 'noise', input: ['-f', 'lavfi', '-i', 'anoisesrc=amplitude=0.9:duration=2:seed=7'], snr: 5 },
    { name: 'speech', input: ['-i', user.speechFile()], snr: 15 },
  ];

  test.each(SOURCES)('$name', ({ name, input, snr }) => {
    const file = (kind: string): string => user.file(`${name.replaceAll(' ', '-')}.${kind}`);
    ffmpeg(...input, ...RAW, file('said'));
    ffmpeg(...RAW, '-i', file('said'), '-c:a', 'g722', '-f', 'g722', file('g722'));
    ffmpeg('-f', 'g722', '-i', file('g722'), '-f', 's16le', file('heard'));
    const said = readInt16(file('said'));
    const theirs = readFileSync(file('g722'));
    const even = Float32Array.from(said.subarray(0, said.length & ~1), (it) => it / 32_768);
    const ours = encode(even, 'G722', 8000, 1);
    expect(theirs.subarray(0, ours.length).equals(ours)).toBe(true);
    expect(theirs.length - ours.length).toBeLessThan(2); // it fills up the last octet of an odd number

    const heard = new Float32Array(theirs.length * 2);
    codecOf('G722', 8000, 1).createDecoder().decode(theirs, 0, theirs.length, heard);
    const wanted = readInt16(file('heard'));
    expect(wanted.length).toBe(heard.length);
    expect(heard.findIndex((it, i) => it * 32_768 !== wanted[i])).toBe(-1);

    const wrong = even.subarray(0, -22).map((it, i) => it - (heard[i + 22] ?? 0)); // the filters' delay
    expect(decibels(meanSquare(even)) - decibels(meanSquare(wrong))).toBeGreaterThan(snr);
  });

  test('any octets', () => {
    const octets = Uint8Array.from(g722Signal(), (it) => it * 32_768);
    writeFileSync(user.file('any.g722'), octets);
    ffmpeg('-f', 'g722', '-i', user.file('any.g722'), '-f', 's16le', user.file('any.heard'));
    const heard = new Float32Array(octets.length * 2);
    codecOf('G722', 8000, 1).createDecoder().decode(octets, 0, octets.length, heard);
    expect(Int16Array.from(heard, (it) => it * 32_768)).toEqual(readInt16(user.file('any.heard')));
  });
});

test('L24 is ffmpeg’s pcm_s24be, bit for bit', () => {
  const input = ['-f', 'lavfi', '-i', 'anoisesrc=amplitude=1:duration=1:seed=5:sample_rate=48000'];
  ffmpeg(...input, '-ac', '2', '-c:a', 'pcm_s24be', '-f', 's24be', user.file('noise.s24be'));
  ffmpeg('-f', 's24be', '-ac', '2', '-i', user.file('noise.s24be'), '-f', 's32le', user.file('noise.s32le'));
  const theirs = readFileSync(user.file('noise.s24be'));
  const wanted = new Int32Array(new Uint8Array(readFileSync(user.file('noise.s32le'))).buffer);
  const samples = new Float32Array(theirs.length / 3);
  codecOf('L24', 48_000, 2).createDecoder().decode(theirs, 0, theirs.length, samples);
  expect(samples.findIndex((it, i) => it * 2 ** 31 !== wanted[i])).toBe(-1);
  expect(theirs.equals(encode(samples, 'L24', 48_000, 2))).toBe(true);
});

describe('over RTP with ffmpeg', () => {
  const SECONDS = 1.2;
  /** Long enough for programs that stand still on a busy machine: an adaptive delay would grow, and what is heard with it. */
  const STEADY = '500ms';
  const MEDIA = [
    {
      medium: { spec: 'L24/48000/2', rate: 48_000, tones: [440, 660] },
      lines: [
        'm=audio PORT RTP/AVP 97',
        'a=rtpmap:97 L24/48000/2',
        'a=ptime:1',
        'a=ts-refclk:ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0',
        'a=mediaclk:direct=963214424',
      ],
      codec: 'pcm_s24be',
      packetBytes: 288, // a millisecond, as AES67 has it
      payloadType: 97,
    },
    {
      medium: { spec: 'G722', rate: 16_000, tones: [1000] },
      lines: ['m=audio PORT RTP/AVP 9', 'a=ptime:20'],
      codec: 'g722',
      packetBytes: 160,
      payloadType: 9,
    },
  ];
  type Case = (typeof MEDIA)[number];

  /** A conference in a file, of one group that nobody else has. */
  function place(way: string, { medium, lines }: Case) {
    const { group, port } = drawGroup();
    const name = user.file(`${way}-${medium.rate}.sdp`);
    const head = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=codecs', `c=IN IP4 ${group}/1`, 't=0 0'];
    const text = [...head, ...lines, ''].join('\r\n').replace('PORT', String(port));
    writeFileSync(name, text);
    return { group, port, name };
  }

  /** @returns waits until so many wait: programs that start would hold up those that listen */
  function together(count: number): () => Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let missing = count;
    return () => {
      if (--missing === 0) resolve();
      return promise;
    };
  }

  async function hears(
    it: Case,
    ready: () => Promise<void>,
  ): Promise<{ readonly path: string; readonly medium: ToneMedium }> {
    const { medium, codec, packetBytes, payloadType } = it;
    const { group, port, name } = place('hears', it);
    const path = user.file(`heard-${medium.rate}.wav`);
    const receive = ['--receive', `wav:${path}`, '--playout', STEADY];
    await using ear = await user.join({ name }, ...HERE, ...receive);
    await ready();
    const input = ['-nostdin', '-v', 'error', '-re', '-i', user.toneFile(medium, SECONDS), '-c:a', codec];
    const rtp = [
      '-pkt_size',
      `${12 + packetBytes}`,
      '-payload_type',
      `${payloadType}`,
      '-rtpflags',
      '+send_bye',
    ];
    const url = `rtp://${group}:${port}?localaddr=127.0.0.1&ttl=1`;
    await using sender = new ForeignProgram('ffmpeg', [...input, ...rtp, '-f', 'rtp', url]);
    const { participant } = await event(ear, 'participant-left');
    await Promise.all([sender.ended(5000), recorded(path)]);
    expect(participant).toMatchObject({ address: '127.0.0.1' });
    await leave(ear);
    return { path, medium };
  }

  async function isHeard(it: Case): Promise<{ readonly path: string; readonly medium: ToneMedium }> {
    const { medium } = it;
    const { group, name } = place('is-heard', it);
    const path = user.file(`sent-${medium.rate}.wav`);
    const input = ['-protocol_whitelist', 'file,udp,rtp', '-localaddr', '127.0.0.1', '-i', name];
    await using ear = new ForeignProgram('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...input, path]);
    await joinedOnLoopback(group);
    const send = ['--receive', 'null', '--send', `wav:${user.toneFile(medium, SECONDS)}`];
    await using mouth = await user.join({ name }, ...HERE, ...send);
    await sentAll(mouth);
    await leave(mouth);
    await ear.ended(5000);
    expect(ear.output).toBe('');
    return { path, medium };
  }

  test('L24 in packets of 1 ms and G.722 are heard, and are heard by it', async () => {
    const ready = together(MEDIA.length);
    const recordings = await Promise.all(MEDIA.map((it) => hears(it, ready)));
    recordings.push(...(await Promise.all(MEDIA.map(isHeard))));
    for (const { path, medium } of recordings) expectTones(path, medium, SECONDS);
  });
});

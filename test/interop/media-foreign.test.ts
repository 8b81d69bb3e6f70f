import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { createCall, MulticastRtpProvider, openSink, openSource } from '../../conference/index.ts';
import { drawGroup } from '../net/loopback.ts';
import { ForeignProgram } from '../support/foreign-program.ts';
import { correlateFinely, longestSilence, measureTone, sine, trimSilence } from '../support/tone-meter.ts';
import { readWav, writeWav } from '../support/wav-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'media-'));
afterAll(() => rmSync(folder, { recursive: true }));
const provider = new MulticastRtpProvider();
const SECONDS = 2;

/**
 * Formats in our words and in theirs. PCMU, PCMA and L16 both ways are in `cli-ffmpeg.test.ts` and `cli-gstreamer.test.ts`; G.722
 * and L24 with ffmpeg in `codecs.test.ts`.
 */
const AES67 = [
  'a=ptime:1',
  'a=ts-refclk:ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0',
  'a=mediaclk:direct=963214424',
];
const OPUS = {
  name: 'OPUS',
  m: 'RTP/AVP 96',
  lines: ['a=rtpmap:96 opus/48000/2', 'a=fmtp:96 sprop-stereo=0;stereo=0'],
  rate: 48_000,
  clockRate: 48_000,
  channels: 1,
  encode: 'opusenc ! rtpopuspay',
  decode: 'rtpopusdepay ! opusdec',
  pt: 96,
} as const;
const FORMATS = [
  OPUS,
  {
    name: 'G722',
    m: 'RTP/AVP 9',
    lines: [],
    rate: 16_000,
    clockRate: 8000,
    channels: 1,
    encode: 'avenc_g722 ! rtpg722pay',
    decode: 'rtpg722depay ! avdec_g722',
    pt: 9,
  },
  {
    name: 'L24',
    m: 'RTP/AVP 97',
    lines: ['a=rtpmap:97 L24/48000/2', ...AES67],
    rate: 48_000,
    clockRate: 48_000,
    channels: 2,
    encode: 'audioconvert ! rtpL24pay min-ptime=1000000 max-ptime=1000000',
    decode: 'rtpL24depay',
    pt: 97,
  },
] as const;
type Format = Pick<(typeof FORMATS)[number], 'lines'> & { readonly m: string };
const PCMU: Format = { m: 'RTP/AVP 0', lines: [] };

interface Place {
  readonly group: string;
  readonly port: number;
}
function describeAs({ group, port }: Place, format: Format, direction = 'sendrecv'): string {
  const head = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=interop', `c=IN IP4 ${group}/1`, 't=0 0'];
  return [...head, `m=audio ${port} ${format.m}`, ...format.lines, `a=${direction}`, ''].join('\r\n');
}

async function record(sdp: string, path: string) {
  const call = createCall(sdp, {
    provider,
    participant: { name: 'us' },
    interface: 'lo',
    loopback: 'selective',
  });
  const stream = call.streams.find((it) => it.direction === 'render');
  stream?.attach(await openSink(`wav:${path}`, stream.format === undefined ? {} : { format: stream.format }));
  await call.connect();
  return call;
}

async function send(sdp: string, source: string) {
  const call = createCall(sdp, {
    provider,
    participant: { name: 'us' },
    interface: 'lo',
    loopback: 'selective',
  });
  const stream = call.streams.find((it) => it.direction === 'capture');
  stream?.attach(await openSource(source, stream.format === undefined ? {} : { format: stream.format }));
  await call.connect();
  return call;
}

/** One tone, without a gap, at its frequency and level, for at least so long. */
function expectTone(path: string, hz: number, dbfs: number, seconds: number): void {
  const { samples0, format } = readWav(path);
  const tone = trimSilence(samples0);
  expect(tone.length / format.sampleRate).toBeGreaterThan(seconds - 0.15);
  expect(tone.length / format.sampleRate).toBeLessThan(seconds + 0.15);
  const { frequency, levelDbfs, totalDbfs } = measureTone(
    tone.subarray(0, format.sampleRate),
    format.sampleRate,
  );
  expect(frequency).toBeCloseTo(hz, 0);
  expect(levelDbfs).toBeCloseTo(dbfs, 0);
  expect(totalDbfs - levelDbfs).toBeLessThan(0.2); // nothing else
  expect(longestSilence(tone, format.sampleRate)).toBeLessThan(0.002); // no gap
}

describe.each([OPUS])('$name with ffmpeg', (format) => {
  test('what ffmpeg sends is recorded as it was', async () => {
    const place = drawGroup();
    const path = join(folder, `from-ffmpeg-${format.name}.wav`);
    const call = await record(describeAs(place, format), path);
    const url = `rtp://${place.group}:${place.port}?localaddr=127.0.0.1&ttl=1`;
    const input = `sine=frequency=440:sample_rate=${format.rate}:duration=${SECONDS}`; // an eighth of full scale
    const out = [
      '-ac',
      `${format.channels}`,
      '-c:a',
      'libopus',
      '-payload_type',
      `${format.pt}`,
      '-f',
      'rtp',
      url,
    ];
    await using ffmpeg = new ForeignProgram('ffmpeg', [
      '-nostdin',
      '-v',
      'error',
      '-re',
      '-f',
      'lavfi',
      '-i',
      input,
      ...out,
    ]);
    await ffmpeg.ended(10_000);
    await sleep(300);
    expect(
      call.participants
        .filter(({ local }) => !local)
        .flatMap(({ substreams }) => substreams.map(({ stats }) => stats)),
    ).toMatchObject([{ packetsLost: 0, late: 0, undecodable: 0 }]);
    await call.disconnect();
    expectTone(path, 440, -21.07, SECONDS);
  });

  test('ffmpeg plays what we send, from our description', async () => {
    const place = drawGroup();
    const sdpFile = join(folder, `${format.name}.sdp`);
    const path = join(folder, `to-ffmpeg-${format.name}.wav`);
    writeFileSync(sdpFile, describeAs(place, format));
    const call = await send(describeAs(place, format), 'tone:700,-15');
    const input = ['-protocol_whitelist', 'file,udp,rtp', '-localaddr', '127.0.0.1', '-i', sdpFile];
    await using ffmpeg = new ForeignProgram('ffmpeg', [
      '-nostdin',
      '-v',
      'error',
      '-y',
      ...input,
      '-t',
      `${SECONDS}`,
      path,
    ]);
    await ffmpeg.ended(15_000);
    await call.disconnect();
    expectTone(path, 700, -15, SECONDS);
  });
});

describe.each(FORMATS)('$name with GStreamer', (format) => {
  const caps = `application/x-rtp,media=audio,clock-rate=${format.clockRate},encoding-name=${format.name},payload=${format.pt},channels=${format.channels}`;
  const raw = `audio/x-raw,rate=${format.rate},channels=${format.channels}`;

  test('what GStreamer sends is recorded as it was', async () => {
    const place = drawGroup();
    const path = join(folder, `from-gst-${format.name}.wav`);
    const call = await record(describeAs(place, format), path);
    const samples = Math.round(format.rate / 50);
    const pipeline = `audiotestsrc freq=600 volume=0.25 is-live=true samplesperbuffer=${samples} num-buffers=${Math.round((SECONDS * format.rate) / samples)} ! ${raw} ! ${format.encode} pt=${format.pt} ! udpsink host=${place.group} port=${place.port} auto-multicast=true multicast-iface=lo ttl-mc=1`;
    await using gst = new ForeignProgram('gst-launch-1.0', ['-q', ...pipeline.split(' ')]);
    await gst.ended(10_000);
    await sleep(300);
    await call.disconnect();
    expectTone(path, 600, -15.05, SECONDS);
  });

  test('GStreamer plays what we send', async () => {
    const place = drawGroup();
    const path = join(folder, `to-gst-${format.name}.wav`);
    const pipeline = `udpsrc address=${place.group} port=${place.port} multicast-iface=lo caps=${caps} ! rtpjitterbuffer latency=60 ! ${format.decode} ! audioconvert ! audio/x-raw,format=S16LE ! wavenc ! filesink location=${path}`;
    await using gst = new ForeignProgram('gst-launch-1.0', ['-e', ...pipeline.split(' ')]);
    await gst.says(/PLAYING/);
    const tone = join(folder, `tone-${format.name}.wav`);
    writeWav(tone, sine(800, 0.5, format.rate, SECONDS), format.rate);
    const call = await send(describeAs(place, format), `wav:${tone}`);
    await sleep((SECONDS + 0.7) * 1000);
    await call.disconnect();
    await gst.stop();
    expectTone(path, 800, -9.03, SECONDS);
  });
});

describe('speech', () => {
  const speech = join(folder, 'speech.wav');
  execFileSync('espeak-ng', [
    '-s',
    '150',
    '-w',
    speech,
    'The quick brown fox jumps over the lazy dog. Is anybody there?',
  ]);

  test('is heard as it was said, pauses and all', async () => {
    const place = drawGroup();
    const path = join(folder, 'speech-heard.wav');
    const format = PCMU;
    const said = readWav(speech);
    const ear = await record(describeAs(place, format, 'recvonly'), path);
    const mouth = await send(describeAs(place, format, 'sendonly'), `wav:${speech}`);
    await sleep(said.seconds * 1000 + 500);
    await Promise.all([ear.disconnect(), mouth.disconnect()]);
    const heard = readWav(path);
    const { peak, shift } = correlateFinely(said, heard, 100);
    expect(peak).toBeGreaterThan(0.99);
    expect(shift).toBeGreaterThanOrEqual(0); // the end of it is as late as the beginning: nothing is left out
    const length = trimSilence(heard.samples0, 0.01).length / heard.format.sampleRate;
    expect(length).toBeCloseTo(trimSilence(said.samples0, 0.01).length / said.format.sampleRate, 1);
  });
});

describe('on the wire', () => {
  test('tshark reads every RTP and RTCP packet of a conference without a complaint', async () => {
    const place = drawGroup();
    const file = join(folder, 'wire.pcapng');
    await using tshark = new ForeignProgram('tshark', [
      '-i',
      'lo',
      '-f',
      `host ${place.group}`,
      '-w',
      file,
      '-q',
    ]);
    await tshark.says(/Capturing on/);
    await sleep(500);
    const format = PCMU;
    const calls = await Promise.all(
      ['tone:440', 'tone:900', 'null'].map((it) => send(describeAs(place, format), it)),
    );
    calls[0]?.setParticipantInfo({
      name: 'Anna Müller',
      email: 'a@example.org',
      phone: '+49 30 1',
      loc: 'Berlin',
      tool: 'test',
      note: 'hi',
      priv: [{ prefix: 'x', value: 'y' }],
    });
    await sleep(8000);
    for (const call of calls) await call.disconnect('good bye');
    await sleep(1000);
    await tshark.stop();
    const decode = [
      '-r',
      file,
      '-d',
      `udp.port==${place.port},rtp`,
      '-d',
      `udp.port==${place.port + 1},rtcp`,
    ];
    const read = (...args: string[]): string[] =>
      execFileSync('tshark', [...decode, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
        .split('\n')
        .filter((line) => line !== '');
    expect(read('-Y', '_ws.malformed || _ws.expert.severity >= 0x600000')).toEqual([]);
    expect(read('-Y', '!rtp && !rtcp')).toEqual([]);
    const rtp = read('-Y', 'rtp', '-T', 'fields', '-e', 'rtp.version', '-e', 'rtp.p_type', '-e', 'ip.ttl');
    expect(rtp.length).toBeGreaterThan(750);
    expect(new Set(rtp)).toEqual(new Set(['2\t0\t1']));
    const rtcp = read('-Y', 'rtcp', '-T', 'fields', '-e', 'rtcp.pt').map((line) => line.split(','));
    expect(rtcp.every(([first, second]) => (first === '200' || first === '201') && second === '202')).toBe(
      true,
    );
    expect(rtcp.filter((types) => types.includes('203')).length).toBe(3); // a BYE of each
    expect(read('-Y', 'rtcp.sdes.text contains "Anna M"').length).toBeGreaterThan(0);
  });
});

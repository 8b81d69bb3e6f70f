import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type AudioSource,
  type Call,
  createCall,
  MulticastRtpProvider,
  openSource,
  parseWavHeader,
  type RecordFormat,
  type RecordingManifest,
  startRecording,
} from '../../conference/index.ts';
import { MixTrack } from '../../conference/record/mix-track.ts';
import { CaptureReader, RtpDumpReader } from '../../src/capture/index.ts';
import { ArraySink, ArraySource } from '../support/array-terminals.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryNetwork } from '../support/memory-network.ts';

const folders: string[] = [];
afterEach(() => {
  for (const it of folders.splice(0)) rmSync(it, { recursive: true, force: true });
});

/** A conference in memory, one of whose members records it. */
class Studio {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly folder = mkdtempSync(join(tmpdir(), 'recorder-'));
  readonly problems: string[] = [];
  readonly #media: string;
  readonly rate: number;
  #hosts = 1;

  constructor(format: string) {
    folders.push(this.folder);
    this.rate = Number(format.split('/')[1]);
    this.#media = `m=audio 5004 RTP/AVP 96\r\na=rtpmap:96 ${format}\r\na=ptime:1\r\n`;
  }

  async join(name: string, source?: AudioSource): Promise<Call> {
    const host = `10.0.0.${this.#hosts++}`;
    const sdp = `v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=x\r\nc=IN IP4 239.255.1.1/15\r\nt=0 0\r\n${this.#media}`;
    const call = createCall(sdp, {
      provider: new MulticastRtpProvider({ openSocket: this.network.host(host) }),
      participant: { name, cname: `${name}@${host}` },
      clock: this.clock,
    });
    if (source !== undefined) call.streams.find((it) => it.direction === 'capture')?.attach(source);
    call.streams.find((it) => it.direction === 'render')?.attach(new ArraySink());
    await call.connect();
    return call;
  }

  record({ session }: Call, ...formats: RecordFormat[]) {
    return startRecording({
      session,
      directory: join(this.folder, 'take'),
      name: 'Round',
      program: 'rendezvous test',
      formats,
      clock: this.clock,
      onProblem: (message) => this.problems.push(message),
    });
  }

  manifest(): RecordingManifest {
    return JSON.parse(readFileSync(join(this.folder, 'take', 'recording.json'), 'utf8'));
  }
}

/** Samples that are all different, of so many bits, never silent. */
function noise(count: number, bits: number, seed: number): Float32Array {
  const full = 2 ** (bits - 1);
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return ((state >>> (32 - bits)) - full || 1) / full;
  });
}

async function samplesOf(path: string): Promise<{ samples: Float32Array; rate: number; format: string }> {
  const header = parseWavHeader(readFileSync(path));
  const source = await openSource(`wav:${path}`);
  const block = new Float32Array(4800);
  const out: number[] = [];
  while (!source.ended) {
    const frames = source.read(block);
    for (const sample of block.subarray(0, frames * header.format.channels)) out.push(sample);
    if (frames === 0)
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
  }
  await source.close();
  return { samples: Float32Array.from(out), rate: header.format.sampleRate, format: header.samples };
}

/** What an open file is called; nothing when it has been closed meanwhile. */
function targetOf(descriptor: string): string[] {
  try {
    return [readlinkSync(`/proc/self/fd/${descriptor}`)];
  } catch {
    return [];
  }
}

/** Where two recordings part; undefined when they are the same. */
function difference(got: Float32Array, want: Float32Array) {
  const at = want.findIndex((sample, i) => got[i] !== sample);
  if (at < 0) return got.length === want.length ? undefined : { got: got.length, want: want.length };
  return { at, got: [...got.subarray(at, at + 4)], want: [...want.subarray(at, at + 4)] };
}

describe('recording', () => {
  test.each([
    { format: 'L24/48000', bits: 24, samples: 's24le' },
    { format: 'L16/44100', bits: 16, samples: 's16le' },
  ])('$format is recorded bit for bit, each participant in his file, all of one length', async (it) => {
    const studio = new Studio(it.format);
    const source = noise(studio.rate * 2, it.bits, 7);
    const ear = await studio.join('Ear');
    const recorder = await studio.record(ear, 'wav');
    await studio.clock.advanceAsync(500, 100);
    const format = { sampleRate: studio.rate, channels: 1 };
    const mouth = await studio.join('Anna B/ö', new ArraySource(source, format));
    await studio.clock.advanceAsync(10_000, 100);
    await mouth.disconnect();
    await recorder.stop();
    await ear.disconnect();
    expect(studio.problems).toEqual([]);
    expect(readdirSync(join(studio.folder, 'take')).sort()).toEqual([
      'Anna B_ö.wav',
      'mix.wav',
      'recording.json',
    ]);
    const track = await samplesOf(join(studio.folder, 'take', 'Anna B_ö.wav'));
    const mix = await samplesOf(join(studio.folder, 'take', 'mix.wav'));
    expect([track.format, mix.format]).toEqual([it.samples, it.samples]);
    expect(track.samples.length).toBe(Math.round(10.5 * studio.rate));
    expect(mix.samples.length).toBe(track.samples.length);
    const begins = track.samples.findIndex((sample) => sample !== 0);
    expect(begins / studio.rate).toBeCloseTo(0.5, 1);
    expect(difference(track.samples.subarray(begins, begins + source.length), source)).toBeUndefined();
    expect(difference(mix.samples, track.samples)).toBeUndefined();
    const { tracks, seconds, start, end } = studio.manifest();
    expect(seconds).toBe(10.5);
    expect(Date.parse(end ?? '') - Date.parse(start)).toBe(10_500);
    expect(tracks.map(({ file, gaps, packetsLost }) => ({ file, gaps, packetsLost }))).toEqual([
      { file: 'mix.wav', gaps: [], packetsLost: 0 },
      { file: 'Anna B_ö.wav', gaps: [], packetsLost: 0 },
    ]);
    expect(tracks[1]).toMatchObject({
      participant: { name: 'Anna B/ö', cname: 'Anna B/ö@10.0.0.2' },
      sources: [{ payloadFormat: it.format.replace('44100', '44100'), address: '10.0.0.2' }],
    });
  });

  test('what is lost is silence of the same length and listed; what is out of order is put in order', async () => {
    const studio = new Studio('L16/48000');
    const source = noise(48_000 * 3, 16, 3);
    let count = 0;
    const late: (() => void)[] = [];
    studio.network.deliver = (datagram, to) => {
      if (datagram.port !== 5004 || to.localAddress !== '10.0.0.1') return true;
      count++;
      return count < 1000 || count >= 1010;
    };
    const ear = await studio.join('Ear');
    const recorder = await studio.record(ear, 'wav');
    await studio.join('Anna', new ArraySource(source, { sampleRate: 48_000, channels: 1 }));
    await studio.clock.advanceAsync(6000, 100);
    await recorder.stop();
    expect(late).toEqual([]);
    const file = studio.manifest().tracks.find(({ kind }) => kind === 'audio');
    const { samples } = await samplesOf(join(studio.folder, 'take', file?.file ?? ''));
    const begins = samples.findIndex((sample) => sample !== 0);
    const want = Float32Array.from(source);
    want.fill(0, 999 * 48, 1009 * 48);
    expect(difference(samples.subarray(begins, begins + want.length), want)).toBeUndefined();
    expect(file).toMatchObject({
      packetsLost: 10,
      gaps: [{ frame: begins + 999 * 48, frames: 480, packets: 10, seconds: 0.01, reason: 'lost' }],
    });
  });

  test('a sender who begins anew with lower sequence numbers is recorded on, in the same file', async () => {
    const studio = new Studio('L16/48000');
    const source = noise(48_000 * 3, 16, 11);
    let count = 0;
    studio.network.deliver = ({ bytes, from, port }, to) => {
      if (port !== 5004 || to.localAddress !== '10.0.0.1' || ++count <= 1500) return true;
      const anew = Uint8Array.from(bytes);
      const view = new DataView(anew.buffer);
      view.setUint16(2, view.getUint16(2) - 1500);
      to.arrive(anew, from);
      return false;
    };
    const ear = await studio.join('Ear');
    const recorder = await studio.record(ear, 'wav');
    await studio.join('Anna', new ArraySource(source, { sampleRate: 48_000, channels: 1 }));
    await studio.clock.advanceAsync(6000, 100);
    await recorder.stop();
    const { samples } = await samplesOf(join(studio.folder, 'take', 'Anna.wav'));
    const begins = samples.findIndex((sample) => sample !== 0);
    const want = Float32Array.from(source);
    want.fill(0, 1500 * 48, 1501 * 48); // the first after a jump is not believed yet
    expect(difference(samples.subarray(begins, begins + want.length), want)).toBeUndefined();
    expect(studio.manifest().tracks[1]).toMatchObject({ packetsLost: 0, packetsLate: 0 });
  });

  test('of 300 who come and go each has a file, and few of them are open', async () => {
    const studio = new Studio('L16/48000');
    const ear = await studio.join('Ear');
    const recorder = await studio.record(ear, 'wav');
    const [rtp, rtcp] = [5004, 5005].map((port) =>
      [...studio.network.sockets].find((it) => it.port === port),
    );
    const from = { address: '10.0.0.9', port: 5004 };
    const talk = (ssrc: number, sequence: number): void => {
      const packet = new Uint8Array(12 + 96).fill(1);
      new DataView(packet.buffer).setUint32(0, 0x80_60_00_00 + sequence);
      new DataView(packet.buffer).setUint32(4, sequence * 48);
      new DataView(packet.buffer).setUint32(8, ssrc);
      rtp?.arrive(packet, from);
    };
    const leave = (ssrc: number): void => {
      const bye = Uint32Array.of(0x80c9_0001, ssrc, 0x81cb_0001, ssrc);
      const bytes = new DataView(new ArrayBuffer(16));
      for (const [i, word] of bye.entries()) bytes.setUint32(i * 4, word);
      rtcp?.arrive(new Uint8Array(bytes.buffer), { ...from, port: 5005 });
    };
    const open = (): number =>
      readdirSync('/proc/self/fd')
        .flatMap(targetOf)
        .filter((it) => it.startsWith(studio.folder)).length;
    let most = 0;
    for (let ssrc = 1; ssrc <= 300; ssrc++) {
      for (let sequence = 1; sequence <= 3; sequence++) talk(ssrc, sequence);
      await studio.clock.advanceAsync(50, 50);
      leave(ssrc);
      if (ssrc % 20 === 0) most = Math.max(most, open());
    }
    await studio.clock.advanceAsync(5000, 500);
    most = Math.max(most, open());
    await recorder.stop();
    await ear.disconnect();
    expect(studio.problems).toEqual([]);
    expect(studio.manifest().tracks.length).toBe(301);
    expect(readdirSync(join(studio.folder, 'take')).length).toBe(302);
    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThan(260);
    expect(open()).toBe(0);
  });

  test('raw packets are in pcapng and rtpdump, ours and theirs, once', async () => {
    const studio = new Studio('L16/48000');
    const format = { sampleRate: 48_000, channels: 1 };
    const ear = await studio.join('Ear', new ArraySource(noise(48_000, 16, 5), format));
    const recorder = await studio.record(ear, 'pcapng', 'rtpdump');
    await studio.join('Anna', new ArraySource(noise(48_000, 16, 6), format));
    await studio.clock.advanceAsync(6000, 500);
    await recorder.stop();
    const folder = join(studio.folder, 'take');
    const [, capture] = studio.manifest().captures;
    const pcap = new CaptureReader();
    pcap.handleBytes(readFileSync(join(folder, 'packets.pcapng')));
    const seen: Record<string, number> = {};
    for (let it = pcap.pollDatagram(); it !== undefined; it = pcap.pollDatagram()) {
      const key = `${it.source.address}>${it.destination.address}:${it.destination.port}`;
      seen[key] = (seen[key] ?? 0) + 1;
    }
    pcap.handleEnd();
    expect(seen['10.0.0.1>239.255.1.1:5004']).toBeGreaterThan(990);
    expect(seen['10.0.0.2>239.255.1.1:5004']).toBeGreaterThan(990);
    expect(seen['10.0.0.2>239.255.1.1:5005']).toBeGreaterThan(0);
    const dump = new RtpDumpReader();
    dump.handleBytes(readFileSync(join(folder, 'packets-audio.rtpdump')));
    let packets = 0;
    while (dump.pollPacket() !== undefined) packets++;
    expect(packets).toBe(capture?.packets);
    expect(packets).toBe(Object.values(seen).reduce((sum, it) => sum + it, 0));
  });

  test('what was said at one moment is at one frame of all tracks and of the mix, however slow the first packets', async () => {
    const studio = new Studio('L16/48000');
    const format = { sampleRate: 48_000, channels: 1 };
    const click = (): ArraySource => {
      const said = new Float32Array(96_000).fill(1 / 1024);
      said[48_000] = 0.25;
      return new ArraySource(said, format);
    };
    const { network, clock } = studio;
    const held: (() => void)[] = [];
    const ear = await studio.join('Ear', click());
    const recorder = await studio.record(ear, 'wav');
    const slowUntil = clock.now() + 270;
    network.deliver = ({ bytes, from, port, at }, to) => {
      if (port !== 5004 || to.localAddress !== '10.0.0.1' || from.address !== '10.0.0.3') return true;
      if (at < slowUntil) held.push(() => to.arrive(Uint8Array.from(bytes), from));
      else for (const deliver of held.splice(0)) deliver();
      return at >= slowUntil;
    };
    await Promise.all([studio.join('Anna', click()), studio.join('Bob', click())]);
    await clock.advanceAsync(1000, 20);
    await clock.advanceAsync(2007, 20);
    await recorder.stop();
    const { tracks, seconds } = studio.manifest();
    expect(tracks.map(({ kind }) => kind).sort()).toEqual(['audio', 'audio', 'audio', 'mix']);
    const clicks = new Map<string, number>();
    for (const { file, kind } of tracks) {
      const { samples } = await samplesOf(join(studio.folder, 'take', file));
      expect(samples.length).toBe(Math.round(seconds * 48_000));
      const loudest = samples.reduce((most, it, i) => (it > (samples[most] ?? 0) ? i : most), 0);
      clicks.set(file, loudest);
      expect(samples[loudest]).toBeCloseTo(kind === 'mix' ? 0.75 : 0.25, 2);
    }
    expect(new Set(clicks.values()).size).toBe(1);
  });

  test('what has another rate than the mix is not later in it', () => {
    const sink = new ArraySink({ sampleRate: 48_000, channels: 1 });
    const mix = new MixTrack(sink);
    const [fast, slow] = [new Float32Array(48_000), new Float32Array(8000)];
    fast[12_000] = 0.9;
    slow[4000] = 0.9;
    mix.add(1, sink.format, 0, fast, fast.length);
    mix.add(2, { sampleRate: 8000, channels: 1 }, 0, slow, slow.length);
    mix.advance(1000);
    const { samples } = sink;
    const loudest = (from: number): number =>
      samples.reduce((most, it, i) => (i >= from && it > (samples[most] ?? 0) ? i : most), from);
    expect(samples.length).toBe(48_000);
    expect(loudest(0)).toBe(12_000);
    expect(Math.abs(loudest(18_000) - 24_000)).toBeLessThanOrEqual(2);
  });
});

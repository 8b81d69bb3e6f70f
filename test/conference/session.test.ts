import { describe, expect, test } from 'vitest';
import {
  type Call,
  type CallEvent,
  type CallOptions,
  createCall,
  InvalidTerminalError,
  MulticastRtpProvider,
  NoTerminalError,
  QosError,
  ToneSource,
} from '../../conference/index.ts';
import { StateError } from '../../src/errors.ts';
import { parseRtcpCompound } from '../../src/rtcp/index.ts';
import { parseRtpPacket } from '../../src/rtp/index.ts';
import { ArraySink, ArraySource, silence } from '../support/array-terminals.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryNetwork } from '../support/memory-network.ts';
import {
  decibels,
  longestSilence,
  meanSquare,
  measureTone,
  powerAt,
  sine,
  trimSilence,
} from '../support/tone-meter.ts';

const GROUP = '239.255.1.1';
const PORT = 5004;
const AUDIO = sdp(`m=audio ${PORT} RTP/AVP 0`);

function sdp(...media: string[]): string {
  return ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=x', `c=IN IP4 ${GROUP}/15`, 't=0 0', ...media, ''].join(
    '\r\n',
  );
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A conference in memory under a clock that the test moves. */
class Room {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork(this.clock);
  #hosts = 1;

  call(name: string, options: Partial<CallOptions> & { description?: string; host?: string } = {}) {
    const { description = AUDIO, host = `10.0.0.${this.#hosts}`, ...rest } = options;
    const number = this.#hosts++;
    const call = createCall(description, {
      provider: new MulticastRtpProvider({ openSocket: this.network.host(host) }),
      participant: { name, cname: `${name}@test` },
      clock: this.clock,
      random: seeded(number * 7919),
      ...rest,
    });
    const events: CallEvent[] = [];
    call.onAny((event) => events.push(event));
    const sink = new ArraySink();
    return { call, events, sink };
  }

  /** Joins with a source and a sink. */
  async join(name: string, source = silence(), options: Parameters<Room['call']>[1] = {}) {
    const made = this.call(name, options);
    capture(made.call)?.attach(source);
    render(made.call)?.attach(made.sink);
    await made.call.connect();
    return made;
  }
}

const capture = (call: Call) => call.streams.find((it) => it.direction === 'capture');
const render = (call: Call) => call.streams.find((it) => it.direction === 'render');
const tone = (frequency: number, dbfs = -12) =>
  new ToneSource(frequency, dbfs, { sampleRate: 8000, channels: 1 });
const types = (events: readonly CallEvent[]) => events.map(({ type }) => type);
const other = (call: Call) => call.participants.find((it) => !it.local);

describe('streams', () => {
  test('[STR-01] [STR-03] are there before the call is connected, one per direction', () => {
    const { call } = new Room().call('anna');
    expect(call.state).toBe('idle');
    expect(
      call.streams.map((it) => [it.mediaType, it.direction, it.name, it.state, it.payloadFormat]),
    ).toEqual([
      ['audio', 'capture', 'audio out', 'idle', 'PCMU/8000'],
      ['audio', 'render', 'audio in', 'idle', 'PCMU/8000'],
    ]);
  });

  test.each([
    { line: 'a=recvonly', want: ['render'] },
    { line: 'a=sendonly', want: ['capture'] },
    { line: 'a=inactive', want: [] },
  ])('[STR-01] $line leaves $want', ({ line, want }) => {
    const { call } = new Room().call('anna', { description: sdp(`m=audio ${PORT} RTP/AVP 0`, line) });
    expect(call.streams.map(({ direction }) => direction)).toEqual(want);
  });

  test('[STR-04] start by themselves; start is for after pause or stop, and needs a terminal', async () => {
    const room = new Room();
    const { call, events, sink } = await room.join('anna', tone(440));
    const out = capture(call);
    expect(out?.state).toBe('active');
    expect(() => out?.start()).toThrow(StateError);
    room.clock.advance(1000);
    const sent = room.network.wire.length;
    out?.pause();
    expect(out?.state).toBe('paused');
    room.clock.advance(1000);
    expect(room.network.wire.filter(({ port }) => port === PORT).length).toBeLessThanOrEqual(sent);
    out?.start();
    render(call)?.stop();
    room.clock.advance(1000);
    expect(sink.seconds).toBeCloseTo(3, 1); // time went on
    render(call)?.start();
    expect(types(events).filter((it) => it.startsWith('stream'))).toEqual([
      'streamActive',
      'streamActive',
      'streamInactive',
      'streamActive',
      'streamInactive',
      'streamActive',
    ]);
    const { call: empty } = room.call('berta');
    expect(() => capture(empty)?.start()).toThrow(NoTerminalError);
  });

  test('[STR-05] terminals come and go before and after connect; the last one detached stops the stream', async () => {
    const room = new Room();
    const { call } = room.call('anna');
    const [source, sink] = [tone(440), new ArraySink()];
    expect(() => render(call)?.attach(source)).toThrow(InvalidTerminalError);
    expect(() => capture(call)?.attach(sink)).toThrow(InvalidTerminalError);
    capture(call)?.attach(source);
    expect(() => capture(call)?.attach(tone(500))).toThrow(StateError);
    await call.connect();
    expect(capture(call)?.state).toBe('active');
    capture(call)?.detach(source);
    expect(capture(call)?.state).toBe('idle');
    expect(() => capture(call)?.detach(source)).toThrow(InvalidTerminalError);
    expect(render(call)?.state).toBe('idle');
    render(call)?.attach(sink);
    expect(render(call)?.state).toBe('active');
    expect(render(call)?.terminals).toEqual([sink]);
    await call.disconnect();
    expect(sink.closed).toBe(true);
  });

  test('[TRM-04] a terminal that dies is told, and the conference goes on', async () => {
    const room = new Room();
    const source = new ArraySource(sine(440, 0.3, 8000, 10));
    const { call, events, sink } = await room.join('anna', source);
    room.clock.advance(500);
    source.break('the microphone was unplugged');
    sink.break('disk full');
    expect(events.filter(({ type }) => type === 'terminalFailed' || type === 'streamFailed')).toMatchObject([
      { type: 'terminalFailed', message: 'the microphone was unplugged' },
      { type: 'streamFailed', cause: 'badDevice' },
      { type: 'terminalFailed', message: 'disk full' },
      { type: 'streamFailed', cause: 'badDevice' },
    ]);
    expect(capture(call)?.state).toBe('failed');
    expect(call.state).toBe('connected');
    capture(call)?.attach(tone(440));
    expect(capture(call)?.state).toBe('active');
  });

  test('[TRM-04] a terminal that was dead before it was attached is told too', async () => {
    const room = new Room();
    const { call, events } = room.call('anna');
    const dead = new ArraySource(new Float32Array(8000));
    dead.break('gone');
    capture(call)?.attach(dead);
    expect(capture(call)?.state).toBe('failed');
    expect(types(events)).toEqual(['terminalFailed', 'streamFailed']);
  });

  test('[TRM-03] gain makes it softer by exactly that much', async () => {
    const room = new Room();
    const { call: anna } = await room.join('anna', tone(440, -10));
    const { call: berta, sink } = await room.join('berta');
    const listening = render(berta);
    const speaking = capture(anna);
    if (listening === undefined || speaking === undefined) throw new Error('streams are missing');
    listening.gainDb = -6;
    speaking.gainDb = -4;
    room.clock.advance(2000);
    expect(decibels(meanSquare(sink.last(1)))).toBeCloseTo(-20, 0);
    expect(() => {
      listening.gainDb = 100;
    }).toThrow(/gain/);
  });
});

describe('sending', () => {
  const rtp = (room: Room) => room.network.wire.filter(({ port }) => port === PORT);
  const view = ({ bytes }: { bytes: Uint8Array }) => {
    const data = new DataView(bytes.buffer, bytes.byteOffset);
    return {
      marker: bytes[1] !== undefined && bytes[1] >= 128,
      sequence: data.getUint16(2),
      timestamp: data.getUint32(4),
    };
  };

  test('60 s of 20 ms packets differ by less than one packet from real time', async () => {
    const room = new Room();
    await room.join('anna', tone(440));
    room.clock.advance(60_000);
    const packets = rtp(room);
    expect(Math.abs(packets.length - 3000)).toBeLessThanOrEqual(1);
    const late = packets.map(({ at }, i) => at - (packets[0]?.at ?? 0) - i * 20);
    expect(Math.max(...late.map(Math.abs))).toBeLessThan(1e-6);
    expect(packets.map(view).every(({ marker }, i) => marker === (i === 0))).toBe(true);
  });

  test('after a short stall what is due is made up for; after a long one only the newest 200 ms', async () => {
    const room = new Room();
    await room.join('anna', tone(440));
    room.clock.advance(1000);
    const before = rtp(room).length;
    room.clock.stall(150);
    expect(rtp(room).length - before).toBeLessThanOrEqual(8);
    room.clock.advance(50);
    expect(rtp(room).length - before).toBe(10);
    room.clock.stall(5000);
    const after = rtp(room);
    expect(after.length - before).toBeLessThanOrEqual(10 + 11);
    room.clock.advance(100);
    const [previous, next] = [view(after[before + 9] ?? fail()), view(after[before + 10] ?? fail())];
    expect(next.sequence).toBe((previous.sequence + 1) & 0xffff); // nothing was lost on the way
    expect((next.timestamp - previous.timestamp) >>> 0).toBeGreaterThan(4.5 * 8000); // but time has passed
    expect(next.marker).toBe(true);
  });

  test('silence is not sent; the first packet after it has the marker, and timestamps count it (RFC 3551 §4.1)', async () => {
    const room = new Room();
    const samples = new Float32Array(8000 * 3);
    samples.set(sine(440, 0.3, 8000, 0.5), 0);
    samples.set(sine(440, 0.3, 8000, 0.5), 16_000);
    const { events } = await room.join('anna', new ArraySource(samples));
    room.clock.advance(3500);
    const packets = rtp(room).map(view);
    expect(packets.length).toBe(25 + 10 + 25 + 10); // 200 ms of hang-over
    const marked = packets.filter(({ marker }) => marker);
    expect(marked.length).toBe(2);
    expect((marked[1]?.timestamp ?? 0) - (marked[0]?.timestamp ?? 0)).toBe(16_000);
    expect(types(events)).toContain('sourceEnded');
  });

  test('a muted participant sends nothing and goes on where time is', async () => {
    const room = new Room();
    const { call } = await room.join('anna', tone(440));
    room.clock.advance(500);
    const before = rtp(room).length;
    call.local.muted = true;
    room.clock.advance(1000);
    expect(rtp(room).length).toBe(before);
    call.local.muted = false;
    room.clock.advance(100);
    const [previous, next] = [view(rtp(room)[before - 1] ?? fail()), view(rtp(room)[before] ?? fail())];
    expect((next.timestamp - previous.timestamp) >>> 0).toBe(1000 * 8 + 160);
  });

  test.each([
    { ptime: '', want: 160 },
    { ptime: 'a=ptime:30', want: 240 },
    { ptime: 'a=maxptime:10', want: 80 },
    { ptime: 'a=ptime:500', want: 1400 },
  ])('packets hold $want octets with "$ptime"', async ({ ptime, want }) => {
    const room = new Room();
    const lines = ['m=audio 5004 RTP/AVP 0', ...(ptime === '' ? [] : [ptime])];
    await room.join('anna', tone(440), { description: sdp(...lines) });
    room.clock.advance(1000);
    expect(rtp(room)[0]?.bytes.length).toBe(12 + want);
  });
});

function fail(): never {
  throw new Error('not enough packets');
}

describe('hearing', () => {
  test('[CAL-09] [SUB-01] two talkers are mixed in full, without a gap, for as long as it lasts', async () => {
    const room = new Room();
    await room.join('anna', tone(440, -20));
    await room.join('berta', tone(1000, -26));
    const { sink, call } = await room.join('carla');
    room.clock.advance(5000);
    expect(sink.seconds).toBeCloseTo(5, 1);
    const heard = sink.last(1);
    expect(measureTone(heard, 8000)).toMatchObject({
      frequency: expect.closeTo(440, 0),
      levelDbfs: expect.closeTo(-20, 0),
    });
    expect(measureTone(heard, 8000, 900, 1100)).toMatchObject({ levelDbfs: expect.closeTo(-26, 0) });
    expect(longestSilence(heard, 8000)).toBeLessThan(0.002);
    expect(render(call)?.substreams.length).toBe(2);
  });

  test('a lost tenth is made up: the tone goes on, the recording does not shift', async () => {
    const room = new Room();
    let count = 0;
    room.network.deliver = ({ port }) => port !== PORT || ++count % 10 !== 0;
    await room.join('anna', tone(440, -12));
    const { call, sink } = await room.join('berta');
    room.clock.advance(10_000);
    expect(sink.seconds).toBeCloseTo(10, 1);
    const heard = measureTone(sink.last(1), 8000);
    expect(heard).toMatchObject({ frequency: expect.closeTo(440, 0), levelDbfs: expect.closeTo(-12, 0) });
    expect(longestSilence(sink.last(9.5), 8000)).toBeLessThan(0.002);
    const [stats] = (other(call)?.substreams ?? []).map((it) => it.stats);
    expect(stats?.packetsLost).toBeGreaterThan(40);
    expect(stats?.concealedMs).toBeGreaterThan(40 * 20);
    expect(stats?.concealedMs).toBeLessThan(52 * 20);
  });

  test('what was said last before the goodbye is heard to its end', async () => {
    const room = new Room();
    const { sink } = await room.join('anna');
    const { call } = await room.join('berta', tone(440, -12));
    room.clock.advance(3000);
    await call.disconnect();
    room.clock.advance(1000);
    const heard = trimSilence(sink.last(4));
    expect(heard.length / 8000).toBeGreaterThan(2.99);
    expect(longestSilence(heard, 8000)).toBeLessThan(0.002);
  });

  test.each(['PCMA/8000', 'L16/44100/2', 'L16/11025', 'PCMU/16000', 'G722/8000', 'L24/96000/2'])(
    '%s arrives as it was sent',
    async (format) => {
      const room = new Room();
      const description = sdp(`m=audio ${PORT} RTP/AVP 96`, `a=rtpmap:96 ${format}`);
      await room.join('anna', tone(700, -12), { description });
      const { sink } = await room.join('berta', silence(), { description });
      room.clock.advance(3000);
      expect(measureTone(sink.last(1), 8000)).toMatchObject({
        frequency: expect.closeTo(700, 0),
        levelDbfs: expect.closeTo(-12, 0),
      });
    },
  );

  test('G722 counts 8000 a second in its timestamps, though it samples 16000 (RFC 3551 §4.5.2)', async () => {
    const room = new Room();
    const description = sdp(`m=audio ${PORT} RTP/AVP 9`);
    const { call } = await room.join('anna', tone(1000, -12), { description });
    expect(capture(call)?.format).toEqual({ sampleRate: 16_000, channels: 1 });
    room.clock.advance(1000);
    const packets = room.network.wire
      .filter(({ port }) => port === PORT)
      .map(({ bytes }) => parseRtpPacket(bytes));
    expect(packets.length).toBeGreaterThan(48);
    const first = packets[0]?.timestamp ?? 0;
    for (const [i, { payload, timestamp, payloadType }] of packets.entries()) {
      const ticks = (timestamp - first) >>> 0;
      expect({ length: payload.length, payloadType, ticks }).toEqual({
        length: 160,
        payloadType: 9,
        ticks: 160 * i,
      });
    }
  });

  test('G722 and PCMU in one conference: both are heard at the wider rate', async () => {
    const room = new Room();
    const both = sdp(`m=audio ${PORT} RTP/AVP 0 9`);
    await room.join('anna', tone(500, -20), { description: both });
    await room.join('berta', tone(900, -20), { description: both.replace('AVP 0 9', 'AVP 9 0') });
    const { call, sink } = await room.join('carl', silence(), { description: both });
    expect(render(call)?.format).toEqual({ sampleRate: 16_000, channels: 1 });
    room.clock.advance(3000);
    const heard = sink.last(1);
    for (const hz of [500, 900]) expect(decibels(powerAt(heard, 8000, hz))).toBeCloseTo(-20, 0);
  });

  test('a format without codec is counted and named, not decoded', async () => {
    const room = new Room();
    const both = sdp(`m=audio ${PORT} RTP/AVP 0 96`, 'a=rtpmap:96 L16/8000');
    const speex = sdp(`m=audio ${PORT} RTP/AVP 0 96`, 'a=rtpmap:96 SPEEX/16000');
    await room.join('anna', tone(440), { description: both.replace('AVP 0 96', 'AVP 96 0') });
    const { call, sink } = await room.join('berta', silence(), { description: speex });
    room.clock.advance(4000);
    const [stats] = (other(call)?.substreams ?? []).map((it) => it.stats);
    expect(stats).toMatchObject({ payloadFormat: 'SPEEX/16000' });
    expect(stats?.undecodable).toBeGreaterThan(150);
    expect(meanSquare(sink.samples)).toBe(0);
    expect(call.verdict().outcome).toBe('silent');
    expect(call.verdict().reasons[0]?.code).toBe('unsupportedCodec');
  });
});

describe('participants', () => {
  test('[PAR-01] [PEV-01] [PEV-02] [PEV-04] [PEV-10] [PIN-01] [PIN-02] appear with RTP and get their names with RTCP', async () => {
    const room = new Room();
    const { call, events } = await room.join('anna');
    await room.join('berta', tone(440));
    room.clock.advance(60);
    expect(types(events).slice(-3)).toEqual(['participantJoined', 'substreamAdded', 'participantActive']);
    expect(call.participants.length).toBe(2);
    expect(other(call)?.cname).toBeUndefined();
    room.clock.advance(8000);
    expect(other(call)).toMatchObject({
      cname: 'berta@test',
      displayName: 'berta',
      active: true,
      local: false,
    });
    expect(types(events)).toContain('participantInfo');
    expect(call.participants[0]).toMatchObject({ local: true, cname: 'anna@test', displayName: 'anna' });
  });

  test('[PAR-02] [PAR-06] [PIN-03] [PIN-04] [PIN-05] [PIN-06] [PIN-07] [PIN-08] all eight items travel, and change', async () => {
    const room = new Room();
    const { call, events } = await room.join('anna');
    const priv = [{ prefix: 'x', value: 'y' }];
    const all = { name: 'B', email: 'b@x', phone: '+1 2', loc: 'here', tool: 'test', note: 'hello', priv };
    const berta = await room.join('berta', silence(), { participant: { ...all, cname: 'berta@test' } });
    room.clock.advance(120_000);
    expect(other(call)?.info).toEqual({ ...all, cname: 'berta@test' });
    expect(other(call)?.toJSON()).toMatchObject({
      cname: 'berta@test',
      email: 'b@x',
      phone: '+1 2',
      location: 'here',
      tool: 'test',
      note: 'hello',
      private: priv,
    });
    events.length = 0;
    berta.call.setParticipantInfo({ ...all, name: 'Berta B.' });
    expect(berta.call.local.info).toMatchObject({ name: 'Berta B.', cname: 'berta@test' });
    room.clock.advance(60_000);
    expect(events).toContainEqual(expect.objectContaining({ type: 'participantInfo', items: ['name'] }));
    expect(other(call)?.displayName).toBe('Berta B.');
  });

  test('[PEV-03] [PEV-05] [CAL-04] leave with BYE, and everyone knows why', async () => {
    const room = new Room();
    const { events } = await room.join('anna');
    const { call } = await room.join('berta', tone(440));
    room.clock.advance(8000);
    await call.disconnect('lunch');
    expect(room.network.sockets.size).toBe(2); // only anna's are left
    expect(events.slice(-2)).toMatchObject([
      { type: 'substreamRemoved' },
      { type: 'participantLeft', reason: 'lunch', participant: { cname: 'berta@test', gone: true } },
    ]);
    const last = room.network.wire.filter(({ port }) => port === PORT + 1).at(-1);
    expect(parseRtcpCompound(last?.bytes ?? new Uint8Array()).at(-1)).toMatchObject({
      type: 'bye',
      reason: 'lunch',
    });
  });

  test('[CAL-04] in a crowd the BYE waits for its turn, but leaving takes no longer than two seconds', async () => {
    const room = new Room();
    const { call } = await room.join('anna');
    for (let i = 0; i < 55; i++) await room.join(`p${i}`);
    room.clock.advance(20_000);
    expect(call.participants.length).toBe(56);
    const started = room.clock.now();
    const leaving = call.disconnect();
    await room.clock.advanceAsync(1900, 100);
    await leaving; // or the test would never end
    expect(room.clock.now() - started).toBeLessThan(2000);
    expect([...room.network.sockets].filter(({ localAddress }) => localAddress === '10.0.0.1')).toEqual([]);
  });

  test('[PEV-08] [PEV-09] [PEV-11] time out when nothing comes, and recover', async () => {
    const room = new Room();
    const { call, events } = await room.join('anna');
    await room.join('berta', tone(440));
    room.clock.advance(10_000);
    const before = other(call);
    if (before !== undefined) before.muted = true;
    room.network.deliver = (_datagram, to) => to.localAddress !== '10.0.0.1';
    room.clock.advance(60_000);
    expect(types(events)).toContain('participantInactive');
    expect(types(events)).toContain('participantTimedOut');
    expect(call.participants.length).toBe(1);
    room.network.deliver = () => true;
    events.length = 0;
    room.clock.advance(3000);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'participantRecovered', participant: before }),
    );
    expect(other(call)?.muted).toBe(true);
  });

  test('[PAR-03] [PAR-04] [PAR-07] [PAR-08] [PAR-10] one person on two media is one participant, by CNAME', async () => {
    const room = new Room();
    const description = sdp(`m=audio ${PORT} RTP/AVP 0`, 'm=audio 6004 RTP/AVP 8', 'm=video 7004 RTP/AVP 31');
    const media = ['audio', 'video'];
    const { call, events } = await room.join('anna', silence(), { description, media });
    const berta = room.call('berta', { description, media });
    for (const [i, it] of berta.call.streams.filter((it) => it.direction === 'capture').entries()) {
      if (it.unsupportedReason === undefined) it.attach(tone(400 + i * 100));
    }
    await berta.call.connect();
    room.clock.advance(15_000);
    expect(call.participants.length).toBe(2);
    const participant = other(call);
    expect([...(participant?.media ?? [])].sort()).toEqual(['audio', 'video']);
    expect(participant?.substreams.map(({ medium }) => medium)).toEqual([0, 1]);
    expect(participant?.substreams.every((it) => it.participant === participant)).toBe(true);
    expect(participant?.streams.length).toBe(3);
    expect(events).toContainEqual(expect.objectContaining({ type: 'participantMerged', participant }));
    expect(call.transports.map(({ qos }) => qos.effective)).toEqual([46, 46, 34]);
  });

  test('[PAR-05] muting one participant silences him here only, on all streams or on one', async () => {
    const room = new Room();
    const { call, sink } = await room.join('anna');
    await room.join('berta', tone(440, -12));
    await room.join('carla', tone(1000, -12));
    room.clock.advance(8000);
    const berta = call.participants.find(({ cname }) => cname === 'berta@test');
    const stream = render(call);
    if (berta === undefined || stream === undefined) throw new Error('berta is missing');
    berta.muted = true;
    room.clock.advance(2000);
    expect(measureTone(sink.last(1), 8000, 400, 480).levelDbfs).toBeLessThan(-80);
    expect(measureTone(sink.last(1), 8000, 900, 1100).levelDbfs).toBeCloseTo(-12, 0);
    berta.setMuted(false, stream);
    expect([berta.muted, berta.isMuted(stream)]).toEqual([true, false]);
    room.clock.advance(2000);
    expect(measureTone(sink.last(1), 8000, 400, 480).levelDbfs).toBeCloseTo(-12, 0);
  });

  test('[PEV-12] [PEV-13] our own talking and silence are told, and theirs', async () => {
    const room = new Room();
    const anna = await room.join('anna');
    const berta = await room.join('berta', new ArraySource(sine(440, 0.3, 8000, 2)));
    room.clock.advance(4000);
    const told = (events: CallEvent[]) =>
      events.filter(({ type }) => type === 'talking' || type === 'silent');
    expect(told(berta.events)).toMatchObject([
      { type: 'talking', participant: { local: true } },
      { type: 'silent', participant: { local: true } },
    ]);
    expect(told(anna.events)).toMatchObject([
      { type: 'talking', participant: { local: false } },
      { type: 'silent', participant: { local: false } },
    ]);
  });
});

describe('hold', () => {
  test('[CAL-06] stops the media both ways and keeps RTCP; recordings keep their time', async () => {
    const room = new Room();
    const { call, sink } = await room.join('anna', tone(440));
    const berta = await room.join('berta', tone(600));
    room.clock.advance(8000);
    call.hold();
    expect(call.state).toBe('hold');
    room.clock.advance(200);
    const mark = room.network.wire.length;
    room.clock.advance(20_000);
    const mine = room.network.wire.slice(mark).filter(({ from }) => from.address === '10.0.0.1');
    expect(mine.filter(({ port }) => port === PORT)).toEqual([]);
    expect(mine.filter(({ port }) => port === PORT + 1).length).toBeGreaterThan(1);
    expect(meanSquare(sink.last(15))).toBe(0);
    expect(other(berta.call)).toMatchObject({ active: false, gone: false });
    call.resume();
    room.clock.advance(2000);
    expect(call.state).toBe('connected');
    expect(measureTone(sink.last(1), 8000).frequency).toBeCloseTo(600, 0);
    expect(sink.seconds).toBeCloseTo(30.2, 1);
  });
});

describe('loopback', () => {
  const twoOnOneHost = async (mode: 'none' | 'full' | 'selective') => {
    const room = new Room();
    const anna = await room.join('anna', tone(440, -12), { loopback: mode, host: '10.0.0.1' });
    const berta = await room.join('berta', tone(1000, -12), { loopback: mode, host: '10.0.0.1' });
    room.clock.advance(8000);
    const heard = anna.sink.last(1);
    const hears = (frequency: number) =>
      measureTone(heard, 8000, frequency - 40, frequency + 40).levelDbfs > -20;
    return { room, anna, berta, own: hears(440), others: hears(1000) };
  };

  test.each([
    { row: 'LOO-02', mode: 'none', own: false, others: false, people: 1 },
    { row: 'LOO-03', mode: 'full', own: true, others: true, people: 2 },
    { row: 'LOO-04', mode: 'selective', own: false, others: true, people: 2 },
  ] as const)(
    '[$row] $mode: hears itself $own, others on this host $others',
    async ({ mode, own, others, people }) => {
      const result = await twoOnOneHost(mode);
      expect({ own: result.own, others: result.others }).toEqual({ own, others });
      expect(result.anna.call.participants.length).toBe(people);
    },
  );

  test('[LOO-02] [DEF-13] is what you get unless you ask', async () => {
    const { call } = await new Room().join('anna');
    expect(call.transports[0]?.loopback).toBe('none');
  });

  test('[LOO-01] the mode can be changed during the call', async () => {
    const { room, anna, berta } = await twoOnOneHost('none');
    for (const { call } of [anna, berta]) call.setLoopback('selective');
    room.clock.advance(3000);
    expect(anna.call.transports[0]?.loopback).toBe('selective');
    expect(measureTone(anna.sink.last(1), 8000).frequency).toBeCloseTo(1000, 0);
  });
});

describe('quality of service', () => {
  test('[QOS-01] [CAL-07] audio is marked EF unless best effort was asked for, also during the call', async () => {
    const room = new Room();
    const { call } = await room.join('anna');
    expect(call.transports[0]?.qos).toMatchObject({ requested: 46, effective: 46 });
    expect(call.setQos('best-effort')).toMatchObject([{ effective: 0 }]);
    expect(call.setQos('needed', 'audio')).toMatchObject([{ effective: 46 }]);
    expect(() => call.setQos('needed', 'video')).toThrow(/video/);
  });

  test('[QOS-01] needed fails where marking is impossible, if-available goes on and says so', async () => {
    const room = new Room();
    room.network.marking = false;
    const needed = room.call('anna', { qos: 'needed' });
    await expect(needed.call.connect()).rejects.toThrow(QosError);
    expect(needed.call.state).toBe('disconnected');
    expect(room.network.sockets.size).toBe(0);
    const { call, events } = await room.join('berta', silence(), { qos: 'if-available' });
    expect(call.state).toBe('connected');
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'qos',
        kind: 'noQos',
        mediaType: 'audio',
        message: expect.stringContaining('no system calls'),
      }),
    );
    const quiet = await room.join('carla', silence(), { qos: 'best-effort' });
    expect(types(quiet.events)).not.toContain('qos');
    expect(() => quiet.call.setQos('needed')).toThrow(QosError);
  });

  test('[QOS-02] heavy loss is told once as admission failure', async () => {
    const room = new Room();
    let count = 0;
    room.network.deliver = ({ port }) => port !== PORT || ++count % 4 !== 0;
    await room.join('anna', tone(440));
    const { events } = await room.join('berta');
    room.clock.advance(30_000);
    expect(events.filter(({ type }) => type === 'qos')).toMatchObject([
      {
        kind: 'admissionFailure',
        mediaType: 'audio',
        message: expect.stringMatching(/2\d % of a participant/),
      },
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import { InvalidStreamError, InvalidTerminalError, NoTerminalError } from '../../conference/index.ts';
import { InvalidValueError, StateError } from '../../src/errors.ts';
import { ArraySink } from '../support/array-terminals.ts';
import { capture, named, PORT, Room, render, sdp, substreamOf, tone } from '../support/room.ts';
import { correlate, decibels, measureTone, powerAt } from '../support/tone-meter.ts';

const RATE = 8000;
/** The last half second. */
const late = (sink: ArraySink, rate = RATE) => sink.samples.subarray(-rate / 2);
const level = (sink: ArraySink, frequency: number) => decibels(powerAt(late(sink), RATE, frequency));

/** Anna at 440 Hz and Berta at 1000 Hz, −12 dBFS each, heard by Carl. */
async function three() {
  const room = new Room();
  const anna = await room.join('anna', tone(440));
  const berta = await room.join('berta', tone(1000));
  const { call, sink, events } = await room.join('carl');
  room.clock.advance(8000); // until RTCP has told their names
  return { room, anna, berta, call, sink, events };
}

describe('substreams', () => {
  test('[SUB-01] [SUB-02] a participant goes to a sink of its own beside the mix', async () => {
    const { room, call, sink } = await three();
    const own = new ArraySink();
    const anna = substreamOf(call, 'anna');
    anna.attach(own);
    expect(anna.terminals).toEqual([own]);
    expect(anna.stream).toBe(render(call));
    room.clock.advance(1000);
    expect(measureTone(late(own), RATE)).toMatchObject({ frequency: expect.closeTo(440, 0) });
    expect(level(own, 1000)).toBeLessThan(-60);
    expect(level(sink, 440)).toBeCloseTo(-12, 0);
    expect(level(sink, 1000)).toBeCloseTo(-12, 0);
    anna.detach(own);
    const { seconds } = own;
    room.clock.advance(1000);
    expect(own.seconds).toBe(seconds);
    expect(own.closed).toBe(false);
    expect(level(sink, 440)).toBeCloseTo(-12, 0);
  });

  test('[SUB-02] or instead of it', async () => {
    const { room, call, sink } = await three();
    const own = new ArraySink();
    substreamOf(call, 'anna').attach(own, { exclusive: true });
    room.clock.advance(1000);
    expect(level(own, 440)).toBeCloseTo(-12, 0);
    expect(level(sink, 440)).toBeLessThan(-60);
    expect(level(sink, 1000)).toBeCloseTo(-12, 0);
    expect(substreamOf(call, 'anna').exclusive).toBe(true);
    substreamOf(call, 'anna').detach(own);
    room.clock.advance(1000);
    expect(level(sink, 440)).toBeCloseTo(-12, 0);
  });

  test('[SUB-02] sinks of their own without one for the mix: the stream runs for them', async () => {
    const { room, call, sink } = await three();
    render(call)?.detach(sink);
    expect(render(call)?.state).toBe('idle');
    const own = new ArraySink();
    substreamOf(call, 'anna').attach(own);
    expect(render(call)?.state).toBe('active');
    room.clock.advance(1000);
    expect(level(own, 440)).toBeCloseTo(-12, 0);
    await call.disconnect();
    expect(own.closed).toBe(true);
  });

  test('[SUB-02] a sink of its own stays in step with the mix through pauses and holds', async () => {
    const { room, call, anna } = await three();
    const [own, mix] = [new ArraySink(), new ArraySink()];
    substreamOf(call, 'berta').muted = true;
    room.clock.advance(100);
    substreamOf(call, 'anna').attach(own, { preFader: true });
    render(call)?.attach(mix);
    room.clock.advance(500);
    capture(anna.call)?.pause();
    room.clock.advance(1500);
    capture(anna.call)?.start();
    call.hold();
    room.clock.advance(1000);
    call.resume();
    room.clock.advance(1013);
    expect(own.samples.length).toBe(mix.samples.length);
    expect(correlate(own.samples, mix.samples, 40)).toMatchObject({ shift: 0, peak: expect.closeTo(1, 3) });
  });

  test('[SUB-02] in another format than the mix, the own sink has the delay of the mix', async () => {
    const room = new Room();
    const description = sdp(`m=audio ${PORT} RTP/AVP 0 96`, 'a=rtpmap:96 L16/48000/2');
    await room.join('anna', tone(440), { description });
    const { call } = await room.join('carl', undefined, { description });
    room.clock.advance(8000);
    const format = { sampleRate: 48_000, channels: 2 };
    const [own, mix] = [new ArraySink(format), new ArraySink(format)];
    substreamOf(call, 'anna').attach(own);
    render(call)?.attach(mix);
    room.clock.advance(2000);
    const part = (sink: ArraySink) => sink.samples.subarray(48_000, 56_000);
    expect(correlate(part(own), part(mix), 20)).toMatchObject({ shift: 0, peak: expect.closeTo(1, 3) });
  });

  test('[SUB-02] start, pause and stop for one participant; time goes on', async () => {
    const { room, call, sink } = await three();
    const own = new ArraySink();
    const anna = substreamOf(call, 'anna');
    anna.attach(own);
    expect(anna.state).toBe('active');
    expect(() => anna.start()).toThrow(StateError);
    anna.pause();
    expect(anna.state).toBe('paused');
    room.clock.advance(1000);
    expect(own.seconds).toBeCloseTo(1, 1);
    expect(level(own, 440)).toBeLessThan(-80);
    expect(level(sink, 440)).toBeLessThan(-60);
    expect(level(sink, 1000)).toBeCloseTo(-12, 0);
    anna.start();
    room.clock.advance(1000);
    expect(level(own, 440)).toBeCloseTo(-12, 0);
    anna.stop();
    expect(anna.state).toBe('stopped');
    room.clock.advance(1000);
    expect(level(own, 440)).toBeLessThan(-80);
    anna.detach(own);
    render(call)?.detach(sink);
    expect(() => anna.start()).toThrow(NoTerminalError);
  });

  test('[PAR-09] [PEV-06] [PEV-07] a terminal is switched from one participant to another and to the mix', async () => {
    const { room, call, sink, events } = await three();
    const stream = render(call);
    const own = new ArraySink();
    const [anna, berta] = [substreamOf(call, 'anna'), substreamOf(call, 'berta')];
    stream?.switchTerminal(own, anna);
    room.clock.advance(1000);
    expect(level(own, 440)).toBeCloseTo(-12, 0);
    stream?.switchTerminal(own, berta);
    room.clock.advance(1000);
    expect(level(own, 440)).toBeLessThan(-60);
    expect(level(own, 1000)).toBeCloseTo(-12, 0);
    stream?.switchTerminal(own, undefined);
    expect(stream?.terminals).toEqual([sink, own]);
    stream?.switchTerminal(own, anna);
    expect(stream?.terminals).toEqual([sink]);
    const told = events.flatMap((it) =>
      it.type === 'participantMapped' || it.type === 'participantUnmapped'
        ? [`${it.type} ${it.participant.displayName} ${it.terminal === own}`]
        : [],
    );
    expect(told).toEqual([
      'participantMapped anna true',
      'participantMapped berta true',
      'participantUnmapped anna true',
      'participantUnmapped berta true',
      'participantMapped anna true',
    ]);
  });

  test('[PEV-07] who leaves is heard to the end, then the sink is free for another', async () => {
    const { room, anna, call, events } = await three();
    const own = new ArraySink();
    const gone = substreamOf(call, 'anna');
    gone.attach(own);
    room.clock.advance(1000);
    const leaving = anna.call.disconnect();
    room.clock.advance(2000);
    await leaving;
    expect(events.filter(({ type }) => type === 'participantUnmapped')).toHaveLength(1);
    expect(gone.terminals).toEqual([]);
    expect(gone.state).toBe('idle');
    expect(() => gone.attach(own)).toThrow(StateError);
    const { seconds } = own;
    expect(seconds).toBeGreaterThan(1);
    expect(seconds).toBeLessThan(1.2);
    substreamOf(call, 'berta').attach(own);
    room.clock.advance(1000);
    expect(level(own, 1000)).toBeCloseTo(-12, 0);
    expect(own.closed).toBe(false);
    await call.disconnect();
    expect(own.closed).toBe(true);
  });

  test('[ERR-06] what cannot be attached is refused by name', async () => {
    const { room, call, events } = await three();
    const own = new ArraySink();
    const anna = substreamOf(call, 'anna');
    anna.attach(own);
    expect(() => anna.attach(own)).toThrow(StateError);
    expect(() => anna.detach(new ArraySink())).toThrow(InvalidTerminalError);
    expect(() => capture(call)?.switchTerminal(own, anna)).toThrow(InvalidStreamError);
    const elsewhere = await three();
    expect(() => render(call)?.switchTerminal(own, substreamOf(elsewhere.call, 'anna'))).toThrow(
      InvalidStreamError,
    );
    own.break('the disk is full');
    expect(anna.terminals).toEqual([]);
    room.clock.advance(100);
    expect(events.filter(({ type }) => type === 'terminalFailed')).toHaveLength(1);
    expect(render(call)?.state).toBe('active');
  });
});

describe('sound of one participant', () => {
  test('[QUA-03] [PAR-05] gain and mute in the mix; own sinks before the fader hear it as it came', async () => {
    const { room, call, sink } = await three();
    const [before, after] = [new ArraySink(), new ArraySink()];
    const anna = substreamOf(call, 'anna');
    anna.attach(before, { preFader: true });
    anna.attach(after);
    const { sound } = named(call, 'anna');
    if (sound !== undefined) sound.gainDb = -20;
    room.clock.advance(1000);
    expect(anna.sound.gainDb).toBe(-20);
    expect(level(sink, 440)).toBeCloseTo(-32, 0);
    expect(level(after, 440)).toBeCloseTo(-32, 0);
    expect(level(before, 440)).toBeCloseTo(-12, 0);
    expect(level(sink, 1000)).toBeCloseTo(-12, 0);
    named(call, 'anna').muted = true;
    room.clock.advance(1000);
    expect(level(sink, 440)).toBeLessThan(-60);
    expect(level(before, 440)).toBeCloseTo(-12, 0);
    expect(() => (anna.sound.gainDb = 41)).toThrow(InvalidValueError);
    expect(() => (anna.sound.pan = Number.NaN)).toThrow(InvalidValueError);
  });

  test('[PAR-05] muting and unmuting does not click', async () => {
    const { room, call, sink } = await three();
    substreamOf(call, 'berta').muted = true;
    room.clock.advance(1000);
    const from = sink.samples.length;
    for (let i = 0; i < 10; i++) {
      substreamOf(call, 'anna').muted = i % 2 === 0;
      room.clock.advance(103);
    }
    const steepest = (samples: Float32Array) =>
      samples.reduce((most, it, i) => Math.max(most, Math.abs(it - (samples[i - 1] ?? it))), 0);
    // a tone of 440 Hz at a peak of 0.355 moves by at most 0.123 from sample to sample
    expect(steepest(sink.samples.subarray(from))).toBeLessThan(0.13);
  });

  test('[QUA-03] balance makes a mono mix stereo: each on a side of its own', async () => {
    const { room, call } = await three();
    const stereo = new ArraySink({ sampleRate: RATE, channels: 2 });
    render(call)?.attach(stereo);
    substreamOf(call, 'anna').sound.pan = -1;
    substreamOf(call, 'berta').sound.pan = 1;
    room.clock.advance(1000);
    const at = (channel: number, frequency: number) =>
      decibels(powerAt(stereo.channel(channel).subarray(-RATE / 2), RATE, frequency));
    expect(at(0, 440)).toBeCloseTo(-12, 0);
    expect(at(1, 440)).toBeLessThan(-60);
    expect(at(0, 1000)).toBeLessThan(-60);
    expect(at(1, 1000)).toBeCloseTo(-12, 0);
    for (const name of ['anna', 'berta']) substreamOf(call, name).sound.pan = 0;
    room.clock.advance(1000);
    expect([at(0, 440), at(1, 440)]).toEqual([expect.closeTo(-12, 0), expect.closeTo(-12, 0)]);
  });

  test.each([
    { frequency: 60, bass: 12, treble: 0, change: 12 },
    { frequency: 60, bass: -12, treble: 0, change: -12 },
    { frequency: 3700, bass: 0, treble: 12, change: 11 },
    { frequency: 700, bass: 12, treble: 0, change: 0 },
    { frequency: 440, bass: 0, treble: -12, change: 0 },
  ])('[QUA-03] tone: bass $bass and treble $treble dB at $frequency Hz', async (it) => {
    const room = new Room();
    await room.join('anna', tone(it.frequency, -26));
    const { call, sink } = await room.join('carl');
    room.clock.advance(8000);
    const before = level(sink, it.frequency);
    const target = [substreamOf(call, 'anna').sound, render(call)?.sound][it.bass > 0 ? 0 : 1];
    if (target !== undefined) Object.assign(target, { bassDb: it.bass, trebleDb: it.treble });
    room.clock.advance(1000);
    expect(Math.abs(level(sink, it.frequency) - before - it.change)).toBeLessThan(1.5);
  });

  test('[QUA-03] what was set for a participant holds for a stream it begins later', async () => {
    const room = new Room();
    const anna = await room.join('anna');
    const { call, sink } = await room.join('carl');
    room.clock.advance(8000);
    const { sound } = named(call, 'anna');
    if (sound !== undefined) sound.gainDb = -20;
    const out = capture(anna.call);
    for (const it of out?.terminals ?? []) out?.detach(it);
    out?.attach(tone(440));
    room.clock.advance(2000);
    expect(level(sink, 440)).toBeCloseTo(-32, 0);
  });
});

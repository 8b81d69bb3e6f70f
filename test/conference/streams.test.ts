import { expect, test } from 'vitest';
import {
  AddressTypeError,
  InvalidStreamError,
  MulticastRtpProvider,
  UnsupportedSessionError,
} from '../../conference/index.ts';
import { SessionDescription } from '../../src/sdp/index.ts';
import { StateError } from '../../src/errors.ts';
import { ArraySink } from '../support/array-terminals.ts';
import { GROUP, named, PORT, Room, render, sdp, tone } from '../support/room.ts';
import { decibels, powerAt } from '../support/tone-meter.ts';

const RATE = 8000;

test('[STR-02] who joined to listen may speak later, and stop again', async () => {
  const room = new Room();
  const { sink } = await room.join('anna');
  const { call } = room.call('carl', { direction: 'recvonly' });
  await call.connect();
  expect(call.streams.map(({ name }) => name)).toEqual(['audio in']);
  const out = await call.session.addStream(0, 'capture');
  expect(call.streams).toContain(out);
  expect(out.state).toBe('idle');
  const source = tone(440);
  out.attach(source);
  expect(out.state).toBe('active');
  room.clock.advance(2000);
  const level = (): number => decibels(powerAt(sink.last(0.5), RATE, 440));
  expect(level()).toBeCloseTo(-12, 0);
  await expect(call.session.addStream(0, 'capture')).rejects.toThrow(StateError);
  await call.session.removeStream(out);
  expect(out.terminals).toEqual([]);
  expect(out.state).toBe('idle');
  room.clock.advance(2000);
  expect(level()).toBeLessThan(-60);
  await expect(call.session.removeStream(out)).rejects.toThrow(InvalidStreamError);
  const again = await call.session.addStream(0, 'capture');
  again.attach(source);
  room.clock.advance(2000);
  expect(level()).toBeCloseTo(-12, 0);
});

test('[STR-02] whoever is muted stays muted on a stream that is added, and its figures are there', async () => {
  const room = new Room();
  const { sink } = await room.join('anna');
  const { call } = room.call('carl', { direction: 'recvonly' });
  await call.connect();
  call.local.muted = true;
  const out = await call.session.addStream(0, 'capture');
  out.attach(tone(440));
  room.clock.advance(2000);
  const level = (): number => decibels(powerAt(sink.last(0.5), RATE, 440));
  expect(level()).toBeLessThan(-60);
  call.local.muted = false;
  room.clock.advance(3000);
  expect(level()).toBeCloseTo(-12, 0);
  const figures = call.quality.streams.find(({ stream }) => stream === out);
  expect(figures?.bitsPerSecond.current).toBeGreaterThan(60_000);
  await call.session.removeStream(out);
  expect(call.quality.streams.map(({ stream }) => stream.name)).toEqual(['audio in']);
});

test('[STR-02] hearing can be given up and taken up; participants stay', async () => {
  const room = new Room();
  await room.join('anna', tone(440));
  const { call, sink } = await room.join('carl');
  room.clock.advance(7000);
  const before = render(call);
  const [substream] = before?.substreams ?? [];
  const own = new ArraySink();
  substream?.attach(own);
  if (before !== undefined) await call.session.removeStream(before);
  expect(substream?.terminals).toEqual([]);
  const { seconds } = sink;
  room.clock.advance(2000);
  expect(sink.seconds).toBe(seconds);
  expect(call.participants).toHaveLength(2);
  const after = await call.session.addStream(0, 'render');
  after.attach(sink);
  room.clock.advance(2000);
  expect(decibels(powerAt(sink.last(0.5), RATE, 440))).toBeCloseTo(-12, 0);
});

test('[STR-02] [PAR-05] what was set for a participant outlives the stream', async () => {
  const room = new Room();
  await room.join('anna', tone(440));
  await room.join('berta', tone(1000));
  const { call, sink } = await room.join('carl');
  room.clock.advance(7000);
  named(call, 'anna').muted = true;
  const [stream] = call.streams.filter(({ direction }) => direction === 'render');
  expect(stream?.direction).toBe('render');
  await (stream && call.session.removeStream(stream));
  named(call, 'berta').muted = true;
  room.clock.advance(1000);
  const again = await call.session.addStream(0, 'render');
  again.attach(sink);
  room.clock.advance(2000);
  const level = (frequency: number): number => decibels(powerAt(sink.last(0.5), RATE, frequency));
  expect([level(440) < -60, level(1000) < -60]).toEqual([true, true]);
  for (const name of ['anna', 'berta']) named(call, name).muted = false;
  room.clock.advance(1000);
  expect([level(440), level(1000)]).toEqual([expect.closeTo(-12, 0), expect.closeTo(-12, 0)]);
});

test('[STR-02] a medium that was left out at the join is joined with its first stream and left with its last', async () => {
  const room = new Room();
  const description = sdp(`m=audio ${PORT} RTP/AVP 0`, 'm=audio 6000 RTP/AVP 8', 'm=video 7000 RTP/AVP 31');
  const { call } = await room.join('carl', undefined, { description });
  const groups = (): number => call.transports.length;
  expect(groups()).toBe(2);
  const video = await call.session.addStream(2, 'render');
  expect(groups()).toBe(3);
  expect(video.unsupportedReason).toMatch(/video is not shown here/);
  const removed = call.session.removeStream(video);
  room.clock.advance(1000);
  await removed;
  expect(groups()).toBe(2);
  expect([...room.network.sockets].filter(({ port }) => port === 7000)).toEqual([]);
});

test('[STR-02] [ERR-06] what the description does not have is refused by the kind of error', async () => {
  const room = new Room();
  const description = [
    sdp(`m=audio ${PORT} RTP/AVP 0`, 'a=recvonly').trimEnd(),
    'm=audio 6000 RTP/AVP 0',
    'c=IN IP4 192.0.2.1',
    'm=audio 6002 RTP/SAVP 0',
    '',
  ].join('\r\n');
  const { call } = await room.join('carl', undefined, { description });
  const { session } = call;
  await expect(session.addStream(7, 'render')).rejects.toThrow(InvalidStreamError);
  await expect(session.addStream(0, 'capture')).rejects.toThrow(
    /allows no sending of its audio \(a=recvonly\)/,
  );
  await expect(session.addStream(1, 'render')).rejects.toThrow(AddressTypeError);
  await expect(session.addStream(2, 'render')).rejects.toThrow(UnsupportedSessionError);
  const [stranger] = room.call('berta').call.streams;
  await expect(Promise.resolve(stranger).then((it) => it && session.removeStream(it))).rejects.toThrow(
    InvalidStreamError,
  );
  const left = call.disconnect();
  room.clock.advance(2000);
  await left;
  await expect(session.addStream(0, 'render')).rejects.toThrow(StateError);
});

test.each([
  { where: 'c=IN IP4 192.0.2.1', want: AddressTypeError },
  { where: 'c=IN IP4 host.example.org', want: AddressTypeError },
  { where: `c=IN IP4 ${GROUP}/15`, want: undefined },
])('[ERR-06] a conference at $where', ({ where, want }) => {
  const provider = new MulticastRtpProvider({ openSocket: new Room().network.host('10.0.0.1') });
  const text = sdp(`m=audio ${PORT} RTP/AVP 0`).replace(/c=.*/, where);
  const prepare = (): unknown =>
    provider.prepare({ description: SessionDescription.parse(text), participant: { cname: 'x' } });
  const outcome = (): unknown => {
    try {
      prepare();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.constructor : error;
    }
  };
  expect(outcome()).toBe(want);
});

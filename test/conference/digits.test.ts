import { describe, expect, test } from 'vitest';
import type { CallEvent } from '../../conference/index.ts';
import { InvalidValueError, StateError } from '../../src/errors.ts';
import { parseRtpPacket, parseTelephoneEvents } from '../../src/rtp/index.ts';
import { silence } from '../support/array-terminals.ts';
import { PORT, Room, render, sdp, tone } from '../support/room.ts';

const WITH_EVENTS = sdp(
  `m=audio ${PORT} RTP/AVP 0 101`,
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
);

const digits = (events: readonly CallEvent[]) =>
  events.flatMap((it) =>
    it.type === 'digit' ? [{ digit: it.digit, ms: it.durationMs, who: it.participant.cname }] : [],
  );

async function two(source = silence()) {
  const room = new Room();
  const anna = await room.join('anna', source, { description: WITH_EVENTS });
  const berta = await room.join('berta', silence(), { description: WITH_EVENTS });
  room.clock.advance(8000); // until names are known
  return { room, anna, berta };
}

describe('keys', () => {
  test.each([
    { how: 'beside sound', source: tone(440) },
    { how: 'without any', source: silence() },
  ])('$how are heard by the others with their length, each once', async ({ source }) => {
    const { room, anna, berta } = await two(source);
    const sent = anna.call.sendDigits('1-2#A');
    room.clock.advance(3000);
    await sent;
    expect(digits(berta.events)).toEqual(
      ['1', '2', '#', 'A'].map((digit) => ({ digit, ms: 100, who: 'anna@test' })),
    );
    expect(digits(anna.events)).toEqual([]); // not our own
    const [stats] = render(berta.call)?.substreams ?? [];
    expect(stats?.stats).toMatchObject({ undecodable: 0, packetsLost: 0 });
  });

  test('on the wire each has a marker, one timestamp, and is ended three times (RFC 4733 §2.5.1)', async () => {
    const { room, anna } = await two(tone(440));
    const from = room.network.wire.length;
    const sent = anna.call.sendDigits('5');
    room.clock.advance(1000);
    await sent;
    const packets = room.network.wire
      .slice(from)
      .filter(({ port }) => port === PORT)
      .map(({ bytes }) => parseRtpPacket(bytes));
    const events = packets.filter(({ payloadType }) => payloadType === 101);
    expect(events.map(({ marker }) => marker)).toEqual([true, false, false, false]);
    expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(1);
    const reports = events.flatMap(({ payload }) => parseTelephoneEvents(payload));
    expect(reports.map(({ event, end, duration }) => [event, end, duration])).toEqual([
      [5, false, 400],
      [5, true, 800],
      [5, true, 800],
      [5, true, 800],
    ]);
    const sound = packets.filter(({ payloadType }) => payloadType === 0);
    const steps = sound.slice(1).map((it, i) => (it.timestamp - (sound[i]?.timestamp ?? 0)) >>> 0);
    expect(new Set(steps)).toEqual(new Set([160])); // the sound's time goes on undisturbed
    const numbers = packets.map(({ sequenceNumber }) => sequenceNumber);
    expect(numbers).toEqual(numbers.map((_, i) => ((numbers[0] ?? 0) + i) & 0xffff));
  });

  test('are refused with the reason where the description has none, or they are none', async () => {
    const room = new Room();
    const plain = await room.join('anna');
    await expect(plain.call.sendDigits('1')).rejects.toThrow(/telephone-event/);
    const { call } = await room.join('berta', silence(), { description: WITH_EVENTS });
    await expect(call.sendDigits('1x')).rejects.toThrow(InvalidValueError);
    await expect(call.sendDigits('1'.repeat(300))).rejects.toThrow(/256/);
    const listener = await room.join('carl', silence(), { description: WITH_EVENTS, direction: 'recvonly' });
    await expect(listener.call.sendDigits('1')).rejects.toThrow(/only listen/);
    const waiting = call.sendDigits('123').catch((error: unknown) => error);
    await call.disconnect();
    expect(await waiting).toBeInstanceOf(StateError);
    await expect(call.sendDigits('1')).rejects.toThrow(/not joined/);
  });
});

import { describe, expect, test } from 'vitest';
import { findCodec } from '../../conference/codec/index.ts';
import { InvalidStreamError, planMedia } from '../../conference/index.ts';
import { InvalidValueError } from '../../src/errors.ts';
import { parseRtpPacket } from '../../src/rtp/index.ts';
import { SessionDescription } from '../../src/sdp/index.ts';
import { capture, PORT, Room, render, sdp, tone } from '../support/room.ts';
import { measureTone } from '../support/tone-meter.ts';

const SEVERAL = sdp(
  `m=audio ${PORT} RTP/AVP 0 8 9 3 97 101`,
  'a=rtpmap:97 L16/48000/2',
  'a=rtpmap:101 telephone-event/8000',
);

const rtp = (room: Room) =>
  room.network.wire.filter(({ port }) => port === PORT).map(({ bytes }) => parseRtpPacket(bytes));

async function listen(room: Room, description: string) {
  const made = room.call('berta', { description, direction: 'recvonly' });
  render(made.call)?.attach(made.sink);
  await made.call.connect();
  return made;
}

describe('formats', () => {
  test('[QUA-05] a stream says what there is, in order, and what is in use', () => {
    const { call } = new Room().call('anna', { description: SEVERAL });
    const out = capture(call);
    expect(out?.payloadFormat).toBe('PCMU/8000');
    expect(out?.formats.map(({ name, usable }) => [name, usable])).toEqual([
      ['PCMU/8000', true],
      ['PCMA/8000', true],
      ['G722/8000', true],
      ['GSM/8000', false],
      ['L16/48000/2', true],
      ['telephone-event/8000', false],
    ]);
    expect(out?.formats[3]?.reason).toMatch(/GSM/);
    expect(render(call)?.formats).toEqual(out?.formats);
  });

  test('[QUA-05] one of them is chosen when joining', async () => {
    const room = new Room();
    const anna = await room.join('anna', tone(440), { description: SEVERAL, format: 'g722' });
    expect(capture(anna.call)?.payloadFormat).toBe('G722/8000');
    room.clock.advance(1000);
    expect(new Set(rtp(room).map(({ payloadType }) => payloadType))).toEqual(new Set([9]));
    expect(() => room.call('berta', { description: SEVERAL, format: 'opus' })).toThrow(InvalidValueError);
    expect(() => room.call('berta', { description: SEVERAL, format: 'opus' })).toThrow(
      /PCMU\/8000, PCMA\/8000, G722\/8000, L16\/48000\/2/,
    );
  });

  test('[QUA-05] and another while it is sent: the time goes on, and it is heard without a gap', async () => {
    const room = new Room();
    const anna = await room.join('anna', tone(440), { description: SEVERAL });
    const { sink } = await listen(room, SEVERAL);
    room.clock.advance(2000);
    capture(anna.call)?.useFormat('PCMA');
    expect(capture(anna.call)?.payloadFormat).toBe('PCMA/8000');
    room.clock.advance(1000);
    capture(anna.call)?.useFormat('G722');
    room.clock.advance(1000);
    const packets = rtp(room);
    expect([...new Set(packets.map(({ payloadType }) => payloadType))]).toEqual([0, 8, 9]);
    expect(new Set(packets.map(({ ssrc }) => ssrc)).size).toBe(1);
    const steps = packets.slice(1).map((it, i) => (it.timestamp - (packets[i]?.timestamp ?? 0)) >>> 0);
    expect(new Set(steps)).toEqual(new Set([160]));
    expect(measureTone(sink.last(0.5), sink.format.sampleRate)).toMatchObject({
      frequency: expect.closeTo(440, 0),
      levelDbfs: expect.closeTo(-12, 0),
    });
    expect(() => capture(anna.call)?.useFormat('L16')).toThrow(InvalidStreamError);
    expect(() => render(anna.call)?.useFormat('PCMA')).toThrow(InvalidStreamError);
  });
});

test('what Opus is sent with: bit rate and packet time', async () => {
  const description = sdp(`m=audio ${PORT} RTP/AVP 97`, 'a=rtpmap:97 opus/48000/2', 'a=ptime:60');
  const octets = async (bitsPerSecond: number): Promise<number> => {
    const room = new Room();
    await room.join('anna', tone(440), { description, encoding: { bitsPerSecond } });
    const { sink } = await listen(room, description);
    room.clock.advance(3000);
    const packets = rtp(room).slice(10);
    expect(
      new Set(packets.slice(1).map((it, i) => (it.timestamp - (packets[i]?.timestamp ?? 0)) >>> 0)),
    ).toEqual(new Set([2880]));
    expect(measureTone(sink.last(0.5), sink.format.sampleRate)).toMatchObject({
      frequency: expect.closeTo(440, 0),
      levelDbfs: expect.closeTo(-12, 0),
    });
    return packets.reduce((sum, { payload }) => sum + payload.length, 0) / packets.length;
  };
  const [low, high] = [await octets(16_000), await octets(64_000)];
  expect(high / low).toBeGreaterThan(2);
  expect(() => new Room().call('x', { description, encoding: { bitsPerSecond: 1 } })).toThrow(
    InvalidValueError,
  );
});

describe('packets of AES67 and ST 2110-30', () => {
  const shape = (rtpmap: string, ...lines: string[]) => {
    const [plan] = planMedia(
      SessionDescription.parse(sdp(`m=audio ${PORT} RTP/AVP 97`, `a=rtpmap:97 ${rtpmap}`, ...lines)),
    );
    return plan;
  };

  test.each([
    { rtpmap: 'L24/48000/8', ptime: '1', frames: 48 },
    { rtpmap: 'L24/48000/64', ptime: '0.125', frames: 6 },
    { rtpmap: 'L24/48000/64', ptime: '0.12', frames: 6 },
    { rtpmap: 'L24/48000/24', ptime: '0.333', frames: 16 },
    { rtpmap: 'L24/48000/24', ptime: '0.33', frames: 16 },
    { rtpmap: 'L24/48000/40', ptime: '0.25', frames: 12 },
    { rtpmap: 'L16/48000/2', ptime: '4', frames: 192 },
    { rtpmap: 'L24/96000/4', ptime: '1', frames: 96 },
    { rtpmap: 'L24/96000/32', ptime: '0.125', frames: 12 },
    { rtpmap: 'L24/96000/8', ptime: '0.333', frames: 32 },
    { rtpmap: 'L24/44100/2', ptime: '0.125', frames: 6 },
    { rtpmap: 'L24/44100/2', ptime: '0.14', frames: 6 },
    { rtpmap: 'L24/44100/2', ptime: '0.333', frames: 15 },
    { rtpmap: 'L24/44100/2', ptime: '0.36', frames: 16 },
    { rtpmap: 'L16/44100/2', ptime: '1.09', frames: 48 },
  ])(
    '$rtpmap with ptime $ptime has $frames frames in each, and times to match',
    async ({ rtpmap, ptime, frames }) => {
      const room = new Room();
      const description = sdp(`m=audio ${PORT} RTP/AVP 97`, `a=rtpmap:97 ${rtpmap}`, `a=ptime:${ptime}`);
      await room.join('anna', tone(1000), { description });
      const { sink, call } = await listen(room, description);
      room.clock.advance(300);
      const packets = rtp(room);
      const [, rate, channels = '1'] = rtpmap.split('/');
      const bytes = frames * Number(channels) * (rtpmap.startsWith('L24') ? 3 : 2);
      expect(new Set(packets.map(({ payload }) => payload.length))).toEqual(new Set([bytes]));
      const steps = packets.slice(1).map((it, i) => (it.timestamp - (packets[i]?.timestamp ?? 0)) >>> 0);
      expect(new Set(steps)).toEqual(new Set([frames]));
      expect(packets.length / ((0.3 * Number(rate)) / frames)).toBeCloseTo(1, 1); // no faster, no slower than sound
      expect(render(call)?.format).toEqual({ sampleRate: Number(rate), channels: Number(channels) });
      expect(measureTone(sink.last(0.1), sink.format.sampleRate)).toMatchObject({
        frequency: expect.closeTo(1000, -1),
        levelDbfs: expect.closeTo(-12, 0),
      });
    },
  );

  test('what cannot be in one packet of Ethernet is told, with what can', () => {
    expect(shape('L24/48000/64', 'a=ptime:1')).toMatchObject({
      reasonCode: 'packetTime',
      reason: expect.stringMatching(/9216 octets.*1440/),
    });
    expect(shape('L24/48000/64', 'a=ptime:0.125')?.reason).toBeUndefined();
    expect(shape('L24/48000/2')?.reason).toBeUndefined(); // no packet time was asked for
  });

  test('64 channels, and not one more', () => {
    const parameters = new Map<string, string>();
    expect(findCodec('L24', { clockRate: 48_000, channels: 64, parameters })).toMatchObject({
      encoding: 'L24',
    });
    expect(findCodec('L24', { clockRate: 48_000, channels: 65, parameters })).toMatch(/65/);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncodeError } from '../../src/errors.ts';
import { createSessionDescription, type MediaInit, parseSessionDescription } from '../../src/sdp/index.ts';

const base = { sessionId: 3_900_000_000, machineAddress: '192.0.2.10' };
const audio: MediaInit = {
  kind: 'audio',
  encoding: 'PCMU',
  clockRate: 8_000,
  port: 5004,
  group: '239.255.1.1',
  ttl: 15,
};

describe('new descriptions', () => {
  test('everything at its place', () => {
    const sdp = createSessionDescription({
      ...base,
      name: 'Stammtisch',
      originator: 'alice',
      description: 'Jede Woche',
      uri: 'https://x.example/',
      emails: [{ address: 'a@x.example', name: 'A' }],
      phones: [{ number: '+49 1' }],
      group: '239.255.0.7',
      ttl: 15,
      bandwidths: [{ modifier: 'CT', value: 256 }],
      times: [
        {
          start: 3_900_000_000,
          stop: 3_990_000_000,
          repeats: [{ intervalSeconds: 604_800, durationSeconds: 3_600, offsetsSeconds: [0] }],
          zones: [{ time: 3_910_000_000, offsetSeconds: 3_600 }],
        },
      ],
      tool: 'rendezvous',
      conferenceType: 'meeting',
      direction: 'sendrecv',
      attributes: ['lang:de'],
      media: [
        {
          kind: 'audio',
          encoding: 'L16',
          clockRate: 48_000,
          channels: 2,
          port: 5004,
          ptimeMs: 20,
          formats: [
            { encoding: 'PCMA', clockRate: 8_000 },
            { encoding: 'opus', clockRate: 48_000, channels: 2, fmtp: 'useinbandfec=1' },
          ],
        },
        {
          kind: 'video',
          payloadType: 34,
          port: 5006,
          group: 'ff15::1',
          title: 'Bild',
          direction: 'recvonly',
          bandwidths: [{ modifier: 'AS', value: 128 }],
          sources: ['2001:db8::1'],
          attributes: ['orient:landscape'],
        },
      ],
    });
    expect(sdp.serialize().split('\r\n')).toEqual([
      'v=0',
      'o=alice 3900000000 3900000000 IN IP4 192.0.2.10',
      's=Stammtisch',
      'i=Jede Woche',
      'u=https://x.example/',
      'e=a@x.example (A)',
      'p=+49 1',
      'c=IN IP4 239.255.0.7/15',
      'b=CT:256',
      't=3900000000 3990000000',
      'r=7d 1h 0',
      'z=3910000000 1h',
      'a=tool:rendezvous',
      'a=type:meeting',
      'a=sendrecv',
      'a=lang:de',
      'm=audio 5004 RTP/AVP 96 8 97',
      'a=rtpmap:96 L16/48000/2',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:97 opus/48000/2',
      'a=fmtp:97 useinbandfec=1',
      'a=ptime:20',
      'm=video 5006 RTP/AVP 34',
      'i=Bild',
      'c=IN IP6 ff15::1',
      'b=AS:128',
      'a=rtpmap:34 H263/90000',
      'a=recvonly',
      'a=source-filter: incl IN IP6 ff15::1 2001:db8::1',
      'a=orient:landscape',
      '',
    ]);
    expect(sdp.validate()).toEqual([]);
    expect(sdp.modified).toBe(false);
  });

  test('the least: no name, permanent', () => {
    const sdp = createSessionDescription(base);
    expect(sdp.serialize()).toBe('v=0\r\no=- 3900000000 3900000000 IN IP4 192.0.2.10\r\ns=-\r\nt=0 0\r\n');
    expect(
      createSessionDescription({ ...base, sessionId: '7', machineAddress: '::1' }).origin?.addressType,
    ).toBe('IP6');
  });

  test.each<[string, Partial<MediaInit>, RegExp]>([
    ['no address', { group: undefined }, /group is missing/],
    ['no TTL', { ttl: undefined }, /needs a TTL/],
    ['TTL for IPv6', { group: 'ff15::1' }, /only for an IPv4/],
    ['odd RTP port', { port: 5005 }, /even port/],
    ['port out of range', { port: 70_000 }, /0 to 65535/],
    ['payload type out of range', { payloadType: 128 }, /not 0 to 127/],
    ['no format', { encoding: undefined }, /no format/],
    ['channels', { channels: 0 }, /channels/],
    ['rate', { clockRate: 0.5 }, /hertz/],
    ['encoding with a slash', { encoding: 'a/b' }, /hertz/],
    ['source is a group', { sources: ['239.1.1.1'] }, /address of a sender/],
  ])('refused: %s', (_, change, message) => {
    const create = (): unknown => createSessionDescription({ ...base, media: [{ ...audio, ...change }] });
    expect(create).toThrow(EncodeError);
    expect(create).toThrow(message);
  });

  test('payload types do not clash and do not run out silently', () => {
    const many = (count: number): MediaInit => ({
      ...audio,
      payloadType: 97,
      formats: Array.from({ length: count }, (_, i) => ({ encoding: `x${i}`, clockRate: 8_000 })),
    });
    const { formats } = createSessionDescription({ ...base, media: [many(31)] }).media.at(0);
    expect(new Set(formats).size).toBe(32);
    expect(() => createSessionDescription({ ...base, media: [many(32)] })).toThrow(EncodeError);
  });

  test('what is created is valid and reads back the same', () => {
    const time = fc.integer({ min: 3_000_000_000, max: 4_000_000_000 });
    const word = fc.string({
      unit: fc.constantFrom(...Array.from('abcxyz019-')),
      minLength: 1,
      maxLength: 8,
    });
    const medium = fc.record({
      kind: fc.constantFrom('audio', 'video'),
      encoding: fc.constantFrom('PCMU', 'L16', 'opus', 'H263'),
      clockRate: fc.constantFrom(8_000, 48_000, 90_000),
      channels: fc.integer({ min: 1, max: 8 }),
      port: fc.integer({ min: 1, max: 32_000 }).map((n) => 2 * n),
      group: fc
        .tuple(fc.integer({ min: 0, max: 254 }), fc.integer({ min: 0, max: 254 }))
        .map(([a, b]) => `239.${a}.${b}.7`),
      ttl: fc.integer({ min: 1, max: 255 }),
      ptimeMs: fc.constantFrom(0.125, 1, 20),
    });
    const title = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((t) => !/[\r\n\0]|^\s/.test(t));
    fc.assert(
      fc.property(title, word, time, fc.array(medium, { maxLength: 3 }), (name, originator, now, media) => {
        const sdp = createSessionDescription({ ...base, name, originator, sessionId: now, media });
        expect(sdp.validate().filter(({ severity }) => severity === 'error')).toEqual([]);
        const again = parseSessionDescription(sdp.toBytes());
        expect(again.serialize()).toBe(sdp.serialize());
        expect([again.name, again.originator, again.sessionId]).toEqual([name, originator, String(now)]);
        for (const [i, wanted] of media.entries()) {
          const made = again.media.at(i);
          expect([made.kind, made.port, made.groups, made.ttl, made.ptimeMs]).toEqual([
            wanted.kind,
            wanted.port,
            [wanted.group],
            wanted.ttl,
            wanted.ptimeMs,
          ]);
          const [map] = made.rtpMaps;
          expect([map?.encoding, map?.clockRate, map?.channels ?? 1]).toEqual([
            wanted.encoding,
            wanted.clockRate,
            wanted.channels,
          ]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

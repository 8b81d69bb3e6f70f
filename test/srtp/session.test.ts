import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncodeError, InvalidValueError, StateError } from '../../src/errors.ts';
import { srtpPrimitives as primitives } from '../../src/net/srtp-primitives.ts';
import {
  guessRoc,
  SRTP_PROFILES,
  SrtpDecodeError,
  type SrtpMasterKey,
  type SrtpProfileName,
  SrtpReceiver,
  type SrtpReceiverOptions,
  SrtpSender,
  type SrtpSenderOptions,
} from '../../src/srtp/index.ts';
import { hex, rtcpPacket, rtpPacket, toHex } from './vectors.ts';

const isProfile = (name: string): name is SrtpProfileName => name in SRTP_PROFILES;
const PROFILES = Object.keys(SRTP_PROFILES).filter(isProfile);
const profile = fc.constantFrom(...PROFILES);
const SSRC = 0xcafebabe;
const voice = hex('d5'.repeat(40));

function keyFor(name: SrtpProfileName, seed = 1, mki?: Uint8Array): SrtpMasterKey {
  const { keyBytes, saltBytes } = SRTP_PROFILES[name];
  const key = Uint8Array.from({ length: keyBytes }, (_, at) => at * 7 + seed);
  const salt = Uint8Array.from({ length: saltBytes }, (_, at) => at * 11 + seed);
  return { key, salt, ...(mki === undefined ? {} : { mki }) };
}
interface PairOptions {
  readonly name?: SrtpProfileName;
  readonly key?: SrtpMasterKey;
  readonly sender?: Partial<SrtpSenderOptions>;
  readonly receiver?: Partial<SrtpReceiverOptions>;
}
function pair({ name = 'AES_CM_128_HMAC_SHA1_80', key = keyFor(name), ...more }: PairOptions = {}) {
  return {
    sender: new SrtpSender({ primitives, profile: name, key, ...more.sender }),
    receiver: new SrtpReceiver({ primitives, profile: name, keys: [key], ...more.receiver }),
  };
}
/** What `open` refuses a packet for; undefined when it does not. */
function refused(open: () => unknown): string | undefined {
  try {
    open();
    return undefined;
  } catch (error) {
    if (error instanceof SrtpDecodeError) return error.reason;
    throw error;
  }
}

describe('any packet', () => {
  const options = fc.record({
    name: profile,
    mki: fc.option(fc.uint8Array({ minLength: 1, maxLength: 8 }), { nil: undefined }),
    keyDerivationRate: fc.constantFrom(0, 1, 2, 1 << 10, 1 << 24),
    encryptRtcp: fc.boolean(),
    payload: fc.uint8Array({ maxLength: 200 }),
    csrcs: fc.nat(15),
    extension: fc.option(fc.nat(3), { nil: undefined }),
    sequence: fc.nat(0xffff),
    roc: fc.nat(0xffff_ffff),
  });
  /** With CSRCs and an extension of so many words. */
  const shaped = (base: Uint8Array, csrcs: number, extension: number | undefined): Uint8Array => {
    const more =
      extension === undefined
        ? hex('')
        : Uint8Array.of(0xbe, 0xde, 0, extension, ...hex('5a'.repeat(extension * 4)));
    const packet = Uint8Array.from([
      ...base.subarray(0, 12),
      ...hex('01020304'.repeat(csrcs)),
      ...more,
      ...base.subarray(12),
    ]);
    packet[0] = 0x80 | csrcs | (extension === undefined ? 0 : 0x10);
    return packet;
  };

  test('comes back as it was, and costs as much as is said', () =>
    fc.assert(
      fc.property(
        options,
        ({ name, mki, keyDerivationRate, encryptRtcp, payload, csrcs, extension, sequence, roc }) => {
          const { sender, receiver } = pair({
            name,
            key: keyFor(name, 1, mki),
            sender: { keyDerivationRate, encryptRtcp },
            receiver: { keyDerivationRate },
          });
          sender.setRoc(SSRC, roc);
          receiver.setRoc(SSRC, roc);
          const rtp = shaped(rtpPacket(sequence, payload), csrcs, extension);
          const srtp = sender.protectRtp(rtp);
          expect(srtp.length).toBe(rtp.length + sender.overhead('rtp'));
          expect(toHex(srtp.subarray(0, rtp.length - payload.length))).toBe(
            toHex(rtp.subarray(0, rtp.length - payload.length)),
          );
          expect(toHex(receiver.unprotectRtp(srtp))).toBe(toHex(rtp));
          const rtcp = rtcpPacket(payload);
          const srtcp = sender.protectRtcp(rtcp);
          expect(srtcp.length).toBe(rtcp.length + sender.overhead('rtcp'));
          expect(toHex(receiver.unprotectRtcp(srtcp))).toBe(toHex(rtcp));
        },
      ),
    ));

  test.each(PROFILES)('%s: is refused with any bit changed, and then taken as it was', (name) => {
    const { sender, receiver } = pair({ name, key: keyFor(name, 1, hex('aabb')) });
    const packets = [
      {
        sealed: sender.protectRtp(rtpPacket(7, voice)),
        open: (bytes: Uint8Array) => receiver.unprotectRtp(bytes),
      },
      {
        sealed: sender.protectRtcp(rtcpPacket(voice)),
        open: (bytes: Uint8Array) => receiver.unprotectRtcp(bytes),
      },
    ];
    for (const { sealed, open } of packets) {
      for (let bit = 0; bit < sealed.length * 8; bit++) {
        const changed = Uint8Array.from(sealed);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
        expect(
          refused(() => open(changed)),
          `bit ${bit}`,
        ).toMatch(/^(authentication|mki|malformed|short)$/);
      }
      expect(refused(() => open(sealed))).toBeUndefined();
      expect(refused(() => open(sealed))).toBe('replay');
    }
  });

  test('is refused when shortened, and any bytes are taken or refused, nothing else', () => {
    fc.assert(
      fc.property(profile, fc.uint8Array({ maxLength: 80 }), fc.boolean(), (name, bytes, likely) => {
        const { sender, receiver } = pair({ name });
        if (likely && bytes.length > 0) bytes[0] = 0x80 | ((bytes[0] ?? 0) & 0x3f);
        expect(refused(() => receiver.unprotectRtp(bytes))).toMatch(/^(short|malformed|authentication)$/);
        expect(refused(() => receiver.unprotectRtcp(bytes))).toMatch(/^(short|malformed|authentication)$/);
        const srtp = sender.protectRtp(rtpPacket(1, voice));
        for (let length = 0; length < srtp.length; length++) {
          const reason = refused(() => receiver.unprotectRtp(srtp.subarray(0, length)));
          expect(reason).toBe(length < 12 + sender.overhead('rtp') ? 'short' : 'authentication');
        }
      }),
      { numRuns: 40 },
    );
  });
});

test('another key, salt, profile or source opens nothing', () => {
  const { sender } = pair();
  const srtp = sender.protectRtp(rtpPacket(1, voice));
  const key = keyFor('AES_CM_128_HMAC_SHA1_80');
  const wrong: readonly SrtpMasterKey[] = [
    { ...key, key: keyFor('AES_CM_128_HMAC_SHA1_80', 2).key },
    { ...key, salt: keyFor('AES_CM_128_HMAC_SHA1_80', 2).salt },
  ];
  for (const it of wrong) {
    const { receiver } = pair({ key: it });
    expect(refused(() => receiver.unprotectRtp(srtp))).toBe('authentication');
  }
  const other = pair({ name: 'AES_CM_128_HMAC_SHA1_32' });
  expect(refused(() => other.receiver.unprotectRtp(srtp))).toBe('authentication');
});

describe('order of packets', () => {
  test('any order within the window is taken, each packet once', () =>
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.constantFrom(64, 128, 1000),
        fc.array(fc.nat(63), { minLength: 60, maxLength: 200 }),
        (start, replayWindow, delays) => {
          const { sender, receiver } = pair({ receiver: { replayWindow } });
          const packets = delays.map((delay, at) => ({
            due: at + delay,
            bytes: sender.protectRtp(rtpPacket((start + at) & 0xffff, voice)),
          }));
          const [first] = packets.splice(0, 1);
          if (first !== undefined) receiver.unprotectRtp(first.bytes); // the stream's beginning is known
          const arriving = packets.toSorted((a, b) => a.due - b.due);
          for (const { bytes } of arriving)
            expect(refused(() => receiver.unprotectRtp(bytes))).toBeUndefined();
          for (const { bytes } of arriving)
            expect(refused(() => receiver.unprotectRtp(bytes))).toBe('replay');
        },
      ),
      { numRuns: 30 },
    ));

  test('what is older than the window is refused though it never came', () => {
    const { sender, receiver } = pair({ receiver: { replayWindow: 64 } });
    const packets = Array.from({ length: 100 }, (_, at) => sender.protectRtp(rtpPacket(at, voice)));
    const open = (at: number) => refused(() => receiver.unprotectRtp(packets[at] ?? voice));
    expect(open(99)).toBeUndefined();
    expect(open(36)).toBeUndefined(); // 63 behind
    expect(open(35)).toBe('replay');
    expect(open(36)).toBe('replay');
  });

  test('the roll-over counter follows through wraps, with packets late and lost around them', () => {
    const { sender, receiver } = pair();
    for (let at = 0; at < 3 * 0x1_0000; at += 41) {
      const sequence = (at + 60_000) & 0xffff;
      const early = sender.protectRtp(rtpPacket(sequence, voice));
      const late = sender.protectRtp(rtpPacket((sequence + 1) & 0xffff, voice));
      receiver.unprotectRtp(late);
      receiver.unprotectRtp(early);
    }
    expect(sender.roc(SSRC)).toBe(3);
    expect(receiver.roc(SSRC)).toBe(3);
  });

  test.each([
    // RFC 3711 appendix A
    { roc: 5, highest: 100, sequence: 101, want: 5 },
    { roc: 5, highest: 100, sequence: 65_000, want: 4 },
    { roc: 0, highest: 100, sequence: 65_000, want: -1 },
    { roc: 5, highest: 65_000, sequence: 100, want: 6 },
    { roc: 5, highest: 65_000, sequence: 64_000, want: 5 },
    { roc: 5, highest: 0, sequence: 0x8000, want: 5 },
    { roc: 5, highest: 0, sequence: 0x8001, want: 4 },
    { roc: 5, highest: 0x8001, sequence: 0, want: 6 },
    { roc: 5, highest: 0x8000, sequence: 0, want: 5 },
  ])('counter of $sequence after $highest', ({ roc, highest, sequence, want }) => {
    expect(guessRoc(roc, highest, sequence)).toBe(want);
  });

  test('a packet from before the wrap that comes late does not turn the counter back', () => {
    const { sender, receiver } = pair();
    const [first, late, next] = [65_534, 65_535, 0].map((it) => sender.protectRtp(rtpPacket(it, voice)));
    for (const packet of [first, next, late])
      expect(refused(() => receiver.unprotectRtp(packet ?? voice))).toBeUndefined();
    expect(receiver.roc(SSRC)).toBe(1);
  });

  test('packets from before the stream began are refused', () => {
    const { sender, receiver } = pair();
    receiver.unprotectRtp(sender.protectRtp(rtpPacket(3, voice)));
    const other = pair();
    expect(refused(() => receiver.unprotectRtp(other.sender.protectRtp(rtpPacket(65_530, voice))))).toBe(
      'replay',
    );
  });
});

describe('late joiners', () => {
  test.each([{ sequence: undefined }, { sequence: 65_535 }])(
    'hear nothing until told the roll-over counter (sequence $sequence)',
    ({ sequence }) => {
      const { sender, receiver } = pair();
      sender.setRoc(SSRC, 7, 65_535);
      const first = sender.protectRtp(rtpPacket(0, voice)); // under 8
      expect(refused(() => receiver.unprotectRtp(first))).toBe('authentication');
      expect(receiver.roc(SSRC)).toBeUndefined();
      receiver.setRoc(SSRC, 3);
      expect(refused(() => receiver.unprotectRtp(first))).toBe('authentication');
      if (sequence === undefined) receiver.setRoc(SSRC, sender.roc(SSRC) ?? 0);
      else receiver.setRoc(SSRC, 7, sequence);
      expect(toHex(receiver.unprotectRtp(first))).toBe(toHex(rtpPacket(0, voice)));
      expect(receiver.roc(SSRC)).toBe(8);
    },
  );

  test('telling it again does not open the door to old packets', () => {
    const { sender, receiver } = pair();
    const first = sender.protectRtp(rtpPacket(1, voice));
    receiver.unprotectRtp(first);
    receiver.setRoc(SSRC, 0);
    expect(refused(() => receiver.unprotectRtp(first))).toBe('replay');
  });
});

describe('keys', () => {
  test('change while packets are on their way, told apart by identifiers', () => {
    const name = 'AEAD_AES_256_GCM';
    const [one, two] = [keyFor(name, 1, hex('01')), keyFor(name, 2, hex('02'))];
    const { sender, receiver } = pair({ name, key: one });
    const before = sender.protectRtp(rtpPacket(65_535, voice));
    sender.useKey(two);
    expect(sender.mki).toEqual(hex('02'));
    const after = sender.protectRtp(rtpPacket(0, voice));
    receiver.unprotectRtp(before);
    expect(refused(() => receiver.unprotectRtp(after))).toBe('mki');
    receiver.addKey(two);
    expect(toHex(receiver.unprotectRtp(after))).toBe(toHex(rtpPacket(0, voice)));
    expect(receiver.roc(SSRC)).toBe(1); // numbers go on
    expect(receiver.removeKey(hex('01'))).toBe(true);
    expect(receiver.removeKey(hex('01'))).toBe(false);
    expect(refused(() => receiver.unprotectRtp(before))).toBe('mki');
    expect(() => receiver.addKey(two)).toThrow(/two identifiers/);
    expect(() => receiver.addKey(keyFor(name, 3, hex('0303')))).toThrow(
      /identifier of 2 bytes where others have 1/,
    );
    expect(() => sender.useKey(keyFor(name, 3))).toThrow(/length must stay/);
  });

  test('are derived anew as often as the rate says', () => {
    const seen = new Set<string>();
    const spying = {
      ...primitives,
      hmacSha1(key: Uint8Array) {
        seen.add(toHex(key));
        return primitives.hmacSha1(key);
      },
    };
    const { sender, receiver } = pair({
      sender: { primitives: spying, keyDerivationRate: 16 },
      receiver: { keyDerivationRate: 16 },
    });
    for (let sequence = 8; sequence < 40; sequence++) {
      receiver.unprotectRtp(sender.protectRtp(rtpPacket(sequence, voice)));
      receiver.unprotectRtcp(sender.protectRtcp(rtcpPacket(voice)));
    }
    expect(seen.size).toBe(5); // RTP 8, 16, 32; RTCP 0, 16
    const never = pair().receiver;
    expect(refused(() => never.unprotectRtp(sender.protectRtp(rtpPacket(40, voice))))).toBe('authentication');
  });

  test('are good for so many packets and no more', () => {
    const { sender } = pair({ sender: { rtpLifetime: 2, rtcpLifetime: 1 } });
    sender.protectRtp(rtpPacket(1, voice));
    sender.protectRtp(rtpPacket(2, voice));
    sender.protectRtcp(rtcpPacket(voice));
    expect(() => sender.protectRtp(rtpPacket(3, voice))).toThrow(/protected 2 packets.*give another/);
    expect(() => sender.protectRtcp(rtcpPacket(voice))).toThrow(StateError);
    sender.useKey(keyFor('AES_CM_128_HMAC_SHA1_80', 9));
    sender.protectRtp(rtpPacket(3, voice));
    sender.protectRtcp(rtcpPacket(voice));
  });

  test('numbers end at 2^48 and 2^31, and never begin again', () => {
    const { sender, receiver } = pair();
    sender.setRoc(SSRC, 0xffff_ffff);
    sender.setRtcpIndex(SSRC, 0x7fff_ffff);
    receiver.setRoc(SSRC, 0xffff_ffff);
    receiver.unprotectRtp(sender.protectRtp(rtpPacket(65_535, voice)));
    receiver.unprotectRtcp(sender.protectRtcp(rtcpPacket(voice)));
    expect(() => sender.protectRtp(rtpPacket(0, voice))).toThrow(/2\^48/);
    expect(() => sender.protectRtcp(rtcpPacket(voice))).toThrow(/2\^31/);
    expect(refused(() => receiver.unprotectRtp(pair().sender.protectRtp(rtpPacket(0, voice))))).toBe(
      'replay',
    );
  });
});

describe('a sender', () => {
  test('never makes two packets with one number', () => {
    const { sender } = pair();
    sender.protectRtp(rtpPacket(10, voice));
    expect(() => sender.protectRtp(rtpPacket(10, voice))).toThrow(StateError);
    expect(() => sender.protectRtp(rtpPacket(60_000, voice))).toThrow(/far behind/);
    sender.protectRtp(rtpPacket(9, voice)); // late, but not yet sent
    expect(() => sender.setRoc(SSRC, 1)).toThrow(StateError);
    sender.protectRtcp(rtcpPacket(voice));
    expect(() => sender.setRtcpIndex(SSRC, 0)).toThrow(StateError);
  });

  test('that begins again elsewhere sends nothing of what is before', () => {
    const { sender } = pair();
    sender.setRoc(SSRC, 4, 500);
    for (const sequence of [500, 499, 0, 65_535]) {
      expect(() => sender.protectRtp(rtpPacket(sequence, voice))).toThrow(StateError);
    }
    sender.protectRtp(rtpPacket(501, voice));
    sender.setRoc(1, 4);
    sender.protectRtp(rtpPacket(1, voice, 1));
    expect(() => sender.protectRtp(rtpPacket(65_535, voice, 1))).toThrow(StateError); // would be under 3
  });

  test('refuses what is no RTP or RTCP', () => {
    const { sender } = pair();
    for (const bytes of ['', '00'.repeat(20), '8f'.repeat(20), '90'.repeat(14)]) {
      expect(() => sender.protectRtp(hex(bytes))).toThrow(EncodeError);
    }
    for (const bytes of ['80c90001', '40c9000100000001']) {
      expect(() => sender.protectRtcp(hex(bytes))).toThrow(EncodeError);
    }
  });
});

describe('sources', () => {
  test('have counters and windows of their own, and none pushes out another', () => {
    const { sender, receiver } = pair({ receiver: { maxSources: 2 } });
    const send = (ssrc: number, sequence: number) =>
      refused(() => receiver.unprotectRtp(sender.protectRtp(rtpPacket(sequence, voice, ssrc))));
    expect(send(1, 5)).toBeUndefined();
    expect(send(2, 5)).toBeUndefined();
    expect(send(3, 5)).toBe('sources');
    expect(send(1, 6)).toBeUndefined();
    expect(() => receiver.setRoc(4, 1)).toThrow(/raise maxSources/);
    receiver.forget(2);
    expect(send(3, 6)).toBeUndefined();
    const rtcp = (ssrc: number) =>
      refused(() => receiver.unprotectRtcp(sender.protectRtcp(rtcpPacket(voice, ssrc))));
    expect([rtcp(1), rtcp(2), rtcp(3)]).toEqual([undefined, undefined, 'sources']);
  });

  test('that are forged take no room', () => {
    const { sender, receiver } = pair({ receiver: { maxSources: 1 } });
    const forger = pair({ key: keyFor('AES_CM_128_HMAC_SHA1_80', 5) }).sender;
    for (let ssrc = 10; ssrc < 30; ssrc++) {
      expect(refused(() => receiver.unprotectRtp(forger.protectRtp(rtpPacket(1, voice, ssrc))))).toBe(
        'authentication',
      );
      expect(refused(() => receiver.unprotectRtcp(forger.protectRtcp(rtcpPacket(voice, ssrc))))).toBe(
        'authentication',
      );
    }
    receiver.unprotectRtp(sender.protectRtp(rtpPacket(1, voice)));
    expect(() => pair({ sender: { maxSources: 1 } }).sender.setRoc(1, 0)).not.toThrow();
  });

  test('of a sender are bounded', () => {
    const { sender } = pair({ sender: { maxSources: 1 } });
    sender.protectRtp(rtpPacket(1, voice, 1));
    sender.protectRtcp(rtcpPacket(voice, 1));
    expect(() => sender.protectRtp(rtpPacket(1, voice, 2))).toThrow(StateError);
    expect(() => sender.protectRtcp(rtcpPacket(voice, 2))).toThrow(StateError);
  });
});

test.each<{ name: string; make: () => unknown }>([
  { name: 'a short key', make: () => pair({ key: { key: hex('00'), salt: hex('00'.repeat(14)) } }) },
  { name: 'a short salt', make: () => pair({ key: { key: hex('00'.repeat(16)), salt: hex('00') } }) },
  {
    name: 'a long identifier',
    make: () => pair({ key: keyFor('AES_CM_128_HMAC_SHA1_80', 1, hex('00'.repeat(129))) }),
  },
  { name: 'a window under 64', make: () => pair({ sender: { replayWindow: 63 } }) },
  { name: 'a window that is too large', make: () => pair({ receiver: { replayWindow: 16_385 } }) },
  { name: 'a rate that is no power of two', make: () => pair({ sender: { keyDerivationRate: 3 } }) },
  { name: 'a rate above 2^24', make: () => pair({ receiver: { keyDerivationRate: 2 ** 25 } }) },
  { name: 'no room', make: () => pair({ receiver: { maxSources: 0 } }) },
  { name: 'no key', make: () => pair({ receiver: { keys: [] } }) },
  { name: 'a life of 0', make: () => pair({ sender: { rtpLifetime: 0 } }) },
  { name: 'a life above 2^31', make: () => pair({ sender: { rtcpLifetime: 2 ** 31 + 1 } }) },
  { name: 'a counter above 32 bits', make: () => pair().receiver.setRoc(1, 2 ** 32) },
  { name: 'a sequence number above 16 bits', make: () => pair().receiver.setRoc(1, 0, 65_536) },
  { name: 'an index above 31 bits', make: () => pair().sender.setRtcpIndex(1, 2 ** 31) },
])('$name is a wrong value', ({ make }) => expect(make).toThrow(InvalidValueError));

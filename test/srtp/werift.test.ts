import { describe, expect, test } from 'vitest';
import {
  ProtectionProfileAeadAes128Gcm,
  ProtectionProfileAes128CmHmacSha1_80,
  RtpPacket,
  SrtcpSession,
  SrtpSession,
} from 'werift';
import { srtpPrimitives as primitives } from '../../src/net/srtp-primitives.ts';
import { SrtpReceiver, SrtpSender } from '../../src/srtp/index.ts';
import { hex, MASTER, rtcpPacket, rtpPacket, toHex } from './vectors.ts';

/** Another implementation makes the same packets from the same master key, and opens ours. */
describe.each([
  { profile: 'AES_CM_128_HMAC_SHA1_80', theirs: ProtectionProfileAes128CmHmacSha1_80, ...MASTER },
  {
    profile: 'AEAD_AES_128_GCM',
    theirs: ProtectionProfileAeadAes128Gcm,
    key: MASTER.key,
    salt: MASTER.salt.subarray(0, 12),
  },
] as const)('$profile and werift', ({ profile, theirs, key, salt }) => {
  const [masterKey, masterSalt] = [Buffer.from(key), Buffer.from(salt)];
  const keys = {
    localMasterKey: masterKey,
    localMasterSalt: masterSalt,
    remoteMasterKey: masterKey,
    remoteMasterSalt: masterSalt,
  };
  const payload = hex('0123456789abcdef'.repeat(9));

  test('RTP, through a wrap', () => {
    const session = new SrtpSession({ keys, profile: theirs });
    const sender = new SrtpSender({ primitives, profile, key: { key, salt } });
    const receiver = new SrtpReceiver({ primitives, profile, keys: [{ key, salt }] });
    for (const sequence of [65_533, 65_534, 65_535, 0, 1, 2]) {
      const rtp = rtpPacket(sequence, payload);
      const { header } = RtpPacket.deSerialize(Buffer.from(rtp));
      const ours = sender.protectRtp(rtp);
      expect(toHex(ours)).toBe(toHex(session.encrypt(Buffer.from(payload), header)));
      expect(toHex(session.decrypt(Buffer.from(ours)))).toBe(toHex(rtp));
      expect(toHex(receiver.unprotectRtp(ours))).toBe(toHex(rtp));
    }
    expect(receiver.roc(0xcafebabe)).toBe(1);
  });

  test('RTCP', () => {
    const session = new SrtcpSession({ keys, profile: theirs });
    const sender = new SrtpSender({ primitives, profile, key: { key, salt } });
    sender.setRtcpIndex(0xcafebabe, 1); // where theirs begins
    for (let count = 0; count < 3; count++) {
      const rtcp = rtcpPacket(payload);
      const ours = sender.protectRtcp(rtcp);
      expect(toHex(ours)).toBe(toHex(session.encrypt(Buffer.from(rtcp))));
      expect(toHex(session.decrypt(Buffer.from(ours)))).toBe(toHex(rtcp));
    }
  });
});

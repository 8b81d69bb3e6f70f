import { randomBytes } from 'node:crypto';
import { RtpPacket as PeerPacket, SrtpSession } from 'werift';
import { srtpPrimitives as primitives } from '../src/net/index.ts';
import { RtpPacketizer } from '../src/rtp/index.ts';
import { SRTP_PROFILES, type SrtpProfileName, SrtpReceiver, SrtpSender } from '../src/srtp/index.ts';
import { type Bench, median, type Row } from './harness.ts';

const PACKETS = 4000;
/** Profiles with the number that werift knows them by (RFC 5764 §4.1.2, RFC 7714 §14.2). */
const PROFILES: readonly [SrtpProfileName, number | undefined][] = [
  ['AES_CM_128_HMAC_SHA1_80', 0x0001],
  ['AES_256_CM_HMAC_SHA1_80', undefined],
  ['AEAD_AES_128_GCM', 0x0007],
  ['AEAD_AES_256_GCM', undefined],
];

export const bench: Bench = {
  title: 'Encrypting and decrypting RTP',
  method:
    'One thread; packets of 20 ms of PCMU (160 bytes of payload) of one source, each new, medians of interleaved rounds of ' +
    `${PACKETS} packets. Decrypting includes authentication and the replay window. werift has two of the profiles.`,
  run({ quick }) {
    const rows: Row[] = [];
    for (const [name, peerProfile] of PROFILES) {
      const rounds = Array.from({ length: quick ? 3 : 15 }, () => round(name, peerProfile)).slice(1); // the first warms up
      for (const way of ['encrypt', 'decrypt'] as const) {
        const ours = median(rounds.map((each) => each[way]));
        const theirs = rounds.map((each) => each.peer?.[way]).filter((it) => it !== undefined);
        rows.push({
          what: `${way} a packet, ${name}`,
          ours,
          unit: 'µs',
          ...(theirs.length === 0 ? {} : { peer: { name: 'werift', value: median(theirs) } }),
        });
      }
    }
    return Promise.resolve(rows);
  },
};

interface Cost {
  readonly encrypt: number;
  readonly decrypt: number;
}

function round(profile: SrtpProfileName, peerProfile: number | undefined): Cost & { readonly peer?: Cost } {
  const { keyBytes, saltBytes } = SRTP_PROFILES[profile];
  const key = { key: new Uint8Array(randomBytes(keyBytes)), salt: new Uint8Array(randomBytes(saltBytes)) };
  const packetizer = new RtpPacketizer(0x1234_5678, 0, () => 0.5);
  const payload = new Uint8Array(160).fill(0xd5);
  const packets = Array.from({ length: PACKETS }, () => packetizer.next(payload, 160, false).slice());
  const sender = new SrtpSender({ profile, primitives, key });
  const receiver = new SrtpReceiver({ profile, primitives, keys: [key] });
  const sealed: Uint8Array[] = [];
  const cost = {
    encrypt: microseconds(() => {
      for (const packet of packets) sealed.push(sender.protectRtp(packet).slice());
    }),
    decrypt: microseconds(() => {
      for (const packet of sealed) receiver.unprotectRtp(packet);
    }),
  };
  return peerProfile === undefined ? cost : { ...cost, peer: peerRound(peerProfile, key, packets) };
}

function peerRound(profile: number, key: { key: Uint8Array; salt: Uint8Array }, packets: Uint8Array[]): Cost {
  const [masterKey, masterSalt] = [Buffer.from(key.key), Buffer.from(key.salt)];
  const keys = {
    localMasterKey: masterKey,
    localMasterSalt: masterSalt,
    remoteMasterKey: masterKey,
    remoteMasterSalt: masterSalt,
  };
  const session = new SrtpSession({ keys, profile });
  const parsed = packets.map((packet) => PeerPacket.deSerialize(Buffer.from(packet)));
  const sealed: Buffer[] = [];
  return {
    encrypt: microseconds(() => {
      for (const { payload, header } of parsed) sealed.push(session.encrypt(payload, header));
    }),
    decrypt: microseconds(() => {
      for (const packet of sealed) session.decrypt(packet);
    }),
  };
}

function microseconds(work: () => void): number {
  const start = performance.now();
  work();
  return ((performance.now() - start) * 1000) / PACKETS;
}

import { RtpPacket as PeerPacket } from 'werift';
import {
  parseRtpPacket,
  RtpHeader,
  RtpPacketizer,
  readRtpHeader,
  serializeRtpPacket,
} from '../src/rtp/index.ts';
import { type Bench, callsPerSecond } from './harness.ts';

export const bench: Bench = {
  title: 'RTP packets: parse and serialize',
  method:
    'One thread, medians of interleaved rounds; 172 bytes (20 ms of PCMU) and the same with a header extension.',
  async run({ quick }) {
    const payload = new Uint8Array(160).fill(0xd5);
    const common = {
      marker: false,
      payloadType: 0,
      sequenceNumber: 4711,
      timestamp: 160_000,
      ssrc: 0x1234_5678,
    };
    const plain = serializeRtpPacket({ ...common, csrcs: [], payload, padding: 0 });
    const extension = { profile: 0xbede, data: Uint8Array.of(0x10, 0x7f, 0, 0) };
    const extended = serializeRtpPacket({ ...common, csrcs: [1, 2], extension, payload, padding: 0 });
    const header = new RtpHeader();
    const parsed = parseRtpPacket(plain);
    const [plainBuffer, extendedBuffer] = [Buffer.from(plain), Buffer.from(extended)];
    const packetizer = new RtpPacketizer(0x1234_5678, 0, () => 0.5);
    const theirs = PeerPacket.deSerialize(plainBuffer);
    const rate = callsPerSecond(
      {
        header: () => void readRtpHeader(plainBuffer, header),
        packet: () => void parseRtpPacket(plainBuffer),
        extended: () => void parseRtpPacket(extendedBuffer),
        serialize: () => void serializeRtpPacket(parsed),
        packetize: () => void packetizer.next(payload, 160, false),
        peerPacket: () => void PeerPacket.deSerialize(plainBuffer),
        peerExtended: () => void PeerPacket.deSerialize(extendedBuffer),
        peerSerialize: () => void theirs.serialize(),
      },
      quick ? 50 : 400,
    );
    const row = (what: string, ours: string, peer: string, note?: string) => ({
      what,
      ours: rate[ours] ?? 0,
      unit: 'per second',
      peer: { name: 'werift', value: rate[peer] ?? 0 },
      ...(note !== undefined && { note }),
    });
    return [
      row('read the header in place', 'header', 'peerPacket', 'what the receive loop does'),
      row(
        'parse into a packet of its own',
        'packet',
        'peerPacket',
        'ours copies the payload, werift points into the buffer',
      ),
      row('parse with CSRCs and extension', 'extended', 'peerExtended'),
      row('number, stamp and build the next packet', 'packetize', 'peerSerialize', 'what the sender does'),
      row('serialize any packet', 'serialize', 'peerSerialize', 'every field checked'),
    ];
  },
};

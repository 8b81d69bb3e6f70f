export const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** RFC 3711 B.3's master key and salt, which libsrtp's own tests use as well. */
export const MASTER = {
  key: hex('e1f97a0d3e018be0d64fa32c06de4139'),
  salt: hex('0ec675ad498afeebb6960b3aabe6'),
};

/** An RTP packet: header of 12 bytes and payload. */
export function rtpPacket(sequence: number, payload: Uint8Array, ssrc = 0xcafebabe): Uint8Array {
  const packet = new Uint8Array(12 + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint16(0, 0x8000);
  view.setUint16(2, sequence);
  view.setUint32(4, sequence * 160);
  view.setUint32(8, ssrc);
  packet.set(payload, 12);
  return packet;
}

/** An empty receiver report, and `body` behind it. */
export function rtcpPacket(body: Uint8Array, ssrc = 0xcafebabe): Uint8Array {
  const packet = new Uint8Array(8 + body.length);
  const view = new DataView(packet.buffer);
  view.setUint32(0, 0x80c9_0001);
  view.setUint32(4, ssrc);
  packet.set(body, 8);
  return packet;
}

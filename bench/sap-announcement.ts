import { formatSapPacket, messageIdHash, SDP_PAYLOAD_TYPE } from '../src/sap/index.ts';

/** The announcement of a session as an AES67 device has it, some 270 bytes; another for each `id`, which is below 2^20. */
export function announcement(id: number): Uint8Array {
  const lines = [
    'v=0',
    `o=- ${3_900_000_000 + id} 1 IN IP4 192.0.2.1`,
    `s=Bench session ${id}`,
    `c=IN IP4 239.${80 + (id >> 16)}.${(id >> 8) & 255}.${id & 255}/15`,
    't=0 0',
    'm=audio 5004 RTP/AVP 98',
    'a=rtpmap:98 L24/48000/2',
    'a=ptime:1',
    'a=ts-refclk:ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0',
    'a=mediaclk:direct=0',
    'a=recvonly',
  ];
  const payload = new TextEncoder().encode(`${lines.join('\r\n')}\r\n`);
  return formatSapPacket({
    type: 'announce',
    hash: messageIdHash(payload),
    source: '192.0.2.1',
    encrypted: false,
    compressed: false,
    payloadType: SDP_PAYLOAD_TYPE,
    payload,
  });
}

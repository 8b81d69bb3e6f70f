import { expect, test } from 'vitest';
import { parseRtpPacket, type RtpPacket, serializeRtpPacket } from '../../src/rtp/index.ts';
import { GROUP, PORT, Room, sdp, seeded } from '../support/room.ts';

const OTHER_GROUP = '239.255.2.2';

test('[CAL-08] pictures are passed on from one group to another, packet by packet, under our own source', async () => {
  const room = new Room();
  const random = seeded(5);
  const here = sdp(`m=video ${PORT} RTP/AVP 96`, 'a=rtpmap:96 H264/90000');
  const options = { media: ['video'], host: '10.0.0.1' } as const;
  const from = room.call('bridge', { ...options, description: here }).call;
  const to = room.call('bridge', { ...options, description: here.replace(GROUP, OTHER_GROUP) }).call;
  await Promise.all([from.connect(), to.connect()]);
  let last: number | undefined;
  from.session.tapMedia((packet, medium) => {
    const ticks = last === undefined ? 0 : (packet.timestamp - last) | 0;
    last = packet.timestamp;
    const { marker, payloadType } = packet;
    to.session.sendPacket(medium, { payload: packet.payload(), payloadType, marker, ticks });
  });

  const camera = await room.network.host('10.0.0.9')({ group: GROUP, port: PORT, interface: 'mem0' });
  const sent: RtpPacket[] = [];
  for (let picture = 0; picture < 50; picture++) {
    const packets = 1 + (picture % 4);
    for (let part = 0; part < packets; part++) {
      const packet = {
        marker: part === packets - 1,
        payloadType: 96,
        sequenceNumber: (65_500 + sent.length) & 0xffff, // wraps on the way
        timestamp: (2 ** 32 - 60_000 + picture * 3600) >>> 0, // and so does this
        ssrc: 0xca3e7a,
        csrcs: [],
        payload: Uint8Array.from({ length: 200 + 10 * picture }, () => 256 * random()),
        padding: 0,
      };
      sent.push(packet);
      camera.send(serializeRtpPacket(packet));
    }
    room.clock.advance(40);
  }

  const passed = room.network.wire
    .filter(({ group, port }) => group === OTHER_GROUP && port === PORT)
    .map(({ bytes }) => parseRtpPacket(bytes));
  const [first] = passed;
  if (first === undefined) throw new Error('nothing was passed on');
  expect(passed).toHaveLength(sent.length);
  for (const [i, packet] of passed.entries()) {
    expect(packet).toMatchObject({
      ssrc: to.transports[0]?.ssrc,
      payloadType: 96,
      marker: sent[i]?.marker,
      sequenceNumber: (first.sequenceNumber + i) & 0xffff,
    });
    expect((packet.timestamp - first.timestamp) >>> 0).toBe(
      ((sent[i]?.timestamp ?? 0) - (sent[0]?.timestamp ?? 0)) >>> 0,
    );
    expect(Buffer.compare(packet.payload, sent[i]?.payload ?? new Uint8Array(0))).toBe(0);
  }
  await Promise.all([from.disconnect(), to.disconnect()]);
});

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { openMulticastSocket } from '../../src/net/index.ts';
import { Home, type Running } from '../net/cli-program.ts';
import { drawGroup } from '../net/loopback.ts';
import { ForeignProgram } from '../support/foreign-program.ts';

const home = new Home();
afterAll(() => home[Symbol.dispose]());

/** A camera whose only key picture of its own accord is the first. */
function camera(group: string, port: number): ForeignProgram {
  const sink = (toPort: number): string =>
    `udpsink host=${group} port=${toPort} multicast-iface=lo ttl-mc=1 async=false`;
  const picture = 'video/x-raw,width=160,height=120,framerate=25/1';
  const pipeline = [
    'rtpbin name=bin rtp-profile=avpf',
    `videotestsrc is-live=true ! ${picture} ! vp8enc keyframe-max-dist=100000 deadline=1 ! rtpvp8pay pt=96`,
    '! bin.send_rtp_sink_0',
    `bin.send_rtp_src_0 ! ${sink(port)}`,
    `bin.send_rtcp_src_0 ! ${sink(port + 1)} sync=false`,
    `udpsrc address=${group} port=${port + 1} multicast-iface=lo ! bin.recv_rtcp_sink_0`,
  ];
  return new ForeignProgram('gst-launch-1.0', pipeline.join(' ').split(' '));
}

/** Which of the pictures recorded are key pictures (RFC 6386 §9.1), by the frames of the IVF file. */
function picturesIn(folder: string): boolean[] {
  const [file] = existsSync(folder) ? readdirSync(folder).filter((it) => it.endsWith('.ivf')) : [];
  if (file === undefined) return [];
  const bytes = readFileSync(join(folder, file));
  const pictures: boolean[] = [];
  for (let at = 32; at + 12 < bytes.length; at += 12 + bytes.readUInt32LE(at))
    pictures.push(((bytes[at + 12] ?? 1) & 1) === 0);
  return pictures;
}

test('[QUA-07] GStreamer makes a key picture when a recording begins, where feedback is allowed', async () => {
  const { group, port } = drawGroup();
  const record = (proto: string): { folder: string; ear: Running } => {
    const name = `${proto.replace('/', '-')}-${port}`;
    const lines = [`m=video ${port} ${proto} 96`, 'a=rtpmap:96 VP8/90000', 'a=rtcp-fb:96 nack pli'];
    const begin = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=Camera', `c=IN IP4 ${group}/1`, 't=0 0'];
    const sdp = join(home.path, `${name}.sdp`);
    writeFileSync(sdp, [...begin, ...lines, ''].join('\r\n'));
    const folder = join(home.path, name);
    const where = ['--interface', 'lo', '--loopback', 'selective', '--json', '--record', folder];
    return { folder, ear: home.start(['join', sdp, ...where, '--listen', '--receive', 'null']) };
  };
  await using gstreamer = camera(group, port);
  await using eye = await openMulticastSocket({ group, port, interface: 'lo' });
  for (let packets = 0; packets < 5; packets++) await eye.receive(); // its first picture is over
  const plain = record('RTP/AVP');
  await using first = plain.ear;
  await first.printed(/"packetsReceived":[2-9]\d/);
  expect(picturesIn(plain.folder)).toEqual([]); // nothing that could be shown has come
  const wanting = record('RTP/AVPF');
  await using second = wanting.ear;
  await second.printed(/"type":"joined"/);
  for (const { folder } of [wanting, plain]) {
    while (picturesIn(folder).length < 5) await delay(50);
    expect(picturesIn(folder).flatMap((isKey, i) => (isKey ? [i] : []))).toEqual([0]); // for all, and once
  }
  expect(gstreamer.output).not.toContain('ERROR');
}, 60_000);

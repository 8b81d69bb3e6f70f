/** `send.ts bare|ours GROUP PORT SECONDS`: sends 172-byte RTP packets as fast as it can. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import process from 'node:process';
import { openMulticastSocket } from '../../src/net/index.ts';
import { RtpSession } from '../../src/rtp/index.ts';

const [mode = 'ours', group = '', portText = '', secondsText = ''] = process.argv.slice(2);
const port = Number(portText);
const duration = Number(secondsText) * 1000;
const BURST = 64;
const payload = new Uint8Array(160).fill(0xd5);

const sendOne = mode === 'bare' ? await bareSender() : await ourSender();
let packets = 0;
const start = performance.now();
const cpu = process.cpuUsage();
while (performance.now() - start < duration) {
  for (let i = 0; i < BURST; i++) if (sendOne()) packets++;
  await new Promise((resolve) => setImmediate(resolve));
}
const { user, system } = process.cpuUsage(cpu);
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ packets, lost: 0, seconds, cpuSeconds: (user + system) / 1e6 }));
process.exit(0);

/** As little as Node allows: a header written by hand, no error handling, no counting. */
async function bareSender(): Promise<() => boolean> {
  const socket = createSocket({ type: 'udp4', sendBufferSize: 4 << 20 });
  socket.bind(0);
  await once(socket, 'listening');
  socket.setMulticastInterface('127.0.0.1');
  let sequence = 0;
  return () => {
    const packet = Buffer.allocUnsafe(172);
    packet[0] = 0x80;
    packet[1] = 0;
    packet.writeUInt16BE(sequence++ & 0xffff, 2);
    packet.writeUInt32BE((sequence * 160) >>> 0, 4);
    packet.writeUInt32BE(0x5200_0000, 8);
    packet.set(payload, 12);
    socket.send(packet, port, group);
    return true;
  };
}

/** What a conference does for each packet: the session's header, counts and RTCP state, and our socket. */
async function ourSender(): Promise<() => boolean> {
  const socket = await openMulticastSocket({ group, port, interface: '127.0.0.1', join: false, ttl: 1 });
  const now = (): number => performance.now();
  const session = new RtpSession(
    {
      random: Math.random,
      cname: 'bench@localhost',
      clockRates: new Map([[0, 8000]]),
      bandwidth: 64_000,
    },
    now(),
  );
  return () => socket.send(session.nextRtp(payload, 160, false, now()));
}

/**
 * `sap-listener.ts ours|bare|parsed GROUP SECONDS`: takes announcements until SECONDS after the first or a second of
 * silence. `ours` keeps them with all its rules; `bare` counts datagrams; `parsed` reads the header by hand, has
 * sdp-transform read the description, and keeps it by its origin.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import process from 'node:process';
import { parse } from 'sdp-transform';
import { openSapSockets } from '../../src/net/index.ts';
import { SAP_PORT } from '../../src/sap/index.ts';

const [mode = 'ours', group = '', secondsText = ''] = process.argv.slice(2);

const read = mode === 'ours' ? await ours() : await dgram(mode === 'parsed');
console.log('ready');
let first = 0;
let last = 0;
let cpu = process.cpuUsage();
let rssBefore = 0;
for (let seen = 0, waited = 0; ; waited += 50) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const now = performance.now();
  const { packets } = read();
  if (packets > 0 && first === 0) {
    first = now;
    cpu = process.cpuUsage();
    rssBefore = process.memoryUsage.rss();
    read(true);
  }
  if (packets !== seen) last = now;
  seen = packets;
  if (first === 0 ? waited > 20_000 : now - first > Number(secondsText) * 1000 || now - last > 1000) break;
}
const { user, system } = process.cpuUsage(cpu);
const { packets, sessions } = read();
const result = {
  packets,
  sessions,
  lost: 0,
  seconds: (last - first) / 1000,
  cpuSeconds: (user + system) / 1e6,
  rssMb: (process.memoryUsage.rss() - rssBefore) / 1e6,
};
console.log(JSON.stringify(result));
process.exit(0);

/** Sessions so far, and packets since the last call that began anew. */
type Count = (anew?: boolean) => { packets: number; sessions: number };

async function ours(): Promise<Count> {
  const sap = await openSapSockets({ groups: [group], interfaces: ['lo'] });
  let from = 0;
  return (anew = false) => {
    const { received } = sap.listener.stats;
    if (anew) from = received;
    return { packets: received - from, sessions: sap.listener.size };
  };
}

async function dgram(parsing: boolean): Promise<Count> {
  const socket: Socket = createSocket({ type: 'udp4', reuseAddr: true, recvBufferSize: 4 << 20 });
  const known = new Map<string, ReturnType<typeof parse>>();
  let packets = 0;
  socket.on('message', (bytes) => {
    packets++;
    if (!parsing) return;
    const text = bytes.toString('utf8', bytes.indexOf(0, 8) + 1);
    const session = parse(text);
    const { origin } = session;
    known.set(`${origin?.username} ${origin?.sessionId} ${origin?.address}`, session);
  });
  socket.bind(SAP_PORT, group);
  await once(socket, 'listening');
  socket.addMembership(group, '127.0.0.1');
  let from = 0;
  return (anew = false) => {
    if (anew) from = packets;
    return { packets: packets - from, sessions: known.size };
  };
}

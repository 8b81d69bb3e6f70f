/**
 * `receive.ts bare|ours|batches GROUP PORT SECONDS [STALL_MS]`: counts the packets of one group until SECONDS after the first or
 * a second of silence. With STALL_MS it does nothing else for so long, once, half a second after the first packet.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import process from 'node:process';
import {
  batchedReceiver,
  loadNativeSockets,
  openMulticastSocket,
  ReceiveHub,
  systemClock,
} from '../../src/net/index.ts';
import { RtpSession } from '../../src/rtp/index.ts';

const [mode = 'ours', group = '', portText = '', secondsText = '', stallText = '0'] = process.argv.slice(2);
const port = Number(portText);
const duration = Number(secondsText) * 1000;
const stallMs = Number(stallText);

let packets = 0;
let first = 0;
let last = 0;
let cpu = process.cpuUsage();
let stalled = stallMs === 0;

const lostSoFar = mode === 'bare' ? await bareReceiver() : await ourReceiver();
for (let seen = -1, waited = 0; ; waited += 100) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  const now = performance.now();
  if (first === 0 ? waited > 10_000 : now - first > duration || (packets === seen && now - last > 1000))
    break;
  seen = packets;
  if (!stalled && first !== 0 && now - first > 500) {
    stalled = true;
    while (performance.now() - now < stallMs);
  }
}
const { user, system } = process.cpuUsage(cpu);
const rssMb = process.memoryUsage.rss() / 1e6;
const result = {
  packets,
  lost: lostSoFar(),
  seconds: (last - first) / 1000,
  cpuSeconds: (user + system) / 1e6,
  rssMb,
};
console.log(JSON.stringify(result));
process.exit(0);

function arrived(): void {
  last = performance.now();
  if (packets++ === 0) {
    first = last;
    cpu = process.cpuUsage();
  }
}

/** As little as a receiver can do: read the sequence number and count what is missing. */
async function bareReceiver(): Promise<() => number> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true, recvBufferSize: 4 << 20 });
  let lost = 0;
  let expected = -1;
  socket.on('message', (bytes) => {
    arrived();
    const sequence = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
    if (expected >= 0) lost += (sequence - expected) & 0xffff;
    expected = (sequence + 1) & 0xffff;
  });
  socket.bind(port, group);
  await once(socket, 'listening');
  socket.addMembership(group, '127.0.0.1');
  return () => lost;
}

/** What a conference does for each packet before it is decoded: source table, validation, loss, jitter. */
async function ourReceiver(): Promise<() => number> {
  const native = await loadNativeSockets();
  const batches =
    mode === 'batches' && native.available
      ? { openReceiver: batchedReceiver(new ReceiveHub(native, systemClock), { latencyMs: 1, lend: true }) }
      : {};
  const socket = await openMulticastSocket({ group, port, interface: '127.0.0.1', ...batches });
  const session = new RtpSession(
    {
      random: Math.random,
      cname: 'bench@localhost',
      clockRates: new Map([[0, 8000]]),
      bandwidth: 64_000,
    },
    performance.now(),
  );
  let heard = 0;
  socket.onDatagram(({ bytes, from, at }) => {
    arrived();
    if (session.handleRtp(bytes, from, at, 0) !== undefined) heard++;
  });
  return () => {
    const lost = [...session.sources.values()].reduce((sum, source) => sum + source.packetsLost, 0);
    return heard === 0 ? Number.NaN : lost;
  };
}

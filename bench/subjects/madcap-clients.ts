/**
 * `madcap-clients.ts KIND PORT SECONDS OUTSTANDING COUNT`: keeps OUTSTANDING requests under way until SECONDS are over or
 * COUNT leases are there. KIND: `lease` requests a lease and releases it, in turn; `fill` only requests; `info` asks for the
 * scopes. What is not answered within a second is sent again.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import process from 'node:process';
import { formatMadcapMessage, MADCAP_OPTION, type MadcapMessage } from '../../src/madcap/index.ts';

const [kind = 'lease', portText = '', secondsText = '', outstandingText = '', countText = ''] =
  process.argv.slice(2);
const port = Number(portText);
const count = Number(countText || Infinity);

const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
socket.bind(0, '127.0.0.1');
await once(socket, 'listening');

interface Slot {
  bytes: Uint8Array;
  since: number;
}
const slots = new Map<number, Slot>();
const latencies: number[] = [];
let xid = 0;
let done = 0;
let resent = 0;
let isOver = false;

function message(type: MadcapMessage['type'], id: number): MadcapMessage {
  const leaseIdentifier = new Uint8Array(17);
  new DataView(leaseIdentifier.buffer).setUint32(13, id);
  const more =
    type === 'getinfo'
      ? { optionRequestList: [MADCAP_OPTION.scopeList, MADCAP_OPTION.nesting] }
      : type === 'request'
        ? { scope: '239.192.0.0', leaseTime: 3600 }
        : {};
  return { type, family: 4, xid: ++xid, options: { leaseIdentifier, ...more } };
}

function send(type: MadcapMessage['type'], id: number): void {
  const it = message(type, id);
  const bytes = formatMadcapMessage(it);
  slots.set(it.xid, { bytes, since: performance.now() });
  socket.send(bytes, port, '127.0.0.1');
}

let lease = 0;
const next = (): void => send(kind === 'info' ? 'getinfo' : 'request', ++lease);
socket.on('message', (bytes) => {
  const slot = slots.get(bytes.readUInt32BE(4));
  if (slot === undefined || isOver) return;
  slots.delete(bytes.readUInt32BE(4));
  done++;
  if (done % 16 === 0) latencies.push(performance.now() - slot.since);
  // The lease identifier is the option after the scope or the first: what was asked is in what we sent.
  const isRequest = slot.bytes[1] === 3;
  if (kind === 'lease' && isRequest) {
    const id = Buffer.from(slot.bytes);
    send('release', id.readUInt32BE(id.indexOf(Uint8Array.of(0, 3, 0, 17)) + 17));
  } else if (kind !== 'fill' || lease < count) next();
});

const start = performance.now();
const cpu = process.cpuUsage();
for (let i = 0; i < Number(outstandingText); i++) next();
const isFull = (): boolean => kind === 'fill' && done >= count;
while (performance.now() - start < Number(secondsText) * 1000 && !isFull()) {
  await new Promise((resolve) => setTimeout(resolve, 10));
  const now = performance.now();
  for (const slot of slots.values()) {
    if (now - slot.since < 1000) continue;
    slot.since = now;
    resent++;
    socket.send(slot.bytes, port, '127.0.0.1');
  }
}
isOver = true;
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
latencies.sort((a, b) => a - b);
const at = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? Number.NaN;
console.log(
  JSON.stringify({ done, resent, seconds, p50: at(0.5), p99: at(0.99), cpuSeconds: (user + system) / 1e6 }),
);
socket.close();

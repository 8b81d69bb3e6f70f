/** `sap-cache.ts SESSIONS HOSTS`: what a listener takes to keep so many sessions of so many hosts. */
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SAP_GLOBAL_GROUP, SAP_PORT, SapListener } from '../../src/sap/index.ts';
import { announcement } from '../sap-announcement.ts';

const [sessions = 0, hosts = 1] = process.argv.slice(2).map(Number);
setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
const from = Array.from({ length: hosts }, (_, host) => ({
  address: `10.0.${host >> 8}.${host & 255}`,
  port: SAP_PORT,
}));
const channel = { group: SAP_GLOBAL_GROUP };

/** Microseconds that the listener took for each of the announcements. */
function hear(listener: SapListener, packets: readonly Uint8Array[], firstId: number, now: number): number {
  const start = performance.now();
  for (const [n, bytes] of packets.entries()) {
    const sender = from[(firstId + n) % hosts];
    if (sender !== undefined) listener.handleDatagram(bytes, sender, now, channel);
    while (listener.pollEvent() !== undefined);
  }
  return ((performance.now() - start) * 1000) / packets.length;
}

/** Of all sessions, a thousand at a time, so that the datagrams are gone when the memory is looked at. */
function hearAll(listener: SapListener): number {
  let sum = 0;
  for (let first = 0; first < sessions; first += 1000) {
    const batch = Array.from({ length: 1000 }, (_, n) => announcement(first + n));
    sum += hear(listener, batch, first, 0);
  }
  return sum / (sessions / 1000);
}

hearAll(new SapListener()); // warms up
collectGarbage();
const before = process.memoryUsage.rss();
const listener = new SapListener();
const firstMicros = hearAll(listener);
collectGarbage();
const megabytes = (process.memoryUsage.rss() - before) / 1e6;
const packets = Array.from({ length: sessions }, (_, id) => announcement(id));
const rounds = [30_000, 60_000, 90_000, 120_000, 150_000].map((now) => hear(listener, packets, 0, now));
console.log(
  JSON.stringify({
    megabytes,
    firstMicros,
    againMicros: Math.min(...rounds),
    bytes: packets[0]?.length,
    kept: listener.size,
  }),
);

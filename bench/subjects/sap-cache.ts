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

/** Milliseconds that the listener took to hear all of them once; the datagrams are gone afterwards. */
function hearAll(listener: SapListener, now: number): number {
  let spent = 0;
  for (let first = 0; first < sessions; first += 1000) {
    const batch = Array.from({ length: 1000 }, (_, n) => announcement(first + n));
    const start = performance.now();
    for (const [n, bytes] of batch.entries()) {
      const sender = from[(first + n) % hosts];
      if (sender !== undefined) listener.handleDatagram(bytes, sender, now, channel);
      while (listener.pollEvent() !== undefined);
    }
    spent += performance.now() - start;
  }
  return spent;
}

hearAll(new SapListener(), 0); // warms up
collectGarbage();
const before = process.memoryUsage.rss();
const listener = new SapListener();
const first = hearAll(listener, 0);
const rounds = [30_000, 60_000, 90_000].map((now) => hearAll(listener, now));
collectGarbage();
const result = {
  megabytes: (process.memoryUsage.rss() - before) / 1e6,
  firstMicros: (first * 1000) / sessions,
  againMicros: (Math.min(...rounds) * 1000) / sessions,
  bytes: announcement(0).length,
  kept: listener.size,
};
console.log(JSON.stringify(result));

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ABUSERS, fill, measureAmong } from '../../bench/ldap-abuse.ts';
import { startOurs } from '../../bench/peers/locator-service.ts';

let folder: string;
let server: Awaited<ReturnType<typeof startOurs>>;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-abuse-'));
  server = await startOurs(folder, 'process', ABUSERS.slow + 100);
  await fill(server.port, 2000);
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Generous: what is looked for is growth without end, and clients that are starved. */
const MOST_MB = 1000;
/** Less than the minute after which those who do not read are closed: others are served while they are there. */
const MOST_MS = 55_000;
const ROUNDS = 20;
/** Each makes the server fill some megabytes in the kernel: the benchmark has more of them. */
const DEAF = 40;

test.each([
  ['1000 connections that are silent, half done, slow or deaf', 'slow'],
  ['a storm of 50 clients that search without an index', 'storm'],
] as const)(
  'beside %s an honest client is served',
  async (_title, way) => {
    const among = await measureAmong(server, way, ROUNDS, DEAF);
    expect(among.worstMs).toBeLessThan(MOST_MS);
    expect(among.rssMb).toBeLessThan(MOST_MB);
    // They come again, and it takes no more than before; and once they are gone it is as if they had never been.
    const again = await measureAmong(server, way, ROUNDS, DEAF);
    expect(again.rssMb).toBeLessThan(MOST_MB);
    expect((await measureAmong(server, 'none', ROUNDS)).worstMs).toBeLessThan(MOST_MS);
  },
  300_000,
);

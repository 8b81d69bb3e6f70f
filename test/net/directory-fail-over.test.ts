import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createConference, createDirectory, type Directory } from '../../directory/index.ts';
import { HastyClock } from '../support/hasty-clock.ts';
import { Home, type Running } from './cli-program.ts';

let home: Home;
let servers: Running[];
let urls: string[];
let directory: Directory;
let clock: HastyClock;

async function serve(url: string): Promise<{ readonly server: Running; readonly url: string }> {
  const server = home.start(['serve', '--listen', url, '--anonymous-write', '--json']);
  servers.push(server);
  const [, found = ''] = await server.printed(/"url":"([^"]+)"/);
  return { server, url: found };
}

async function kill(server: Running | undefined): Promise<void> {
  server?.child.kill('SIGKILL');
  await server?.end;
}

beforeEach(async () => {
  home = new Home();
  servers = [];
  clock = new HastyClock();
  // two processes that offer the same store
  urls = [];
  for (let i = 0; i < 2; i++) urls.push((await serve('ldap://127.0.0.1:0')).url);
  directory = await createDirectory(urls.join(' '), { clock });
  await directory.connect({ timeoutMs: 20_000 });
});
afterEach(async () => {
  await directory.close();
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  home[Symbol.dispose]();
});

test('[DIR-06] [DIR-09] a server that is killed among many changes costs none of them, nor any refresh', async () => {
  expect(urls[0]).toContain(directory.displayName);
  directory.autoRefresh = true;
  await directory.add(createConference({ name: 'Kept' }), { ttlSeconds: 600 });
  directory.autoRefresh = false;
  const names = Array.from({ length: 300 }, (_, i) => `c${i}`);
  for (let wave = 0; wave < 10; wave++) {
    const adding = names
      .slice(wave * 30, wave * 30 + 30)
      .map((name) => directory.add(createConference({ name })));
    if (wave === 3) servers[0]?.child.kill('SIGKILL');
    await Promise.all(adding);
  }
  expect(urls[1]).toContain(directory.displayName);
  const found = (await directory.search().toArray()).map(({ name }) => name);
  expect(found.toSorted()).toEqual(['Kept', ...names].toSorted());
  const refreshed = new Promise((resolve) => directory.on('refreshed', (...told) => resolve(told)));
  clock.forward(301_000);
  await expect(refreshed).resolves.toEqual(['Kept', 600]);
});

test('[DIR-12] deletes go on, and what was kept stays kept, when one after the other is killed and comes back', async () => {
  const names = Array.from({ length: 120 }, (_, i) => `d${i}`);
  await Promise.all(names.map((name) => directory.add(createConference({ name }))));
  const moved: string[] = [];
  directory.on('reconnected', (server) => moved.push(server));
  const half = names.splice(0, 60);
  await Promise.all(
    half.map(async (name, i) => {
      if (i === 20) await kill(servers[0]);
      await directory.delete(name);
    }),
  );
  // the preferred one is back, and takes over once it is tried again
  const { server } = await serve(urls[0] ?? '');
  clock.forward(601_000);
  for (let i = 0; i < 500 && !urls[0]?.includes(directory.displayName); i++) {
    await directory.get('x');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(urls[0]).toContain(directory.displayName);
  await kill(servers[1]);
  await expect(directory.get('d60')).resolves.toMatchObject({ name: 'd60' });
  expect((await directory.search().toArray()).length).toBe(60);
  expect(moved.length).toBeGreaterThanOrEqual(2);
  await kill(server);
  await expect(directory.get('d60')).rejects.toMatchObject({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
});

test('a server that takes a connection and then says nothing holds nobody up for long', async () => {
  await using silent = await silentServer();
  const begun = performance.now();
  const other = await createDirectory(`ldaps://127.0.0.1:${silent.port} ${urls[0]}`);
  await other.connect({ timeoutMs: 60_000 });
  expect(performance.now() - begun).toBeLessThan(30_000);
  expect(urls[0]).toContain(other.displayName);
  await other.close();
  // where nothing else is left it gets all its time
  const alone = await createDirectory(`ldaps://127.0.0.1:${silent.port} ldap://127.0.0.1:1`);
  const error = await alone.connect({ timeoutMs: 3500 }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
  expect(String(error)).toMatch(/within 3\.5 s.*nothing listens there/);
  expect(silent.count).toBe(3);
});

/** Takes connections, and never says a word. */
async function silentServer(): Promise<AsyncDisposable & { readonly port: number; readonly count: number }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    get count() {
      return sockets.length;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

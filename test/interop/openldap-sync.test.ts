import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Attribute, Change, Client } from 'ldapts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { csnText } from '../../directory/server/change-log.ts';
import {
  createLocatorService,
  defaultAccess,
  type Listener,
  listen,
  type LocatorService,
  openStore,
} from '../../directory/server/index.ts';
import { startReplica } from '../support/slapd-replica.ts';

const SECONDS = 60_000;
let folder = '';
let service: LocatorService;
let listener: Listener;
/** Starts the service on the store of this test, on the port it had before if it had one. */
async function start(port = 0): Promise<void> {
  service = createLocatorService({
    store: openStore({ path: join(folder, 'directory.db'), keptChanges: 200 }),
    access: defaultAccess({ anonymousWrite: true }),
    ttl: { minSeconds: 1 },
  });
  listener = await listen(service, { port });
}
async function stop(): Promise<void> {
  await listener.close();
  service.close();
  service.context.store.close();
}
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-sync-'));
  await start();
});
afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

const dn = (name: string): string => `uid=${name},ou=Dynamic,o=Intranet`;
/** Does something to the service as any client would. */
async function client<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const connection = new Client({ url: listener.url, timeout: 10_000 });
  try {
    return await work(connection);
  } finally {
    await connection.unbind();
  }
}
const publish = (name: string, originator = 'ann', more: Record<string, string> = {}): Promise<void> =>
  client((c) =>
    c.add(dn(name), {
      objectClass: ['rtConference', 'dynamicObject'],
      protocolID: 'IP Conference',
      conferenceBlob: 'v=0',
      originator,
      ...more,
    }),
  );
const remove = (name: string): Promise<void> => client((c) => c.del(dn(name)));
async function change(name: string, originator: string): Promise<void> {
  const modification = new Attribute({ type: 'originator', values: [originator] });
  await client((c) => c.modify(dn(name), new Change({ operation: 'replace', modification })));
}

/** More changes than the log keeps, the last of them to `ann <count>`. */
const changeOften = (name: string, count: number): Promise<void> =>
  client(async (c) => {
    for (let i = 1; i <= count; i++) {
      const modification = new Attribute({ type: 'originator', values: [`ann ${i}`] });
      await c.modify(dn(name), new Change({ operation: 'replace', modification }));
    }
  });

/** `ldapsearch` that goes on until it is ended. */
class Search implements AsyncDisposable {
  readonly #child: ChildProcess;
  out = '';

  constructor(...args: readonly string[]) {
    const all = ['-x', '-LLL', '-o', 'ldif-wrap=no', '-H', listener.url, '-b', 'o=Intranet', ...args];
    const env = { ...process.env, LDAPNOINIT: '1', LC_ALL: 'C' };
    const child = spawn('ldapsearch', all, { stdio: ['ignore', 'pipe', 'pipe'], env });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => (this.out += text.toString()));
    }
    this.#child = child;
  }
  /** What it has printed, once that is so. */
  async until(wanted: RegExp): Promise<string> {
    await vi.waitUntil(() => wanted.test(this.out), { timeout: SECONDS });
    return this.out;
  }
  async ended(): Promise<number> {
    if (this.#child.exitCode === null) await once(this.#child, 'close');
    return this.#child.exitCode ?? -1;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGKILL');
      await once(this.#child, 'close');
    }
  }
}

describe('ldapsearch', { timeout: 2 * SECONDS }, () => {
  test('-E sync=ro: the content with a cookie, then only what has changed', async () => {
    await publish('one');
    await publish('two');
    await using first = new Search('-E', '!sync=ro', '(objectClass=rtConference)', 'uid');
    expect(await first.ended()).toBe(0);
    expect(first.out).toMatch(/dn: uid=one,.*dn: uid=two,/s);
    const cookie = `rid=000,csn=${csnText(service.context.store.changes.last)}`;
    await change('one', 'bob');
    await remove('two');
    await using second = new Search('-E', `!sync=ro/${cookie}`, '(objectClass=rtConference)', 'originator');
    expect(await second.ended()).toBe(0);
    expect(second.out).toContain('originator: bob');
    expect(second.out).not.toContain('uid=two');
  });

  test('-E sync=rp: additions, changes, deletions and the end of a time to live arrive as they happen', async () => {
    await publish('one');
    await using search = new Search('-E', '!sync=rp', '(objectClass=rtConference)', 'originator');
    await search.until(/uid=one,/);
    await publish('two');
    await search.until(/uid=two,/);
    await change('one', 'bob');
    await search.until(/originator: bob/);
    await publish('brief', 'eve', { entryTtl: '1' });
    await search.until(/uid=brief,.*uid=brief,/s);
    await remove('two');
    expect(await search.until(/uid=two,.*uid=two,/s)).toMatch(/uid=brief,.*uid=brief,/s);
  });

  test('-E ps: persistent search', async () => {
    await publish('one');
    await using search = new Search('-E', '!ps=15/0/1', '(objectClass=rtConference)', 'originator');
    await search.until(/uid=one,/);
    await publish('two');
    await search.until(/uid=two,/);
    await change('one', 'bob');
    expect(await search.until(/originator: bob/)).toContain('# persistentSearch: modify');
  });

  test('a cookie that is none is refused with the code that says so', async () => {
    await using search = new Search('-E', '!sync=ro/nonsense', '(uid=*)');
    await search.ended(); // its exit code is the low byte of 4096
    expect(search.out).toMatch(/4096|Refresh Required/i);
  });
});

describe('slapd mirrors the service by syncrepl', { timeout: 4 * SECONDS }, () => {
  test.each(['refreshAndPersist', 'refreshOnly'] as const)(
    '%s: everything arrives, also what happened while either of the two was away',
    async (type) => {
      await publish('one');
      await publish('two');
      await using replica = await startReplica(listener.url, type);
      const has = (wanted: Record<string, string>): Promise<void> =>
        vi.waitFor(async () => expect(await replica.conferences()).toEqual(wanted), {
          timeout: SECONDS,
          interval: 100,
        });
      await has({ one: 'ann', two: 'ann' });

      await publish('three', 'cy');
      await change('one', 'bob');
      await remove('two');
      await has({ one: 'bob', three: 'cy' });

      await publish('brief', 'eve', { entryTtl: '2' });
      await has({ one: 'bob', three: 'cy', brief: 'eve' });
      await has({ one: 'bob', three: 'cy' });

      await client((c) => c.modifyDN(dn('three'), dn('drei')));
      await has({ one: 'bob', drei: 'cy' });
      await client((c) => c.modifyDN(dn('drei'), dn('three')));
      await has({ one: 'bob', three: 'cy' });

      // the same identity and version on both sides
      const source = await client((c) =>
        c.search(dn('one'), { scope: 'base', attributes: ['entryUUID', 'entryCSN'] }),
      );
      for (const name of ['entryUUID', 'entryCSN']) {
        expect((await replica.conferences(name))['one']).toBe(source.searchEntries[0]?.[name]);
      }

      await replica.stop();
      await remove('three');
      await publish('four');
      await replica.start();
      await has({ one: 'bob', four: 'ann' });

      const { port } = listener;
      await stop();
      await start(port);
      await change('four', 'dee');
      await remove('one');
      await has({ four: 'dee' });

      // away for longer than the log of changes reaches
      await replica.stop();
      await remove('four');
      await publish('five');
      await changeOften('five', 1300);
      await replica.start();
      await has({ five: 'ann 1300' });
    },
  );
});

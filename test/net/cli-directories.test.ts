import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Home, type Running } from './cli-program.ts';

/** Two servers with a name each, one that is down, and the directory on this computer. */
let home: Home;
let servers: Running[];
let urls: string[];

beforeEach(async () => {
  home = new Home();
  servers = [];
  urls = [];
  for (const data of ['office', 'lab']) {
    const folder = join(home.path, data);
    const where = ['--listen', 'ldap://127.0.0.1:0', '--data-dir', folder, '--anonymous-write', '--json'];
    const server = home.start(['serve', ...where]);
    servers.push(server);
    const [, url = ''] = await server.printed(/"url":"([^"]+)"/);
    urls.push(url);
  }
  configure('office', 'lab');
  await create('Lecture', 'office');
  await create('Round', 'office');
  await create('Round', 'lab');
  await create('Here', 'embedded');
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  home[Symbol.dispose]();
});

/** Nobody listens on port 1 of this computer. */
const NOBODY = 'ldap://127.0.0.1:1';

function configure(...names: readonly string[]): void {
  const urlOf = (name: string): string => ({ office: urls[0], lab: urls[1] })[name] ?? NOBODY;
  const tables = names.map((name) => `[[directories]]\nname = "${name}"\nurl = "${urlOf(name)}"\n`);
  const folder = join(home.path, 'config', 'rendezvous');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.toml'), tables.join('\n'));
}

async function create(name: string, directory: string): Promise<void> {
  const made = await home.run(['create', name, '--permanent', '--directory', directory]);
  expect(made).toMatchObject({ code: 0 });
}

/** Directory, kind and name (or what is wrong) of each object, sorted. */
function rows(json: string): string[] {
  const all: unknown = JSON.parse(json);
  if (!Array.isArray(all)) throw new Error('not an array');
  return all
    .map((it: Readonly<Record<string, string | undefined>>) =>
      [it['directory'], it['kind'], it['name'] ?? it['code']].join(' '),
    )
    .sort((a, b) => (a < b ? -1 : 1));
}

describe('list', () => {
  test('[RV-03] [APP-02] merges all directories, and each row says where it is from', async () => {
    const listed = await home.run(['list', '--json']);
    expect(listed).toMatchObject({ code: 0, err: '' });
    expect(rows(listed.out)).toEqual([
      'embedded conference Here',
      'lab conference Round',
      'office conference Lecture',
      'office conference Round',
    ]);
    const plain = await home.run(['list', 'Round']);
    const last = plain.out
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').at(-1));
    expect(new Set(last)).toEqual(new Set(['lab', 'office']));
    const one = await home.run(['list', '--directory', 'lab', '--json']);
    expect(rows(one.out)).toEqual(['lab conference Round']);
    const two = await home.run(['list', '--directory', urls[1] ?? '', '--directory', 'embedded', '--ndjson']);
    expect(two.out.trimEnd().split('\n')).toHaveLength(2);
  });

  test('[RV-03] one that is down is named, and hides none of the others', async () => {
    configure('office', 'gone', 'lab');
    const listed = await home.run(['list', '--json']);
    expect(listed.code).toBe(0);
    expect(listed.err).toMatch(/warning: the directory gone is left out: Cannot reach .*127\.0\.0\.1:1/);
    expect(rows(listed.out)).toEqual([
      'embedded conference Here',
      'gone problem ERR_DIRECTORY_UNAVAILABLE',
      'lab conference Round',
      'office conference Lecture',
      'office conference Round',
    ]);
    const lines = await home.run(['list', '--ndjson']);
    expect(lines.out).toMatch(/"kind":"problem","directory":"gone"/);
    const nobody = await home.run(['list', '--directory', 'gone', '--directory', NOBODY]);
    expect(nobody.code).toBe(5);
    expect(nobody.out).toBe('');
  });
});

describe('a name in two directories', () => {
  test('is shown from the first, with a warning', async () => {
    const shown = await home.run(['show', 'Round', '--json']);
    expect(shown.code).toBe(0);
    expect(JSON.parse(shown.out)).toMatchObject({ name: 'Round', directory: 'office' });
    expect(shown.err).toMatch(/"Round" is in lab too; this is the one in office\. Choose: --directory lab/);
    const chosen = await home.run(['show', 'Round', '--directory', 'lab']);
    expect(chosen).toMatchObject({ code: 0, err: '' });
    expect(chosen.out).toMatch(/^directory\tlab$/m);
  });

  test('is neither changed nor deleted before it is said which is meant', async () => {
    for (const change of [
      ['edit', 'Round', '--description', 'changed'],
      ['delete', 'Round'],
    ]) {
      const refused = await home.run(change);
      expect(refused.code).toBe(2);
      expect(refused.err).toMatch(
        /"Round" is in office and lab\. Say which one you mean: --directory office/,
      );
    }
    expect((await home.run(['edit', 'Round', '--description', 'mine', '--directory', 'lab'])).code).toBe(0);
    expect((await home.run(['delete', 'Round', '--directory', 'office'])).code).toBe(0);
    const left = await home.run(['show', 'Round', '--json']);
    expect(JSON.parse(left.out)).toMatchObject({ directory: 'lab', description: 'mine' });
    // only one has it by now
    const deleted = await home.run(['delete', 'Round']);
    expect(deleted).toMatchObject({ code: 0, err: 'Deleted "Round" in lab\n' });
  });

  test('may be in the one that is down: it is not guessed', async () => {
    configure('gone', 'lab');
    const refused = await home.run(['delete', 'Round']);
    expect(refused.code).toBe(5);
    expect(refused.err).toMatch(/may be in gone too, which cannot be asked.*--directory lab/);
    expect((await home.run(['show', 'Nowhere'])).code).toBe(5);
    configure('lab');
    const unknown = await home.run(['show', 'Rund']);
    expect(unknown.code).toBe(3);
    expect(unknown.err).toMatch(/There is no conference "Rund" on .* nor on .*Did you mean "Round"/);
    expect((await home.run(['delete', 'Rund'])).code).toBe(3);
  });
});

test('[APP-01] directory list shows the defaults, in order, and how they are', async () => {
  configure('office', 'gone');
  const shown = await home.run(['directory', 'list', '--json']);
  expect(shown.code).toBe(0);
  expect(JSON.parse(shown.out)).toMatchObject([
    { name: 'office', url: urls[0], origin: 'configuration', state: 'up', type: 'ils', isDynamic: true },
    { name: 'gone', url: NOBODY, state: 'down', server: null, code: 'ERR_DIRECTORY_UNAVAILABLE' },
    { name: 'embedded', origin: 'default', state: 'up' },
  ]);
  const plain = await home.run(['dir', 'list', '--directory', 'gone']);
  expect(plain.code).toBe(5);
  expect(plain.out).toMatch(/^gone\tdown\t\t\toption\tldap:\/\/127\.0\.0\.1:1\tCannot reach /);
});

test('create publishes in the first, users are found in all', async () => {
  const made = await home.run(['create', 'New', '--permanent', '--json']);
  expect(JSON.parse(made.out)).toMatchObject({ name: 'New', directory: 'office' });
  await home.run(['user', 'publish', 'ann', '--directory', 'lab', '--phone', 'pc1']);
  await home.run(['user', 'publish', 'bob', '--directory', 'embedded', '--phone', 'pc2']);
  const listed = await home.run(['user', 'list', '--json']);
  expect(rows(listed.out)).toEqual(['embedded user bob', 'lab user ann']);
  const shown = await home.run(['user', 'show', 'ann', '--json']);
  expect(JSON.parse(shown.out)).toMatchObject({ name: 'ann', directory: 'lab' });
  expect((await home.run(['user', 'delete', 'ann'])).code).toBe(0);
  expect((await home.run(['user', 'delete', 'ann'])).code).toBe(3);
});

test('[ILS-03] several URLs are one directory: the second takes over when the first is down', async () => {
  const listed = await home.run(['list', '--directory', `${NOBODY} ${urls[1]}`, '--json']);
  expect(listed).toMatchObject({ code: 0, err: '' });
  expect(rows(listed.out)).toEqual([`${NOBODY} ${urls[1]} conference Round`]);
});

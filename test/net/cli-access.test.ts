import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ConferenceJson } from '../../directory/index.ts';
import { type Ended, Home } from './cli-program.ts';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home[Symbol.dispose]());

test('[OBJ-06] [OBJ-07] [DEF-05] two users, and nobody, at one directory', async () => {
  const passwordFile = (name: string): string => {
    const path = join(home.path, `${name}.txt`);
    writeFileSync(path, `secret of ${name}`, { mode: 0o600 });
    return path;
  };
  for (const name of ['ann', 'bob']) {
    const made = await home.run(['account', 'add', name, '--password-file', passwordFile(name)]);
    expect(made).toMatchObject({ code: 0 });
  }
  const server = home.start(['serve', '--listen', 'ldap://127.0.0.1:0']);
  await using _ = server;
  const [, url = ''] = await server.printed(/(ldap:\/\/127\.0\.0\.1:\d+)/);
  const nobody = (...args: readonly string[]): Promise<Ended> => home.run([...args, '--directory', url]);
  const as = (name: string, ...args: readonly string[]): Promise<Ended> =>
    nobody(...args, '--user', name, '--password-file', join(home.path, `${name}.txt`));
  const names = ({ out }: Ended): string[] => {
    const found: ConferenceJson[] = JSON.parse(out);
    return found.map(({ name }) => name).sort();
  };

  expect(await as('ann', 'create', 'Open')).toMatchObject({ code: 0 });
  expect(await as('ann', 'create', 'Council', '--acl', 'bob:read,owner:all')).toMatchObject({ code: 0 });
  expect(await as('ann', 'show', 'Council')).toMatchObject({
    out: expect.stringContaining('acl\tbob:read,owner:all\n'),
  });
  expect(names(await as('bob', 'list', '--json'))).toEqual(['Council', 'Open']);
  expect(names(await nobody('list', '--json'))).toEqual(['Open']);
  expect(await nobody('show', 'Council')).toMatchObject({ code: 3 });

  expect(await as('bob', 'edit', 'Open', '--description', 'mine')).toMatchObject({ code: 4 });
  expect(await as('bob', 'delete', 'Council')).toMatchObject({ code: 4 });
  const more = ['edit', 'Council', '--acl', 'everyone:read,bob:read+delete,owner:all'];
  expect(await as('bob', ...more)).toMatchObject({ code: 4 });
  expect(await as('ann', ...more)).toMatchObject({ code: 0 });
  expect(names(await nobody('list', '--json'))).toEqual(['Council', 'Open']);
  expect(await as('bob', 'delete', 'Council')).toMatchObject({ code: 0 });
  expect(await home.run(['delete', 'Open'])).toMatchObject({ code: 0 }); // whoever has the file may do everything
}, 120_000);

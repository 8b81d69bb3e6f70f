import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConferenceJson } from '../../directory/index.ts';
import { type Ended, Home } from '../net/cli-program.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';

describe('the command line with OpenLDAP as its directory', () => {
  let slapd: Slapd;
  let home: Home;
  const password = (text: string, name: string): string => {
    const path = join(home.path, name);
    writeFileSync(path, `${text}\n`);
    chmodSync(path, 0o600);
    return path;
  };
  const anonymous = (...args: readonly string[]): Promise<Ended> =>
    home.run(args, { env: { RENDEZVOUS_DIRECTORY: slapd.url } });
  const admin = (...args: readonly string[]): Promise<Ended> =>
    anonymous(...args, '--bind-dn', slapd.adminDn, '--password-file', join(home.path, 'right'));
  const ok = async (ran: Promise<Ended>): Promise<string> => {
    const { code, out, err } = await ran;
    if (code !== 0) throw new Error(`exit ${code}: ${err}`);
    return out;
  };

  beforeAll(async () => {
    slapd = await startSlapd();
    home = new Home();
    password(slapd.adminPassword, 'right');
    password('not it', 'wrong');
  });
  afterAll(async () => {
    await slapd.stop();
    home[Symbol.dispose]();
  });

  test('[APP-01] [APP-02] [APP-03] [DIR-08] creates, finds, edits to the byte and deletes, bound as the administrator', async () => {
    await ok(
      admin(
        'create',
        'Round',
        '--description',
        'Chapter 3',
        '--scope',
        'region',
        '--email',
        'ann@example.org',
      ),
    );
    expect(await ok(admin('list', 'rou*'))).toMatch(/^Round\t239\.19[2-5]\.[\d.]+:\d+\tregion\t/);
    expect(await ok(admin('list', '--filter', '(description=*chapter*)', '--active', '--json'))).toContain(
      '"Round"',
    );

    const before = await ok(admin('show', 'Round', '--sdp'));
    await ok(admin('edit', 'Round', '--description', 'Chapter 4'));
    const after = await ok(admin('show', 'Round', '--sdp'));
    const changed = after.split('\r\n').filter((line) => !before.includes(`${line}\r\n`));
    expect(changed.filter((line) => line !== '')).toEqual([expect.stringMatching(/^o=/), 'i=Chapter 4']);

    await ok(admin('edit', 'Round', '--rename', 'Circle'));
    const shown: ConferenceJson = JSON.parse(await ok(admin('show', 'Circle', '--json')));
    expect(shown).toMatchObject({ name: 'Circle', description: 'Chapter 4', advertisingScope: 'region' });
    await ok(admin('delete', 'Circle'));
    expect(await ok(admin('list', '--json'))).toBe('[]\n');
  });

  test('4: not permitted', async () => {
    const stranger = await anonymous('create', 'Mine');
    expect([stranger.code, stranger.out]).toEqual([4, '']);
    expect(stranger.err).toMatch(
      /^rendezvous: Could not add .*\nThe directory was asked as nobody: give --user or --bind-dn/,
    );
    const wrong = await anonymous(
      'list',
      '--bind-dn',
      slapd.adminDn,
      '--password-file',
      join(home.path, 'wrong'),
    );
    expect([wrong.code, wrong.out]).toEqual([4, '']);
    expect(wrong.err).toMatch(/Check the bind name and the password/);
    expect(wrong.err).not.toContain('not it');
  });

  test('5: a directory that has gone', async () => {
    await slapd.kill();
    const { code, err } = await anonymous('list');
    expect(code).toBe(5);
    expect(err).toMatch(/Cannot reach the directory 127\.0\.0\.1:\d+/);
    await slapd.restart();
  });
});

import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { cliOnData } from '../cli/data-dir.ts';
import { Home } from './cli-program.ts';

const NOON = new Date('2026-11-21T12:00:00Z');

const { cli, ok } = cliOnData({ now: NOON, env: { NO_COLOR: '1' } });

const ALICE = [
  'user',
  'publish',
  'alice',
  '--phone',
  'desk.example.org',
  '--address',
  '10.70.41.96',
  '--address',
  '2001:db8::1',
  '--email',
  'alice@example.org',
  '--tel',
  '+49 30 1234',
  '--given-name',
  'Alice',
  '--surname',
  'Smith',
  '--video',
];

describe('user', () => {
  test('[USR-03] publish, list, show, delete: in a pipe, as JSON, on a terminal', async () => {
    const published = await ok(ALICE);
    expect(published.out).toBe('alice\tdesk.example.org\t10.70.41.96\talice@example.org\t\tembedded\n');
    expect(published.err).toMatch(/for 30 min\. To stay there: rendezvous user publish --keep-alive/);
    expect((await ok(['user', 'list'])).out).toBe(published.out);
    expect((await ok(['user', 'list', '--long'])).out.split('\t')).toEqual([
      'alice',
      'desk.example.org',
      '10.70.41.96',
      'alice@example.org',
      '',
      'Alice',
      'Smith',
      '',
      '',
      '+49 30 1234',
      '1720',
      'audio video',
      '2026-11-21T12:30:00.000Z',
      'cn=alice]desk.example.org,ou=Dynamic,o=Intranet',
      'embedded\n',
    ]);
    const [json] = JSON.parse((await ok(['user', 'list', '--json'])).out);
    expect(json).toMatchObject({
      kind: 'user',
      name: 'alice',
      primaryPhone: 'desk.example.org',
      canVideo: true,
    });
    expect(JSON.parse((await ok(['user', 'show', 'ALICE', '--json'])).out)).toEqual(json);
    expect((await ok(['user', 'show', 'alice'])).out.split('\n')).toEqual(
      expect.arrayContaining([
        'name\talice',
        'email\talice@example.org',
        'canVideo\tyes',
        'domain\tdesk.example.org',
        'ip\t10.70.41.96',
        'ip\t2001:db8::1',
        'phone\t+49 30 1234',
      ]),
    );
    const seen = await ok(['user', 'show', 'alice'], { columns: 100 });
    expect(seen.out).toMatch(/^Name +alice\nFull name +Alice Smith\nComputer +desk\.example\.org\n/);
    expect((await ok(['user', 'list'], { columns: 100 })).out).toMatch(
      /^NAME +COMPUTER +ADDRESS +E-MAIL\nalice /,
    );
    await ok(['user', 'delete', 'alice']);
    const none = await ok(['user', 'list']);
    expect([none.out, none.err]).toEqual([
      '',
      'No users. Publish yourself: rendezvous user publish --keep-alive\n',
    ]);
    // users are no conferences
    expect((await ok(['list'])).out).toBe('');
  });

  test('[USR-01] without a name it is the user of this computer, at this computer', async () => {
    await ok(['user', 'publish']);
    const [json] = JSON.parse((await ok(['user', 'list', '--json'])).out);
    expect(json).toMatchObject({ primaryPhone: hostname(), port: 1720, canAudio: true, listed: true });
  });

  test('[USR-02] publishing again takes the place of what was published at that computer', async () => {
    await ok(ALICE);
    await ok(['user', 'publish', 'alice', '--phone', 'desk.example.org', '--comment', 'moved']);
    await ok(['user', 'publish', 'alice', '--phone', 'hall.example.org']);
    const all = JSON.parse((await ok(['user', 'list', '--json'])).out);
    expect(all).toMatchObject([{ name: 'alice' }, { name: 'alice' }]);
    const shown = await ok(['user', 'show', 'alice', '--phone', 'desk.example.org', '--json']);
    expect(JSON.parse(shown.out)).toMatchObject({ comment: 'moved', email: null });
    const several = await cli(['user', 'delete', 'alice']);
    expect(several.code).toBe(2);
    expect(several.err).toMatch(/at 2 computers: say which one with --phone \((desk|hall)\.example\.org, /);
    await ok(['user', 'delete', 'alice', '--phone', 'hall.example.org']);
    await ok(['user', 'delete', 'alice']);
  });

  test('[OBJ-06] [OBJ-07] who may do what with the entry is given and shown', async () => {
    await ok(['user', 'publish', 'alice', '--phone', 'a.example', '--acl', 'authenticated:read,owner:all']);
    expect(JSON.parse((await ok(['user', 'show', 'alice', '--json'])).out)).toMatchObject({
      acl: 'authenticated:read,owner:all',
      sddl: expect.stringMatching(/^D:/),
    });
    expect((await ok(['user', 'show', 'alice'], { columns: 100 })).out).toMatch(
      /^Access +authenticated:read/m,
    );
  });

  test('[USR-04] by the start of a name, and hints where there is none', async () => {
    for (const name of ['alice', 'albert', 'bob'])
      await ok(['user', 'publish', name, '--phone', 'x.example']);
    await ok(['user', 'publish', 'alfred', '--phone', 'x.example', '--unlisted']);
    const names = async (...args: string[]): Promise<string[]> =>
      (await ok(['user', 'list', ...args, '--ndjson'])).out
        .split('\n')
        .filter(Boolean)
        .map((line): string => JSON.parse(line).name)
        .toSorted((a, b) => (a < b ? -1 : 1));
    await expect(names('al*')).resolves.toEqual(['albert', 'alice']);
    await expect(names('al*', '--unlisted')).resolves.toEqual(['albert', 'alfred', 'alice']);
    await expect(names('--filter', '(cn=bob*)')).resolves.toEqual(['bob']);
    await expect(names('--phone', 'nowhere')).resolves.toEqual([]);
    const missing = await cli(['user', 'show', 'alise']);
    expect([missing.code, missing.out]).toEqual([3, '']);
    expect(missing.err).toContain('There is no user "alise" on this computer');
    expect(missing.err).toContain('Did you mean "alice"?');
    expect((await cli(['user', 'delete', 'bob', '--phone', 'y.example'])).err).toContain(
      'The user is at x.example.',
    );
  });

  test.each([
    [['publish', 'a]b'], /"\]"/],
    [['publish', 'a', '--phone', 'my phone'], /"my phone" is no computer/],
    [['publish', 'a', '--address', '300.1.1.1'], /"300\.1\.1\.1" is no IPv4 or IPv6 address/],
    [['publish', 'a', '--email', 'nobody'], /not an e-mail address/],
    [['publish', 'a', '--port', 'x'], /"x" is not a port/],
    [['publish', 'a', '--ttl', '60'], /300/],
    [['list', '--filter', '((('], /is not an LDAP filter/],
    [['lst'], /unknown command 'lst'/],
  ])('user %j is wrong usage', async (args, why) => {
    const { code, out, err } = await cli(['user', ...args]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(why);
  });

  test('[USR-03] [DIR-06] kept alive it stays until Ctrl-C, and goes then', async () => {
    using home = new Home();
    const running = home.start([
      'user',
      'publish',
      'alice',
      '--phone',
      'a.example',
      '--keep-alive',
      '--json',
    ]);
    await running.printed(/"name": "alice"[^]*\n\}/);
    const during = await home.run(['user', 'list']);
    expect(during.out).toContain('alice\ta.example');
    running.child.kill('SIGINT');
    const { code, err } = await running.end;
    expect(err).toContain('kept alive until Ctrl-C');
    expect(err).toContain('Removed "alice" again.');
    expect(code).toBe(0);
    expect((await home.run(['user', 'list'])).out).toBe('');
  });
});

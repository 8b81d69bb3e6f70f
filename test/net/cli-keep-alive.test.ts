import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Home } from './cli-program.ts';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home[Symbol.dispose]());

const names = async (): Promise<string> => (await home.run(['list'])).out;

describe('create --keep-alive', () => {
  test('[DIR-06] stays, keeps the entry for half an hour at a time, and removes it on Ctrl-C', async () => {
    await using running = home.start(['create', 'Hotline', '--permanent', '--keep-alive', '--json']);
    await running.printed(/"ttlSeconds": 1800/);
    expect(await names()).toMatch(/^Hotline\t/);
    running.child.kill('SIGINT');
    const { code, err } = await running.end;
    expect(err).toMatch(/Kept alive until its end or Ctrl-C\.\nRemoved "Hotline" again\.\n$/);
    expect(code).toBe(0);
    expect(await names()).toBe('');
  });

  test('[DIR-06] a crash leaves it to expire', async () => {
    await using running = home.start([
      'create',
      'Orphan',
      '--permanent',
      '--keep-alive',
      '--ttl',
      '300',
      '--json',
    ]);
    await running.printed(/"ttlSeconds": 300/);
    running.child.kill('SIGKILL');
    await running.end;
    expect(await names()).toMatch(/^Orphan\t/);
    const { expiresAt } = JSON.parse((await home.run(['show', 'Orphan', '--json'])).out);
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThan(300_000);
  });

  test('[DIR-06] ends with the conference', async () => {
    const running = await home.run(['create', 'Short', '--duration', '2s', '--keep-alive']);
    expect(running).toMatchObject({ code: 0, err: expect.stringContaining('Removed "Short" again.') });
    expect(await names()).toBe('');
  });

  test('a server that says goodbye is told, and is found again when it is back', async () => {
    const serve = (url: string) => home.start(['serve', '--listen', url, '--anonymous-write', '--json']);
    const server = serve('ldap://127.0.0.1:0');
    const [, url = ''] = await server.printed(/"url":"([^"]+)"/);
    const there = ['--directory', url];
    await using running = home.start([
      'create',
      'Hotline',
      '--permanent',
      '--keep-alive',
      '--json',
      ...there,
    ]);
    await running.printed(/"ttlSeconds": 1800/);
    server.child.kill('SIGTERM');
    await server.end;
    await using again = serve(url);
    await again.printed(/"listening"/);
    running.child.kill('SIGINT');
    const { code, err } = await running.end;
    expect(err).toMatch(/Lost the directory: the server hung up with unavailable \(52\)/);
    expect(err).toMatch(/Connected to 127\.0\.0\.1:\d+\.\nRemoved "Hotline" again\.\n$/);
    expect(code).toBe(0);
    expect((await home.run(['list', ...there])).out).toBe('');
  });

  test('without it the entry stays as long as the conference', async () => {
    await home.run(['create', 'Stays', '--permanent']);
    expect(await names()).toMatch(/^Stays\t/);
  });
});

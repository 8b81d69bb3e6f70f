import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Home, type Running } from './cli-program.ts';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home[Symbol.dispose]());

async function serve(
  ...args: readonly string[]
): Promise<{ server: Running; ldap: string; metrics: string }> {
  const server = home.start(['serve', '--listen', 'ldap://127.0.0.1:0', ...args]);
  const [, metrics = ''] = await server.printed(/(http:\/\/[\d.:[\]]+\/metrics)/);
  const [, ldap = ''] = await server.printed(/(ldap:\/\/127\.0\.0\.1:\d+)/);
  return { server, ldap, metrics };
}

describe('serve --metrics', () => {
  test('offers counters in the format of Prometheus', async () => {
    const { server, ldap, metrics } = await serve('--metrics', '127.0.0.1:0');
    await using _ = server;
    await home.run(['list', '--directory', ldap]);
    const response = await fetch(metrics);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    expect(text).toContain('# TYPE rendezvous_operations_total counter\n');
    expect(text).toMatch(/^rendezvous_connections_total 1$/m);
    expect(text).toMatch(/^rendezvous_operations_total\{operation="search"\} [1-9]/m);
    expect(text.endsWith('\n')).toBe(true);
    const head = await fetch(metrics, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await fetch(metrics, { method: 'POST' })).status).toBe(405);
    expect((await fetch(metrics.replace('/metrics', '/'))).status).toBe(404);
  });

  test('tells where, for scripts, and ends with the service', async () => {
    const { server, metrics } = await serve('--metrics', '127.0.0.1:0', '--json');
    await using _ = server;
    server.child.kill('SIGTERM');
    const { code, out } = await server.end;
    expect(code).toBe(0);
    const events: unknown[] = out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(events).toContainEqual({ type: 'metrics', time: expect.any(String), url: metrics });
    await expect(fetch(metrics)).rejects.toThrow(/fetch failed/);
  });

  test.each(['nowhere', '127.0.0.1', '127.0.0.1:99999', 'http://127.0.0.1:1', ':9'])(
    'refuses %s',
    async (place) => {
      const ended = await home.run(['serve', '--listen', 'ldap://127.0.0.1:0', '--metrics', place]);
      expect(ended).toMatchObject({ code: 2, err: expect.stringContaining('write it like 127.0.0.1:9389') });
    },
  );

  test('a port that is taken is named', async () => {
    const { server, metrics } = await serve('--metrics', '127.0.0.1:0');
    await using _ = server;
    const { host } = new URL(metrics);
    const ended = await home.run(['serve', '--listen', 'ldap://127.0.0.1:0', '--metrics', host]);
    expect(ended).toMatchObject({ code: 5, err: expect.stringContaining(`Cannot offer metrics on ${host}`) });
  });
});

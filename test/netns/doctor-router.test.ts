import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, listen, openLab, type Router, send, startRouter } from '../kit/index.ts';
import { Home, PROGRAM, Running } from '../net/cli-program.ts';

/** Host 1 and host 2 on two networks, host 3 the router between them; groups of 239.255/16 end at it. */
const home = new Home();
let lab: Lab;
let router: Router;
let listener: Running;
const start = (host: number, ...args: readonly string[]): Running =>
  new Running(lab.host(host).spawn(process.execPath, [PROGRAM, '--data-dir', home.path, 'doctor', ...args]));
beforeAll(async () => {
  lab = await openLab({
    hosts: 3,
    networks: 2,
    attach: (host, network) => host === 3 || host === network + 1,
  });
  router = await startRouter(lab, 3, { groups: ['239.0.0.0/8', 'ff18::/16'], boundary: ['239.255.0.0/16'] });
  listener = start(2, '--listen', '--json');
  await listener.printed(/"type":"listening"/);
});
afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  await router[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

async function probe(...args: readonly string[]): Promise<{
  there: { heard: number; ttlHeard: number | null; hops: number | null };
  back: { heard: number; hops: number | null };
  checks: { id: string; status: string; why?: string }[];
}> {
  const { out, err } = await start(1, '--probe', ...args, '--count', '20', '--json').end;
  return out === '' ? Promise.reject(new Error(err)) : JSON.parse(out);
}

describe('a multicast router between two networks', () => {
  test.each([
    ['10.78.0.2', '239.193.7.7:20000'],
    ['fd78::2', '[ff18::7:7]:20000'],
  ])('probes to %s get through, and their TTL tells the hop', async (host, group) => {
    const { there, back } = await probe(host, '--group', group);
    expect(there).toMatchObject({ heard: 20, ttlHeard: 14, hops: 1 });
    expect(back).toMatchObject({ heard: 20, hops: 1 });
  });

  test('a TTL of 1 ends at the router, and the doctor knows', async () => {
    const { there, back, checks } = await probe('10.78.0.2', '--group', '239.193.7.8:20000', '--ttl', '1');
    expect([there.heard, back.heard]).toEqual([0, 0]);
    expect(checks[0]).toMatchObject({
      id: 'there',
      status: 'fail',
      why: 'they are on different networks, and a TTL of 1 ends at the first router',
    });
  });

  test('a group of a smaller scope ends at its boundary, whatever the TTL', async () => {
    const within = { group: '239.255.7.7', port: 20_100 };
    const beyond = { group: '239.194.7.7', port: 20_102 };
    await using stays = await listen(lab.host(2), { ...within, interfaceName: 'eth1' });
    await using passes = await listen(lab.host(2), { ...beyond, interfaceName: 'eth1' });
    await send(lab.host(1), { ...within, count: 20, ttl: 30 });
    await send(lab.host(1), { ...beyond, count: 20, ttl: 30 });
    await expect.poll(async () => (await passes.heard()).packets, { timeout: 10_000 }).toBe(20);
    expect((await stays.heard()).packets).toBe(0);
    expect(await router.routes()).toContain('239.194.7.7');
  });
});

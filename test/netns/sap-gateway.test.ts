import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Lab, listen, openLab, send, startRouter } from '../kit/index.ts';
import { runCli } from '../cli/host.ts';
import { PROGRAM, Running } from '../net/cli-program.ts';

// Host 1 is in one network, host 3 in another, and host 2 is the multicast router between them.

/** What the router passes on: the organization's scope. The local scope ends at it (RFC 2365). */
const PASS = ['239.192.0.0/14', 'ff08::2:7ffe', 'ff18::8:8'];
/** The gateways live half a minute in a second; what they ask of their directories may take as long as ever. */
const FAST = [fileURLToPath(new URL('../support/fast-cli.ts', import.meta.url)), '30', '--timeout', '10m'];

let lab: Lab;
beforeAll(async () => {
  const attach = (host: number, network: number): boolean => host === 2 || (host === 1) === (network === 0);
  lab = await openLab({ hosts: 3, networks: 2, attach });
});
afterAll(() => lab[Symbol.asyncDispose]());

/** How many of twenty packets get from host 1 to host 3. */
async function passing(group: string, ttl: number): Promise<number> {
  await using member = await listen(lab.host(3), { group, port: 5004, interfaceName: 'eth1' });
  await send(lab.host(1), { group, port: 5004, count: 20, ttl });
  await delay(100);
  return (await member.heard()).packets;
}

test('zones end by address, for IPv6 too, and by the TTL that a router asks for', async () => {
  await using _router = await startRouter(lab, 2, { groups: PASS, ttlThreshold: 16 });
  expect(await passing('239.192.8.8', 15)).toBe(0);
  expect(await passing('239.192.8.8', 63)).toBe(20);
  expect(await passing('ff18::8:8', 63)).toBe(20);
  expect(await passing('ff15::8:8', 63)).toBe(0);
});

describe('a gateway at each side', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rendezvous-gateway-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What needs no more than the files of a host runs in here. */
  const cli = async (host: number, ...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await runCli([...args, '--data-dir', join(folder, `h${host}`)]);
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err}`);
    return out;
  };
  const startFrom = (program: readonly string[], host: number, ...args: readonly string[]): Running =>
    new Running(
      lab.host(host).spawn(process.execPath, [...program, ...args, '--data-dir', join(folder, `h${host}`)]),
    );
  const start = (host: number, ...args: readonly string[]): Running => startFrom([PROGRAM], host, ...args);
  const gateway = async (host: number, ...more: readonly string[]): Promise<Running> => {
    const options = ['--listen', 'ldap://127.0.0.1:0', '--sap', '--json', ...more];
    const running = startFrom(FAST, host, 'serve', ...options);
    await running.printed(/"type":"sapListening"/);
    return running;
  };
  const create = (host: number, name: string, scope: string, group: string): Promise<string> =>
    cli(host, 'create', name, '--scope', scope, '--group', group, '--duration', '1h');
  /** Names in a directory, with where they come from. */
  const listed = async (host: number): Promise<string[]> => {
    const all: unknown = JSON.parse(await cli(host, 'list', '--json'));
    if (!Array.isArray(all)) return [];
    return all.map(({ name, origin }) => `${name} ${origin?.source ?? 'here'}`).toSorted();
  };

  test('each directory has what the other’s scope lets through, and nothing goes round', async () => {
    await using _router = await startRouter(lab, 2, { groups: PASS });
    await using capture = await lab.host(3).capture('udp port 9875', 'eth1');
    const gateways = [gateway(1, '--sap-name', 'left'), gateway(3, '--sap-name', 'right')] as const;
    await using left = await gateways[0];
    await using right = await gateways[1];
    await using watching = start(3, 'discover', '--watch', '--interface', 'eth1');
    // one after the other: sessions made on one computer in one millisecond would be one
    await create(1, 'Site', 'site', '239.255.8.8:5004');
    await create(1, 'Region', 'region', '239.192.8.8:5004');
    await create(1, 'Six', 'region', '[ff18::8:8]:5004');
    await create(1, 'Here', 'local', '239.192.8.10:5004');
    await create(3, 'Other side', 'region', '239.192.8.9:5004');
    for (const name of ['Region', 'Six']) await right.printed(new RegExp(`"imported","name":"${name}"`));
    await left.printed(/"imported","name":"Other side"/);
    expect(await listed(3)).toEqual([
      'Other side here',
      'Region 10.77.0.1',
      expect.stringMatching(/^Six fd77::1$|^Six fe80:/),
    ]);
    expect(await listed(1)).toContain('Other side 10.78.0.3');
    // our own command line finds them on the other side too
    await watching.printed(/^.*appeared\tRegion\t239\.192\.8\.8:5004/m);
    expect(watching.out).not.toMatch(/\t(Site|Here)\t/);
    // and hears who takes part there, by the copy in its directory
    await using _talker = start(1, 'join', 'Region', '--send', 'tone:440', '--receive', 'null', '--json');
    await using hearer = start(3, 'join', 'Region', '--listen', '--json');
    await hearer.printed(/"type":"verdict".*"outcome":"hearing","participants":1,"hearing":1/);
    await cli(1, 'delete', 'Region');
    await right.printed(/"removed","name":"Region"/);
    // each session came from one host alone, in its own group, under one hash
    const rows = await capture.rows('ip.src', 'ipv6.src', 'ip.dst', 'sap.message_identifier_hash');
    const sent = Map.groupBy(rows, ([, , , hash]) => hash);
    expect(sent.size).toBe(3);
    for (const [hash, all] of sent) {
      expect([hash, new Set(all.map(([ipv4, ipv6]) => `${ipv4}${ipv6}`)).size]).toEqual([hash, 1]);
    }
    expect(new Set(rows.map(([, , group]) => group))).not.toContain('239.255.255.255');
    expect(rows.length).toBeLessThan(120);
  });
});

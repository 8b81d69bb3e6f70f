import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { collect } from './namespaces.ts';
import type { Lab, LabHost } from './netns.ts';

export interface RouterOptions {
  /** What is forwarded, each way; default `239.0.0.0/8` and `ff15::/16`. */
  readonly groups?: readonly string[];
  /** Groups that stop here, although they are in one of those: the boundary of a scope (RFC 2365 §5). */
  readonly boundary?: readonly string[];
  /** Packets with a TTL below it are not forwarded; default 1: as the TTL is counted down, 1 itself ends here. */
  readonly ttlThreshold?: number;
}

/** A router at work; disposing of it ends it. */
export interface Router extends AsyncDisposable {
  /** What it forwards now, as smcroutectl shows it. */
  routes(): Promise<string>;
}

/**
 * Makes a host that is in several networks a router between them, of unicast and, by smcroute, of multicast. Hosts that are
 * in one network only get routes by it. The switches know it as a router and send it every group.
 */
export async function startRouter(lab: Lab, number: number, options: RouterOptions = {}): Promise<Router> {
  const { groups = ['239.0.0.0/8', 'ff15::/16'], boundary = [], ttlThreshold = 1 } = options;
  const router = lab.host(number);
  const networks = router.ipv4.flatMap((address, k) => (address === '' ? [] : [k]));
  const interfaces = networks.map((k) => `eth${k}`);
  await router.run('sh', [
    '-e',
    '-c',
    'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding',
  ]);
  for (const k of networks)
    await lab.switchScript(`ip link set p${number}n${k} type bridge_slave mcast_router 2`);
  for (const host of lab.hosts) if (host !== router) await routeBy(host, router, networks);

  const configuration = join(tmpdir(), `${router.name}-${process.pid}-${crypto.randomUUID()}.conf`);
  const socket = `/run/${router.name}-smcroute.sock`;
  const others = (name: string): string => interfaces.filter((it) => it !== name).join(' ');
  const lines = [
    ...interfaces.map((name) => `phyint ${name} enable ttl-threshold ${ttlThreshold}`),
    // A more special route to nowhere comes before the general one.
    ...interfaces.flatMap((name) => boundary.map((group) => `mroute from ${name} group ${group}`)),
    ...interfaces.flatMap((name) =>
      groups.map((group) => `mroute from ${name} group ${group} to ${others(name)}`),
    ),
  ];
  await writeFile(configuration, `${lines.join('\n')}\n`);
  const pidFile = configuration.replace(/conf$/, 'pid');
  const daemon = router.spawn('smcrouted', [
    '-n',
    '-N',
    '-l',
    'info',
    '-f',
    configuration,
    '-u',
    socket,
    '-P',
    pidFile,
  ]);
  const exited = once(daemon, 'exit');
  const complaint = collect(daemon.stderr);
  const stop = async (): Promise<void> => {
    daemon.kill();
    await exited;
    await rm(configuration, { force: true });
    await rm(pidFile, { force: true });
  };
  for await (const line of createInterface({ input: daemon.stderr })) if (/ready|waiting/i.test(line)) break;
  if (daemon.exitCode !== null) {
    await stop();
    throw new Error(`smcrouted ended: ${complaint()}`);
  }
  return {
    routes: () => router.run('smcroutectl', ['-u', socket, '-p', 'show', 'routes']),
    [Symbol.asyncDispose]: stop,
  };
}

/** What a host in one of the networks needs to reach the others. */
async function routeBy(host: LabHost, router: LabHost, networks: readonly number[]): Promise<void> {
  const near = networks.filter((k) => host.ipv4[k] !== '');
  const [first] = near;
  if (first === undefined || near.length > 1) return;
  for (const k of networks.filter((it) => it !== first)) {
    const prefixes = [router.ipv4[k]?.replace(/\.\d+$/, '.0/24'), router.ipv6[k]?.replace(/::.*$/, '::/64')];
    for (const [i, prefix] of prefixes.entries()) {
      const gateway = [router.ipv4, router.ipv6][i]?.[first] ?? '';
      await host.run('ip', ['route', 'replace', prefix ?? '', 'via', gateway]);
    }
  }
}

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Capture, startCapture } from './capture.ts';
import { impair, type Impaired, type Impairment } from './impair.ts';
import { openNamespaces } from './namespaces.ts';
import { networksOf, setupScript, type SwitchWays, upScript, waysScript } from './topology.ts';

export type { Capture } from './capture.ts';
export type { Impaired, Impairment } from './impair.ts';
export type { SwitchWays } from './topology.ts';

/**
 * Several hosts on one machine: network namespaces on a bridge that snoops IGMPv3 and MLDv2 and is the querier. All
 * of it lives in one private mount and network namespace, without root in a user namespace too, and goes away with
 * the process that holds it: nothing is left on the machine even when a test dies.
 */
export interface Lab extends AsyncDisposable {
  readonly hosts: readonly LabHost[];
  /** @param number from 1 */
  host(number: number): LabHost;
  /** Changes the ways of the switch of one network, 0 for the first: no querier, an older IGMP, no snooping. */
  setSwitch(ways: SwitchWays, network?: number): Promise<void>;
  /** Runs a shell script on the switch, to change its ways: `ip link set br0 type bridge mcast_querier 0`. */
  switchScript(script: string): Promise<string>;
}

export interface LabOptions {
  readonly hosts: number;
  /** Separate networks, each with its bridge; every host has `eth0` in the first, `eth1` in the second. Default 1. */
  readonly networks?: number;
  /** Which hosts (from 1) are in which networks (from 0); default: every host in all. */
  readonly attach?: (host: number, network: number) => boolean;
  /** Whether hosts have a route for IPv4 groups, by their first interface. There is never a default route. Default true. */
  readonly multicastRoute?: boolean;
}

export interface LabHost {
  readonly name: string;
  /**
   * Addresses by network: `10.77.0.N` and `fd77::N` in the first, `10.78.0.N` and `fd78::N` in the second; empty
   * texts for networks that it is not in.
   */
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** Starts a program on this host, in the working directory of the tests. End it before the lab closes. */
  spawn(command: string, args: readonly string[]): ChildProcessWithoutNullStreams;
  /** Runs a program to its end. @returns its standard output @throws with its standard error when it fails */
  run(command: string, args: readonly string[]): Promise<string>;
  /**
   * Waits until the switch has seen this host join the group and sends it there: a join takes some milliseconds to
   * be reported, and what is sent before is lost.
   */
  forwarded(group: string, interfaceName?: string): Promise<void>;
  /** Captures what passes an interface of this host until stopped. */
  capture(filter: string, interfaceName?: string): Promise<Capture>;
  /** Takes an interface down, or up again with the addresses and the route that it had. */
  setLink(state: 'up' | 'down', interfaceName?: string): Promise<void>;
  /** Pulls the cable of an interface out, or puts it in again: the interface stays up and loses its carrier. */
  setCable(state: 'in' | 'out', interfaceName?: string): Promise<void>;
  /** Makes the network worse for an interface of this host until the result is disposed of. */
  impair(impairment: Impairment, interfaceName?: string): Promise<Impaired>;
}

/** @throws when namespaces cannot be made here: these tests fail rather than skip */
export async function openLab(options: LabOptions): Promise<Lab> {
  const directory = await mkdtemp(join(tmpdir(), 'netns-lab-'));
  const namespaces = await openNamespaces();
  const close = async (): Promise<void> => {
    await namespaces[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  };
  const onSwitch = (script: string): Promise<string> => namespaces.run('switch', 'sh', ['-e', '-c', script]);
  try {
    await namespaces.script(setupScript(options));
    let captures = 0;
    const hosts = Array.from({ length: options.hosts }, (_, i): LabHost => {
      const name = `h${i + 1}`;
      const isIn = (network: number): boolean => options.attach?.(i + 1, network) ?? true;
      const start = (command: string, args: readonly string[]): ChildProcessWithoutNullStreams =>
        namespaces.spawn(name, command, args);
      const run = (command: string, args: readonly string[]): Promise<string> =>
        namespaces.run(name, command, args);
      const shell = (script: string): Promise<string> => run('sh', ['-e', '-c', script]);
      return {
        name,
        ipv4: networksOf(options).map((k) => (isIn(k) ? `10.${77 + k}.0.${i + 1}` : '')),
        ipv6: networksOf(options).map((k) => (isIn(k) ? `fd${77 + k}::${i + 1}` : '')),
        spawn: start,
        run,
        async forwarded(group, interfaceName = 'eth0') {
          // the port is p…, or q… behind an impairing wire
          const port = `[pq]${i + 1}n${interfaceName.replace('eth', '')}`;
          const entry = new RegExp(`port ${port} grp ${RegExp.escape(group)}[ \\n]`);
          for (let tries = 0; !entry.test(await onSwitch('bridge mdb show')); tries++) {
            if (tries >= 100)
              throw new Error(`the switch has not seen ${name} join ${group} on ${interfaceName}`);
            await delay(10);
          }
        },
        capture: (filter, interfaceName = 'eth0') =>
          startCapture(start, filter, interfaceName, join(directory, `${name}-${captures++}.pcap`)),
        async setLink(state, interfaceName = 'eth0') {
          if (state === 'down') await run('ip', ['link', 'set', interfaceName, 'down']);
          else await shell(upScript(options, i + 1, Number(interfaceName.replace('eth', ''))));
        },
        async setCable(state, interfaceName = 'eth0') {
          const port = `p${i + 1}n${interfaceName.replace('eth', '')}`;
          await onSwitch(`ip link set ${port} ${state === 'in' ? 'up' : 'down'}`);
        },
        impair: (impairment, interfaceName = 'eth0') =>
          impair(
            {
              onHost: shell,
              onSwitch,
              startOnSwitch: (command, args) => namespaces.spawn('switch', command, args),
              interfaceName,
              port: `${i + 1}n${interfaceName.replace('eth', '')}`,
              bridge: interfaceName.replace('eth', 'br'),
            },
            impairment,
          ),
      };
    });
    const lab: Lab = {
      hosts,
      host(number) {
        const host = hosts[number - 1];
        if (host === undefined) throw new RangeError(`the lab has hosts 1 to ${hosts.length}, not ${number}`);
        return host;
      },
      async setSwitch(ways, network = 0) {
        await onSwitch(waysScript(`br${network}`, ways));
      },
      switchScript: onSwitch,
      [Symbol.asyncDispose]: close,
    };
    if (options.multicastRoute !== false) await snoopingSettled(lab);
    return lab;
  } catch (error) {
    await close();
    throw error;
  }
}

/** Until a querier is known, a snooping bridge floods: sends to groups without members until the last host is spared. */
async function snoopingSettled({ hosts }: Lab): Promise<void> {
  const burst = 10;
  const inFirst = hosts.filter(({ ipv4 }) => ipv4[0] !== '');
  const [first, last] = [inFirst.at(0), inFirst.at(-1)];
  if (first === undefined || last === undefined || first === last) return;
  const received = async (): Promise<number> =>
    Number(await last.run('cat', ['/sys/class/net/eth0/statistics/rx_packets']));
  for (const group of ['239.255.254.253', 'ff15::feed']) {
    const send = `for i in $(seq ${burst}); do echo probe > /dev/udp/${group}/9; done`;
    for (let tries = 0; ; tries++) {
      const before = await received();
      await first.run('bash', ['-c', send]);
      if ((await received()) - before < burst) break;
      if (tries >= 100) throw new Error(`the switch still floods ${group} after 100 probes`);
      await delay(100);
    }
  }
}

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cwd, getuid } from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Several hosts on one machine: network namespaces on a bridge that snoops IGMPv3 and MLDv2 and is the querier. All
 * of it lives in one private mount and network namespace, without root in a user namespace too, and goes away with
 * the process that holds it: nothing is left on the machine even when a test dies.
 */
export interface Lab extends AsyncDisposable {
  readonly hosts: readonly LabHost[];
  /** @param number from 1 */
  host(number: number): LabHost;
  /** Runs a shell script on the switch, to change its ways: `ip link set br0 type bridge mcast_querier 0`. */
  switchScript(script: string): Promise<string>;
}

export interface LabOptions {
  readonly hosts: number;
  /** Separate networks, each with its bridge; every host has `eth0` in the first, `eth1` in the second. Default 1. */
  readonly networks?: number;
  /** Whether hosts have a route for IPv4 groups, by `eth0`. There is never a default route. Default true. */
  readonly multicastRoute?: boolean;
}

export interface LabHost {
  readonly name: string;
  /** Addresses by network: `10.77.0.N` and `fd77::N` in the first, `10.78.0.N` and `fd78::N` in the second. */
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
}

export interface Capture extends AsyncDisposable {
  /** Where the packets are kept until the lab closes, for `tshark -r`. */
  readonly file: string;
  /** Ends the capture once what is under way has had time to arrive. */
  stop(): Promise<void>;
  /** Stops, and reads one row for each packet with the fields asked for, as tshark names and prints them. */
  rows(...fields: string[]): Promise<string[][]>;
}

/** @throws when namespaces cannot be made here: these tests fail rather than skip */
export async function openLab(options: LabOptions): Promise<Lab> {
  const directory = await mkdtemp(join(tmpdir(), 'rendezvous-lab-'));
  const holder = await hold();
  const enter = (namespace: string, command: string, args: readonly string[]): string[] =>
    intoLab(holder.pid, ['ip', 'netns', 'exec', namespace, 'env', '-C', cwd(), command, ...args]);
  const run = (namespace: string, command: string, args: readonly string[]): Promise<string> =>
    finish(spawn('nsenter', enter(namespace, command, args)), `${namespace}: ${command}`);
  const close = async (): Promise<void> => {
    holder.stdin.end();
    await once(holder, 'exit');
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const setup = setupScript(options);
    await finish(spawn('nsenter', intoLab(holder.pid, ['sh', '-e', '-c', setup])), 'setting up the lab');
    let captures = 0;
    const hosts = Array.from({ length: options.hosts }, (_, i): LabHost => {
      const name = `h${i + 1}`;
      const start = (command: string, args: readonly string[]): ChildProcessWithoutNullStreams =>
        spawn('nsenter', enter(name, command, args));
      return {
        name,
        ipv4: networksOf(options).map((k) => `10.${77 + k}.0.${i + 1}`),
        ipv6: networksOf(options).map((k) => `fd${77 + k}::${i + 1}`),
        spawn: start,
        run: (command, args) => run(name, command, args),
        async forwarded(group, interfaceName = 'eth0') {
          const network = interfaceName.replace('eth', '');
          const entry = new RegExp(`port p${i + 1}n${network} grp ${RegExp.escape(group)}[ \\n]`);
          for (let tries = 0; !entry.test(await run('switch', 'bridge', ['mdb', 'show'])); tries++) {
            if (tries >= 100)
              throw new Error(`the switch has not seen ${name} join ${group} on ${interfaceName}`);
            await delay(10);
          }
        },
        capture: (filter, interfaceName = 'eth0') =>
          capture(start, filter, interfaceName, join(directory, `${name}-${captures++}.pcap`)),
      };
    });
    const lab: Lab = {
      hosts,
      host(number) {
        const host = hosts[number - 1];
        if (host === undefined) throw new RangeError(`the lab has hosts 1 to ${hosts.length}, not ${number}`);
        return host;
      },
      switchScript: (script) => run('switch', 'sh', ['-e', '-c', script]),
      [Symbol.asyncDispose]: close,
    };
    if (options.multicastRoute !== false && options.hosts > 1) await snoopingSettled(lab);
    return lab;
  } catch (error) {
    await close();
    throw error;
  }
}

function isRoot(): boolean {
  return getuid?.() === 0;
}

function intoLab(pid: number | undefined, command: readonly string[]): string[] {
  return ['-t', String(pid), '-n', '-m', ...(isRoot() ? [] : ['-U', '--preserve-credentials']), ...command];
}

/** A process that keeps the namespaces alive until its standard input ends, also because this process died. */
async function hold(): Promise<ChildProcessWithoutNullStreams> {
  const script = 'mount -t tmpfs lab /run && mkdir /run/netns && echo ready && exec cat';
  const flags = isRoot() ? ['-n', '-m'] : ['-U', '-r', '-n', '-m'];
  const holder = spawn('unshare', [...flags, 'sh', '-c', script]);
  const complaint = collect(holder.stderr);
  const ready = await Promise.race([
    once(holder.stdout, 'data'),
    once(holder, 'exit'),
    once(holder, 'error'),
  ]);
  if (!String(ready[0]).startsWith('ready')) {
    throw new Error(
      `network namespaces cannot be made here (root or unprivileged user namespaces are needed): ${complaint()}`,
    );
  }
  return holder;
}

function networksOf({ networks = 1 }: LabOptions): number[] {
  return Array.from({ length: networks }, (_, k) => k);
}

/** Short querier timers, set before the querier is switched on: it then snoops after one response interval. */
function setupScript(options: LabOptions): string {
  const noDad = (namespace: string): string =>
    `ip netns exec ${namespace} sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad' || true`;
  const lines = ['ip netns add switch', 'ip -n switch link set lo up', noDad('switch')];
  for (const k of networksOf(options)) {
    lines.push(
      `ip -n switch link add br${k} type bridge mcast_snooping 1 mcast_igmp_version 3 mcast_mld_version 2 ` +
        'mcast_query_response_interval 100 mcast_query_interval 500 mcast_last_member_interval 10 ' +
        'mcast_startup_query_interval 50',
      `ip -n switch link set br${k} up`,
      `ip -n switch link set br${k} type bridge mcast_querier 1`,
    );
  }
  for (let i = 1; i <= options.hosts; i++) {
    lines.push(`ip netns add h${i}`, `ip -n h${i} link set lo up`, noDad(`h${i}`));
    for (const k of networksOf(options)) {
      lines.push(
        `ip link add eth${k} netns h${i} type veth peer name p${i}n${k} netns switch`,
        `ip -n switch link set p${i}n${k} master br${k} up`,
        `ip -n h${i} link set eth${k} up`,
        `ip -n h${i} addr add 10.${77 + k}.0.${i}/24 dev eth${k}`,
        `ip -n h${i} -6 addr add fd${77 + k}::${i}/64 dev eth${k} nodad`,
      );
    }
    if (options.multicastRoute !== false) lines.push(`ip -n h${i} route add 224.0.0.0/4 dev eth0`);
  }
  return lines.join('\n');
}

/** Until a querier is known, a snooping bridge floods: sends to groups without members until the last host is spared. */
async function snoopingSettled(lab: Lab): Promise<void> {
  const burst = 10;
  const [first, last] = [lab.host(1), lab.host(lab.hosts.length)];
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

async function capture(
  start: (command: string, args: readonly string[]) => ChildProcessWithoutNullStreams,
  filter: string,
  interfaceName: string,
  file: string,
): Promise<Capture> {
  // Not tcpdump: as root of a user namespace it cannot give up its rights, and ends.
  const dumpcap = start('dumpcap', ['-q', '-P', '-i', interfaceName, '-f', filter, '-w', file]);
  const exited = once(dumpcap, 'exit');
  let said = '';
  for await (const line of createInterface({ input: dumpcap.stderr })) {
    said += `${line}\n`;
    if (line.startsWith('File: ')) break;
  }
  if (!said.includes('File: ')) throw new Error(`no capture on ${interfaceName}: ${said}`);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      // Packets rest up to 250 ms in the kernel's ring before dumpcap sees them: wait until the file stays as it is.
      for (let size = -1, before = -2; size !== before; ) {
        before = size;
        await delay(400);
        ({ size } = await stat(file));
      }
      dumpcap.kill('SIGINT');
      await exited;
    })();
    return stopped;
  };
  return {
    file,
    stop,
    async rows(...fields) {
      await stop();
      const wanted = fields.flatMap((field) => ['-e', field]);
      const text = await finish(spawn('tshark', ['-r', file, '-n', '-T', 'fields', ...wanted]), 'tshark');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('\t'));
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** @returns standard output once the program has ended well */
async function finish(child: ChildProcessWithoutNullStreams, what: string): Promise<string> {
  const [output, complaint] = [collect(child.stdout), collect(child.stderr)];
  child.stdin.end();
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`${what} ended with ${String(code ?? signal)}: ${complaint() || output()}`);
  return output();
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

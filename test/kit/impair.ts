import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { collect } from './namespaces.ts';
import type { WireOrder, WireStatistics } from './wire.ts';

/** What shall go wrong between an interface of a host and the switch. Shares are from 0 to 1. */
export interface Impairment {
  /** As the host sees it. Default `both`. */
  readonly direction?: 'out' | 'in' | 'both';
  /** Share of the UDP packets that are lost. */
  readonly loss?: number;
  /** Everything together gets no more than so many kilobits a second; what waits longer than 400 ms is lost. */
  readonly rateKbit?: number;
  /** UDP packets are late by so much, give or take `jitterMs`, milliseconds. */
  readonly delayMs?: number;
  readonly jitterMs?: number;
  /** Share of the UDP packets that are not delayed, and so overtake others. */
  readonly reorder?: number;
  /** Share of the UDP packets that come twice. */
  readonly duplicate?: number;
  /** The same seed loses the same packets of the same traffic. */
  readonly seed?: number;
}

/** An impairment in force; disposing of it ends it. */
export interface Impaired extends AsyncDisposable {
  /** What was done so far. Only a wire knows: with delay, jitter, reorder, duplicate or seed. */
  statistics(): Promise<WireStatistics>;
}

/** Where one interface of one host is reached. */
export interface Place {
  readonly onHost: (script: string) => Promise<string>;
  readonly onSwitch: (script: string) => Promise<string>;
  readonly startOnSwitch: (command: string, args: readonly string[]) => ChildProcessWithoutNullStreams;
  readonly interfaceName: string;
  /** Ports of the switch are named `p` or `q` and this. */
  readonly port: string;
  readonly bridge: string;
}

/** @throws {RangeError} for shares beyond 0 to 1 and negative times */
export async function impair(place: Place, wanted: Impairment): Promise<Impaired> {
  const { loss = 0, delayMs = 0, jitterMs = 0, reorder = 0, duplicate = 0, rateKbit = 1, seed } = wanted;
  for (const [name, share] of Object.entries({ loss, reorder, duplicate })) {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`${name} is a share from 0 to 1, not ${share}`);
  }
  if (delayMs < 0 || jitterMs < 0) throw new RangeError('delayMs and jitterMs are not negative');
  if (!(rateKbit > 0)) throw new RangeError(`rateKbit is positive, not ${rateKbit}`);
  await using undo = new AsyncDisposableStack();
  if (wanted.rateKbit !== undefined) await limitRate(place, wanted, rateKbit, undo);
  let wire: Wire | undefined;
  if (delayMs > 0 || jitterMs > 0 || reorder > 0 || duplicate > 0 || seed !== undefined) {
    wire = await insertWire(place, wanted, undo);
  } else if (loss > 0) await dropAtRandom(place, wanted, loss, undo);
  const ending = undo.move();
  return {
    statistics() {
      if (wire === undefined)
        throw new Error('loss and rate alone are left to the kernel, which does not count');
      return wire.statistics();
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  };
}

const goesOut = ({ direction = 'both' }: Impairment): boolean => direction !== 'in';
const comesIn = ({ direction = 'both' }: Impairment): boolean => direction !== 'out';

/** A token bucket at the sending end: the host's own interface, and the port of the switch. */
async function limitRate(
  { onHost, onSwitch, interfaceName, port }: Place,
  wanted: Impairment,
  kbit: number,
  undo: AsyncDisposableStack,
): Promise<void> {
  const bucket = `tbf rate ${kbit}kbit burst 4k latency 400ms`;
  if (goesOut(wanted)) {
    await onHost(`tc qdisc replace dev ${interfaceName} root ${bucket}`);
    undo.defer(async () => void (await onHost(`tc qdisc del dev ${interfaceName} root`)));
  }
  if (comesIn(wanted)) {
    await onSwitch(`tc qdisc replace dev p${port} root ${bucket}`);
    undo.defer(async () => void (await onSwitch(`tc qdisc del dev p${port} root`)));
  }
}

/** Where packets arrive, so that no sender is told: at the port of the switch, and at the host's interface. */
async function dropAtRandom(
  { onHost, onSwitch, interfaceName, port }: Place,
  wanted: Impairment,
  loss: number,
  undo: AsyncDisposableStack,
): Promise<void> {
  const script = (device: string): string => `nft -f - <<'END'
table netdev impair_${device} {
  chain arriving {
    type filter hook ingress device ${device} priority 0;
    meta l4proto udp ${loss < 1 ? `numgen random mod 1000000 < ${Math.round(loss * 999_999)} ` : ''}drop
  }
}
END`;
  const drop = async (run: Place['onHost'], device: string): Promise<void> => {
    await run(script(device));
    undo.defer(async () => void (await run(`nft delete table netdev impair_${device}`)));
  };
  if (goesOut(wanted)) await drop(onSwitch, `p${port}`);
  if (comesIn(wanted)) await drop(onHost, interfaceName);
}

interface Wire {
  statistics(): Promise<WireStatistics>;
}

/**
 * Takes the port out of the bridge, puts another in its place, and a process between the two that hands frames from one
 * to the other as it is told. The host sees nothing of it.
 */
async function insertWire(
  { onSwitch, startOnSwitch, port, bridge }: Place,
  wanted: Impairment,
  undo: AsyncDisposableStack,
): Promise<Wire> {
  const [old, inner, fresh] = [`p${port}`, `x${port}`, `q${port}`];
  const { direction = 'both', seed = 1, loss = 0, rateKbit: _, ...rest } = wanted;
  const order: WireOrder = {
    host: old,
    network: inner,
    direction,
    seed,
    loss,
    delayMs: rest.delayMs ?? 0,
    jitterMs: rest.jitterMs ?? 0,
    reorder: rest.reorder ?? 0,
    duplicate: rest.duplicate ?? 0,
  };
  await onSwitch(`ip link add ${inner} type veth peer name ${fresh}
for i in ${inner} ${fresh}; do sysctl -qw net.ipv6.conf.$i.disable_ipv6=1; done
sysctl -qw net.ipv6.conf.${old}.disable_ipv6=1
ip link set ${inner} up
ip link set ${old} nomaster
ip link set ${fresh} master ${bridge} up`);
  undo.defer(async () => {
    await onSwitch(`ip link del ${fresh}
ip link set ${old} master ${bridge}`);
  });
  const program = fileURLToPath(new URL('wire.ts', import.meta.url));
  const child = startOnSwitch(execPath, [program, JSON.stringify(order)]);
  const exited = once(child, 'exit');
  const complaint = collect(child.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  undo.defer(async () => {
    child.stdin.end();
    await exited;
  });
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the wire of ${old} ended: ${complaint()}`);
    return value;
  };
  await next(); // it stands
  return {
    async statistics() {
      child.stdin.write('statistics\n');
      const told: WireStatistics = JSON.parse(await next());
      return told;
    },
  };
}

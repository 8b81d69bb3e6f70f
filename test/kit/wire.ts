import { argv, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { carriesUdp, type Chances, drawFate, seededRandom } from './fate.ts';
import { FRAME_OFFSET, openPacketSocket, type PacketSocket } from './packet-socket.ts';

/** What a wire is told. */
export interface WireOrder extends Chances {
  /** Interface at the host's end, and at the network's. */
  readonly host: string;
  readonly network: string;
  /** Which way is impaired, as the host sees it. */
  readonly direction: 'out' | 'in' | 'both';
  /** The two ways draw from different sequences of the same seed. */
  readonly seed: number;
}

/** UDP packets of the impaired ways. */
export interface WireStatistics {
  readonly packets: number;
  readonly lost: number;
  readonly overtaking: number;
  readonly duplicated: number;
  /** Frames that the system did not take, of any kind. */
  readonly refused: number;
}

/** Hands frames from one interface to the other, some of them late, twice or never. Runs until standard input ends. */
export function runWire(order: WireOrder): { statistics: WireStatistics } & Disposable {
  using opened = new DisposableStack();
  const host = opened.use(openPacketSocket(order.host));
  const network = opened.use(openPacketSocket(order.network));
  const counted = { packets: 0, lost: 0, overtaking: 0, duplicated: 0, refused: 0 };
  const pass = (to: PacketSocket, frame: Uint8Array): void => {
    if (!to.send(frame)) counted.refused++;
  };
  const join = (from: PacketSocket, to: PacketSocket, seed: number, impaired: boolean): void => {
    const random = seededRandom(seed);
    from.listen((frame) => {
      if (!impaired || !carriesUdp(frame, FRAME_OFFSET)) return pass(to, frame);
      counted.packets++;
      const { afterMs, overtakes } = drawFate(order, random);
      if (afterMs.length === 0) counted.lost++;
      if (afterMs.length > 1) counted.duplicated++;
      if (overtakes) counted.overtaking++;
      for (const ms of afterMs) {
        if (ms === 0) pass(to, frame);
        else setTimeout(() => pass(to, frame), ms);
      }
    });
  };
  join(host, network, order.seed, order.direction !== 'in');
  join(network, host, order.seed ^ 0x5555_5555, order.direction !== 'out');
  const ending = opened.move();
  return { statistics: counted, [Symbol.dispose]: () => ending.dispose() };
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  using wire = runWire(JSON.parse(argv[2] ?? '{}'));
  stdout.write('the wire stands\n');
  for await (const _ of createInterface({ input: stdin })) {
    stdout.write(`${JSON.stringify(wire.statistics)}\n`);
  }
}

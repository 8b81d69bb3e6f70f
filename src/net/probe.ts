import { createHmac, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { DecodeError, NetworkError } from '../errors.ts';
import { formatEndpoint } from '../ip/index.ts';
import type { Ms, TransportAddress } from '../machine.ts';
import {
  type ListenerEvent,
  ProbeListener,
  Prober,
  type ProberEvent,
  type ProbeRequest,
  type ProbeTransmit,
} from '../probe/index.ts';
import { type Clock, systemClock } from './clock.ts';
import { openMulticastSocket } from './open-multicast-socket.ts';
import { openProbeGroup, type ProbeGroup } from './probe-group.ts';

export interface ProbePathOptions {
  readonly peer: TransportAddress;
  readonly request: ProbeRequest;
  readonly interface?: string | undefined;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Called once this side is in the group. */
  readonly onOpen?: (group: ProbeGroup) => void;
  readonly onEvent: (event: ProberEvent) => void;
}

/**
 * Probes the path to a listener in both directions. Events tell what comes of it; this returns after the last one.
 *
 * @throws {NetworkError} when this host cannot join the group or reach the network
 */
export async function probePath(options: ProbePathOptions): Promise<void> {
  const { peer, request, clock = systemClock, onEvent } = options;
  let prober: Prober | undefined;
  await using group = await openProbeGroup({
    request,
    clock,
    interface: options.interface,
    onProbe: (bytes, arrival) => ignoringForeign(() => prober?.handleProbe(bytes, arrival)),
  });
  options.onOpen?.(group);
  await using control = await openMulticastSocket({ group: peer.address, port: peer.port, localPort: 0 });
  const session = randomBytes(8).readBigUInt64BE();
  const machine = new Prober({ session, peer, request }, clock.now());
  prober = machine;
  await new Promise<void>((resolve) => {
    const transmit = ({ to, bytes }: ProbeTransmit): void => {
      if (to === 'group') group.send(bytes);
      else control.send(bytes);
    };
    const timer = clock.timer(() => {
      machine.handleTimeout(clock.now());
      pump();
    });
    const finish = (): void => {
      timer.set(undefined);
      resolve();
    };
    const pump = (): void => {
      pumpAll(machine, transmit, onEvent);
      const due = machine.pollTimeout();
      if (due === undefined || options.signal?.aborted === true) finish();
      else timer.set(due);
    };
    options.signal?.addEventListener('abort', finish);
    control.onDatagram(({ bytes }) => {
      ignoringForeign(() => machine.handleDatagram(bytes, clock.now()));
      pump();
    });
    pump();
  });
}

export interface ProbeListenerOptions {
  /** UDP port to be asked on; 0 lets the system choose. */
  readonly port: number;
  /** Interface to join groups on; default by the route. */
  readonly interface?: string | undefined;
  readonly clock?: Clock;
  readonly onEvent: (event: ListenerEvent) => void;
  /** A group could not be joined, or something else went wrong that others have to be told of. */
  readonly onProblem: (message: string) => void;
}

/** A listener at work; disposing of it ends it. */
export interface ProbeListening extends AsyncDisposable {
  readonly port: number;
}

/** Answers probers until disposed of. @throws {NetworkError} when the port is taken */
export async function listenForProbes(options: ProbeListenerOptions): Promise<ProbeListening> {
  const { clock = systemClock, onEvent, onProblem } = options;
  const socket = await bindControl(options.port);
  const key = randomBytes(32);
  const machine = new ProbeListener({
    mac: (bytes) => createHmac('sha256', key).update(bytes).digest().subarray(0, 16),
  });
  let group: ProbeGroup | undefined;
  let closed = false;
  /** One after the other: leaving the last group comes before joining the next. */
  let work = Promise.resolve();
  const open = async (request: ProbeRequest): Promise<void> => {
    try {
      group = await openProbeGroup({
        request,
        clock,
        interface: options.interface,
        onProbe: (bytes, arrival) => ignoringForeign(() => machine.handleProbe(bytes, arrival)),
      });
      machine.opened(group.signs);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      machine.failed(text);
      onProblem(text);
    }
    pump();
  };
  const leave = async (): Promise<void> => {
    await group?.[Symbol.asyncDispose]();
    group = undefined;
  };
  const timer = clock.timer(() => {
    machine.handleTimeout(clock.now());
    pump();
  });
  const transmit = ({ to, bytes }: ProbeTransmit): void => {
    if (to === 'group') group?.send(bytes);
    else socket.send(bytes, to.port, to.address, () => {}); // what is lost is asked for again
  };
  const pump = (): void => {
    if (closed) return;
    pumpAll(machine, transmit, (event) => {
      work = work.then(() => (event.type === 'open' ? open(event.request) : leave()));
      onEvent({ ...event, from: plain(event.from) });
    });
    timer.set(machine.pollTimeout());
  };
  socket.on('error', ({ message }) => onProblem(message));
  socket.on('message', (bytes, from) => {
    if (from.port === 0) return; // RFC 768: it wants no answer, and none can be sent
    ignoringForeign(() => machine.handleDatagram(new Uint8Array(bytes), from, clock.now()));
    pump();
  });
  return {
    port: socket.address().port,
    async [Symbol.asyncDispose]() {
      closed = true;
      timer.set(undefined);
      socket.close();
      await work;
      await leave();
    },
  };
}

interface Pumped<Event> {
  pollTransmit(): ProbeTransmit | undefined;
  pollEvent(): Event | undefined;
  pollTimeout(): Ms | undefined;
}

function pumpAll<Event>(
  machine: Pumped<Event>,
  transmit: (out: ProbeTransmit) => void,
  onEvent: (event: Event) => void,
): void {
  for (let out = machine.pollTransmit(); out !== undefined; out = machine.pollTransmit()) transmit(out);
  for (let event = machine.pollEvent(); event !== undefined; event = machine.pollEvent()) onEvent(event);
}

/** Others may use the group and the port: what is not ours is let pass. */
function ignoringForeign(handle: () => void): void {
  try {
    handle();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
}

/** One socket for both families, or for IPv4 alone where there is no IPv6. */
async function bindControl(port: number): Promise<Socket> {
  for (const type of ['udp6', 'udp4'] as const) {
    const socket = createSocket({ type });
    try {
      socket.bind(port);
      await once(socket, 'listening');
      return socket;
    } catch (error) {
      socket.close();
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (type === 'udp6' && code !== 'EADDRINUSE') continue;
      const advice =
        code === 'EADDRINUSE' ? 'another listener runs? choose another with --port' : String(error);
      throw new NetworkError(`Cannot listen on ${formatEndpoint('0.0.0.0', port)}: ${advice}`, {
        cause: error,
      });
    }
  }
  throw new NetworkError('There is neither IPv4 nor IPv6 here');
}

/** `::ffff:10.0.0.1` is how a socket for both families calls an IPv4 address (RFC 4291 §2.5.5.2). */
function plain({ address, port }: TransportAddress): TransportAddress {
  return { address: address.replace(/^::ffff:(?=\d+\.)/i, ''), port };
}

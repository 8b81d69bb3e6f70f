import { DecodeError } from '../errors.ts';
import type { DatagramMachine, TransportAddress } from '../machine.ts';
import type { Clock } from './clock.ts';
import type { DatagramSocket } from './datagram.ts';

/** A datagram for somebody else than the socket's own group or peer. */
export interface AddressedDatagram {
  readonly bytes: Uint8Array;
  readonly to: TransportAddress;
}

/**
 * Runs a machine on a socket and a clock until disposed: the one loop that every protocol over datagrams needs. What
 * the machine cannot read is counted as malformed; any other exception is a bug and is let through.
 *
 * @param onEvent called with each event, after the call into the machine that caused it
 * @returns stops the machine; `pump` sends and tells what a call from outside made it want
 */
export function drive<Event>(
  machine: DatagramMachine<Uint8Array | AddressedDatagram, Event>,
  socket: DatagramSocket,
  clock: Clock,
  onEvent: (event: Event) => void,
): Disposable & { pump(): void } {
  let stopped = false;
  const timer = clock.timer(() => {
    machine.handleTimeout(clock.now());
    pump();
  });
  const pump = (): void => {
    if (stopped) return;
    for (let out = machine.pollTransmit(); out !== undefined; out = machine.pollTransmit()) {
      if (out instanceof Uint8Array) socket.send(out);
      else socket.send(out.bytes, out.to);
    }
    for (let event = machine.pollEvent(); event !== undefined; event = machine.pollEvent()) onEvent(event);
    if (!stopped) timer.set(machine.pollTimeout()); // an event's listener may have stopped us
  };
  const unsubscribe = socket.onDatagram(({ bytes, from, at }) => {
    try {
      machine.handleDatagram(bytes, from, at);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      socket.stats.malformed++;
    }
    pump();
  });
  pump();
  return {
    pump,
    [Symbol.dispose]() {
      stopped = true;
      unsubscribe();
      timer.set(undefined);
    },
  };
}

import { type Arrival, type ProbeRequest, type ReceiverSigns } from '../probe/index.ts';
import type { Clock } from './clock.ts';
import { type HostReport, inspectHost, kernelHoldsMembership } from './diagnostics/inspect-host.ts';
import type { ChosenInterface } from './interfaces.ts';
import { openMarkedReceiver } from './marked-receiver.ts';
import { loadNativeSockets } from './native.ts';
import { openMulticastSocket } from './open-multicast-socket.ts';
import type { QosResult } from './qos.ts';

/** A probe's place in the group: sends with TTL and DSCP as asked, and hears with marks where the system tells them. */
export interface ProbeGroup extends AsyncDisposable {
  readonly interface: ChosenInterface;
  readonly signs: ReceiverSigns;
  readonly qos: QosResult;
  readonly warnings: readonly string[];
  send(bytes: Uint8Array): void;
}

export interface ProbeGroupOptions {
  readonly request: ProbeRequest;
  readonly interface?: string | undefined;
  readonly clock: Clock;
  readonly onProbe: (bytes: Uint8Array, arrival: Arrival) => void;
  /** Default: looked up. */
  readonly host?: HostReport;
}

const POLL_MS = 10;
const isInTheLan = ({ containerNetwork }: HostReport): boolean =>
  containerNetwork === 'host' || containerNetwork === 'lan';

/** @throws {NetworkError} when the group cannot be joined or sent to */
export async function openProbeGroup(options: ProbeGroupOptions): Promise<ProbeGroup> {
  const { request, clock, onProbe, host = inspectHost() } = options;
  const { group, port, ttl, dscp } = request;
  const native = await loadNativeSockets();
  const seesMarks = native.available;
  await using opened = new AsyncDisposableStack();
  const socket = opened.use(
    await openMulticastSocket({
      group,
      port,
      ttl,
      dscp,
      clock,
      ...(options.interface === undefined ? {} : { interface: options.interface }),
    }),
  );
  if (native.available) {
    const receiver = opened.use(
      openMarkedReceiver(native, { group, port, interfaceIndex: socket.interface.index ?? 0 }),
    );
    socket.onDatagram(() => {}); // it has joined as a sender should; what arrives is taken below
    const poll = (): void => {
      for (let next = receiver.receive(); next !== undefined; next = receiver.receive())
        onProbe(next.bytes, next);
      timer.set(clock.now() + POLL_MS);
    };
    const timer = clock.timer(poll);
    opened.defer(() => timer.set(undefined));
    poll();
  } else {
    socket.onDatagram(({ bytes, from }) =>
      onProbe(bytes, { address: from.address, ttl: undefined, dscp: undefined }),
    );
  }
  const { name } = socket.interface;
  const held = opened.move();
  return {
    interface: socket.interface,
    signs: {
      interfaceName: name,
      address: socket.localAddress,
      member: kernelHoldsMembership(group, name) ?? true,
      strictReversePath: host.interfaces.find((it) => it.name === name)?.rpFilter === 1,
      firewall: host.firewalls.length > 0,
      container: host.container !== undefined && !isInTheLan(host),
      seesMarks,
    },
    qos: socket.qos,
    warnings: socket.warnings,
    send: (bytes) => {
      socket.send(bytes);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

import type { Ms } from '../../src/machine.ts';
import {
  batchedReceiver,
  loadNativeSockets,
  type MulticastSocket,
  type MulticastSocketOptions,
  type openMulticastSocket,
  ReceiveHub,
  systemClock,
} from '../../src/net/index.ts';

/** Opens the sockets of all sessions of a provider so that they are read together, where the system can do that. */
export class SocketBatches {
  readonly #openSocket: typeof openMulticastSocket;
  #hub: ReceiveHub | undefined;

  readonly #latencyMs: Ms | undefined;

  /** @param latencyMs how long datagrams may wait; by default a few milliseconds */
  constructor(openSocket: typeof openMulticastSocket, latencyMs?: Ms) {
    this.#openSocket = openSocket;
    this.#latencyMs = latencyMs;
  }

  readonly open = async (options: MulticastSocketOptions): Promise<MulticastSocket> => {
    const native = await loadNativeSockets();
    if (!native.available) return this.#openSocket(options);
    this.#hub ??= new ReceiveHub(native, options.clock ?? systemClock);
    // Every medium copies what it keeps of a packet.
    const latency = this.#latencyMs === undefined ? {} : { latencyMs: this.#latencyMs };
    return this.#openSocket({
      ...options,
      openReceiver: batchedReceiver(this.#hub, { lend: true, ...latency }),
    });
  };

  /** Takes what has come, so that waiting for the next round adds nothing to what is heard. */
  drain(): void {
    this.#hub?.drain();
  }
}

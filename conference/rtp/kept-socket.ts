import type { ChosenInterface, MulticastSocket, RenewableSocket } from '../../src/net/index.ts';

/** A socket that is kept on its interface, and whose owner is told when it has been renewed, before anything comes in. */
export class KeptSocket implements RenewableSocket {
  readonly #socket: MulticastSocket;
  readonly #renewed: (socket: MulticastSocket) => void;

  constructor(socket: MulticastSocket, renewed: (socket: MulticastSocket) => void) {
    this.#socket = socket;
    this.#renewed = renewed;
  }

  get interface(): ChosenInterface {
    return this.#socket.interface;
  }

  async renew(options?: Parameters<MulticastSocket['renew']>[0]): Promise<boolean> {
    const renewed = await this.#socket.renew(options);
    if (renewed) this.#renewed(this.#socket);
    return renewed;
  }
}

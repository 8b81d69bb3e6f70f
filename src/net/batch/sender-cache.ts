import { formatIp, type IpFamily } from '../../ip/index.ts';
import type { TransportAddress } from '../../machine.ts';
import type { MessageSlab } from './message-slab.ts';

/** Senders remembered; a flood of made-up ones makes it start anew. */
const MAX_SENDERS = 1024;

/**
 * The senders of one socket as text, each made once: the same object comes for each of its datagrams. Streams come in
 * runs, so the last one is compared first.
 */
export class SenderCache {
  readonly #family: IpFamily;
  readonly #zoneName: (scope: number) => string;
  readonly #known = new Map<number | string, TransportAddress>();
  readonly #last = new Uint32Array(6);
  #lastSender: TransportAddress | undefined;

  /** @param zoneName of an interface, for the link-local addresses of IPv6 (RFC 4007 §11) */
  constructor(family: IpFamily, zoneName: (scope: number) => string) {
    this.#family = family;
    this.#zoneName = zoneName;
  }

  of(slab: MessageSlab, slot: number): TransportAddress {
    const last = this.#last;
    const port = slab.port(slot);
    const first = slab.addressWord(slot, 0, this.#family);
    if (this.#family === 4) {
      if (this.#lastSender !== undefined && first === last[0] && port === last[4]) return this.#lastSender;
      last[0] = first;
      last[4] = port;
      return this.#find(first * 65_536 + port, [first], port, 0);
    }
    const [b, c, d] = [1, 2, 3].map((word) => slab.addressWord(slot, word, 6));
    const words = [first, b ?? 0, c ?? 0, d ?? 0];
    const scope = slab.scope(slot);
    if (
      this.#lastSender !== undefined &&
      words.every((word, index) => word === last[index]) &&
      port === last[4] &&
      scope === last[5]
    ) {
      return this.#lastSender;
    }
    last.set([...words, port, scope]);
    return this.#find(last.join(), words, port, scope);
  }

  #find(key: number | string, words: readonly number[], port: number, scope: number): TransportAddress {
    let sender = this.#known.get(key);
    if (sender === undefined) {
      if (this.#known.size >= MAX_SENDERS) this.#known.clear();
      const bytes = new Uint8Array(words.length * 4);
      const view = new DataView(bytes.buffer);
      words.forEach((word, index) => view.setUint32(index * 4, word));
      const zone = scope === 0 ? {} : { zone: this.#zoneName(scope) };
      sender = { address: formatIp({ bytes, ...zone }), port };
      this.#known.set(key, sender);
    }
    this.#lastSender = sender;
    return sender;
  }
}

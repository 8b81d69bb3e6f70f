import { RendezvousError } from '../errors.ts';
import type { InterfaceChange, InterfaceWatch } from './interface-watch.ts';
import type { MulticastSocket } from './multicast-socket-options.ts';

/** An interface that sockets were on has gone, or they are on it, or on another in its place. */
export interface InterfaceNews {
  readonly type: 'interfaceLost' | 'interfaceBack';
  readonly name: string;
  readonly message: string;
}

/** What is needed of a socket to keep it on its interface. */
export type RenewableSocket = Pick<MulticastSocket, 'interface' | 'renew'>;

interface Kept {
  /** Names of the interfaces that it is meant to be on. */
  home: Set<string>;
  /** Why it is on none. */
  away: string | undefined;
}

/**
 * Keeps sockets on their interfaces while these go and come: as soon as one is usable again they are bound and joined
 * anew, with a fresh report to the network, since a switch may have forgotten them or be another one. Sockets whose
 * interface was chosen by the route follow the route.
 *
 * @param sockets asked for at each look, since sockets come and go too
 * @param tell    called once for each interface that was lost or is back, not for every socket
 * @returns ends it; a renewal under way is finished
 */
export function keepOnInterface(
  watch: InterfaceWatch,
  sockets: () => readonly RenewableSocket[],
  tell: (news: InterfaceNews) => void,
): Disposable {
  const keeper = new Keeper(tell);
  const unsubscribe = watch.subscribe((changes) => void keeper.onLook(changes, sockets));
  return {
    [Symbol.dispose]() {
      keeper.ended = true;
      unsubscribe();
    },
  };
}

class Keeper {
  ended = false;
  readonly #tell: (news: InterfaceNews) => void;
  #kept = new Map<RenewableSocket, Kept>();
  /** Interfaces whose loss was told. */
  readonly #lost = new Set<string>();
  #pending: InterfaceChange[] = [];
  #working = false;

  constructor(tell: (news: InterfaceNews) => void) {
    this.#tell = tell;
  }

  async onLook(
    changes: readonly InterfaceChange[],
    sockets: () => readonly RenewableSocket[],
  ): Promise<void> {
    this.#pending.push(...changes);
    if (this.#working) return;
    this.#working = true;
    try {
      do {
        const now = this.#pending;
        this.#pending = [];
        await this.#handle(now, sockets());
      } while (this.#pending.length > 0);
    } finally {
      this.#working = false;
    }
  }

  async #handle(changes: readonly InterfaceChange[], sockets: readonly RenewableSocket[]): Promise<void> {
    const known = this.#kept;
    this.#kept = new Map(sockets.map((it) => [it, known.get(it) ?? { home: namesOf(it), away: undefined }]));
    for (const [socket, kept] of this.#kept) {
      if (this.ended) return;
      if (kept.away !== undefined || changes.length > 0) await this.#renew(socket, kept, changes);
    }
    if (!this.ended) this.#news();
  }

  async #renew(socket: RenewableSocket, kept: Kept, changes: readonly InterfaceChange[]): Promise<void> {
    // After an interruption the membership is worth nothing, whatever the interface looks like now.
    const interrupted = changes.some(({ name, type }) => type !== 'readdressed' && kept.home.has(name));
    try {
      await socket.renew({ onlyIfElsewhere: kept.away === undefined && !interrupted });
      kept.away = undefined;
    } catch (error) {
      if (!(error instanceof RendezvousError)) throw error;
      kept.away = error.message;
      return;
    }
    const names = namesOf(socket);
    if (socket.interface.reason === 'route') this.#follow(kept, names, socket.interface.sentence);
    else for (const name of names) kept.home.add(name);
  }

  /** The route leads to another interface now: that one is meant from here on. */
  #follow(kept: Kept, names: Set<string>, sentence: string): void {
    const [before] = kept.home;
    const [name] = names;
    kept.home = names;
    if (before === undefined || name === undefined || before === name) return;
    const isNews = [...this.#kept.values()].every((it) => it === kept || !it.home.has(name));
    if (isNews) this.#tell({ type: 'interfaceBack', name, message: `${before} is left; now on ${sentence}` });
    this.#lost.delete(before);
  }

  #news(): void {
    const meant = new Set([...this.#kept.values()].flatMap(({ home }) => [...home]));
    for (const name of meant) {
      const those = [...this.#kept].filter(([, { home }]) => home.has(name));
      const off = those.find(([socket, { away }]) => away !== undefined || !namesOf(socket).has(name));
      if (off !== undefined && !this.#lost.has(name)) {
        this.#lost.add(name);
        const why = off[1].away ?? `still on ${off[0].interface.sentence}`;
        this.#tell({ type: 'interfaceLost', name, message: `${name} cannot be used now: ${why}` });
      } else if (off === undefined && this.#lost.delete(name)) {
        const sentence = those[0]?.[0].interface.sentence ?? name;
        this.#tell({ type: 'interfaceBack', name, message: `${name} can be used again: ${sentence}` });
      }
    }
  }
}

function namesOf({ interface: chosen }: RenewableSocket): Set<string> {
  return new Set(chosen.listenOn.map(({ name }) => name));
}

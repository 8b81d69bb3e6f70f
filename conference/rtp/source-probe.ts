import { NetworkError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import type {
  Clock,
  MulticastSocket,
  MulticastSocketOptions,
  openMulticastSocket,
} from '../../src/net/index.ts';

/** When nothing was heard for this long after the join, it is found out whether somebody else sends. */
const PATIENCE_MS: Ms = 2500;
/** How long is listened. */
const LISTEN_MS: Ms = 1500;
const MAX_FOUND = 4;

/**
 * Looks once for senders whom the source filter keeps out. A source-specific join brings their packets no more than a
 * switch or router delivers them, so that nothing is to be seen of the most frequent mistake: the wrong source. So a
 * second socket joins the group without naming sources, for a moment, and only when there is silence.
 */
export class SourceProbe {
  readonly #open: typeof openMulticastSocket;
  readonly #clock: Clock;
  readonly #found = new Set<string>();
  #due: Ms | undefined;
  #socket: MulticastSocket | undefined;
  #looking: Promise<void> | undefined;
  #closed = false;
  readonly #timer: ReturnType<Clock['timer']>;

  constructor(open: typeof openMulticastSocket, clock: Clock) {
    this.#open = open;
    this.#clock = clock;
    this.#timer = clock.timer(() => void this.#socket?.close());
  }

  /** Addresses that send RTP to the group and are not admitted. */
  get found(): readonly string[] {
    return [...this.#found];
  }

  /** @param worthwhile somebody else than ourselves might be heard */
  begin(now: Ms, worthwhile: boolean): void {
    this.#due = worthwhile ? now + PATIENCE_MS : undefined;
  }

  /** @param options of the socket that hears nothing; call it now and then, until something was heard */
  tick(now: Ms, options: MulticastSocketOptions): void {
    if (this.#due === undefined || now < this.#due) return;
    this.#due = undefined;
    this.#looking = this.#look(options);
  }

  async #look(options: MulticastSocketOptions): Promise<void> {
    const { sources = [], ...others } = options;
    if (sources.length === 0) return;
    try {
      const socket = await this.#open({ ...others, excludedSources: sources });
      if (this.#closed) await socket.close();
      else this.#listen(socket);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error; // else it stays unknown
    }
  }

  #listen(socket: MulticastSocket): void {
    this.#socket = socket;
    socket.onDatagram(({ bytes, from }) => {
      const isRtp = (bytes[0] ?? 0) >>> 6 === 2 && bytes.length >= 12;
      if (isRtp && this.#found.size < MAX_FOUND) this.#found.add(from.address);
    });
    this.#timer.set(this.#clock.now() + LISTEN_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#due = undefined;
    this.#timer.set(undefined);
    await this.#looking; // a socket that was on its way
    await this.#socket?.close();
  }
}

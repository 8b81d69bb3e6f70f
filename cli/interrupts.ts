import type { CliHost } from './context.ts';
import { EXIT } from './exit-codes.ts';

/** Longest that a leave may take once it was asked for; after that the process ends anyway. */
const GRACE_MS = 2000;

/**
 * Ctrl-C, termination and hang-up as one signal to leave. The first asks politely; a second one, or two seconds
 * without an end, quit at once.
 */
export class Interrupts implements Disposable {
  readonly #host: CliHost;
  readonly #leaving = new AbortController();
  readonly #unsubscribe: (() => void)[];
  readonly #onQuit: () => void;
  #cause: NodeJS.Signals | undefined;
  #patience: NodeJS.Timeout | undefined;

  /**
   * @param onQuit  done before the process ends at once, such as giving back the terminal
   * @param signals that interrupt
   */
  constructor(
    host: CliHost,
    onQuit: () => void = () => {},
    signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'],
  ) {
    this.#host = host;
    this.#onQuit = onQuit;
    this.#unsubscribe = signals.map((signal) => host.onSignal(signal, () => this.interrupt(signal)));
  }

  /** Aborted by the first interruption. */
  get signal(): AbortSignal {
    return this.#leaving.signal;
  }
  /** What the first interruption was. */
  get cause(): NodeJS.Signals | undefined {
    return this.#cause;
  }
  get happened(): boolean {
    return this.#cause !== undefined;
  }

  /** Fulfilled by the first interruption. */
  get interrupted(): Promise<void> {
    const { signal } = this.#leaving;
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  interrupt(signal: NodeJS.Signals = 'SIGINT'): void {
    if (this.#cause !== undefined) return this.#quit();
    this.#cause = signal;
    this.#patience = setTimeout(() => this.#quit(), GRACE_MS);
    this.#patience.unref();
    this.#leaving.abort();
  }

  #quit(): void {
    this.#onQuit();
    this.#host.quit(EXIT.interrupted);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#patience);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }
}

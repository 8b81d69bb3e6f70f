import type { AudioFormat } from '../audio/index.ts';
import type { Terminal, TerminalFailure } from './terminal.ts';

/** What terminals share: their names, their one failure, and closing once. */
export abstract class BaseTerminal implements Terminal {
  readonly name: string;
  readonly kind: Terminal['kind'];
  abstract readonly direction: Terminal['direction'];
  readonly format: AudioFormat;
  readonly #listeners = new Set<(failure: TerminalFailure) => void>();
  #failure: TerminalFailure | undefined;
  #closing: Promise<void> | undefined;

  constructor(name: string, kind: Terminal['kind'], format: AudioFormat) {
    this.name = name;
    this.kind = kind;
    this.format = format;
  }

  get failure(): TerminalFailure | undefined {
    return this.#failure;
  }
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  onFailure(listener: (failure: TerminalFailure) => void): () => void {
    if (this.#failure !== undefined) listener(this.#failure);
    else this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Only the first failure counts, and none once it is closed. */
  protected fail(message: string, cause?: unknown): void {
    if (this.#failure !== undefined || this.closed) return;
    this.#failure = { message: `${this.name}: ${message}`, ...(cause === undefined ? {} : { cause }) };
    for (const listener of this.#listeners) listener(this.#failure);
    this.#listeners.clear();
  }

  close(): Promise<void> {
    this.#closing ??= this.finish();
    return this.#closing;
  }

  /** Called once. */
  protected abstract finish(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

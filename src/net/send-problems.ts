import { explainSend, systemCode } from './explain.ts';
import type { ChosenInterface } from './interfaces.ts';
import type { SendProblem } from './multicast-socket-options.ts';

/** Tells each kind of failure to send once. */
export class SendProblems {
  /** Codes of those told already. */
  readonly #told = new Set<string>();
  readonly #listeners = new Set<(problem: SendProblem) => void>();

  /** @returns ends it */
  listen(listener: (problem: SendProblem) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  note(error: unknown, group: string, chosen: ChosenInterface): void {
    const code = systemCode(error) || 'UNKNOWN';
    if (this.#told.has(code)) return;
    this.#told.add(code);
    const message = explainSend(code, error, group, chosen);
    for (const listener of this.#listeners) listener({ code, message });
  }

  /** All are news again: the socket is another one. */
  begin(): void {
    this.#told.clear();
  }
}

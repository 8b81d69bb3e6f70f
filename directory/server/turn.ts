import type { Ms } from '../../src/machine.ts';
import type { PendingRequest, RequestQueue } from './requests.ts';

/** A request as far as its answer needs it. */
export type Begun = Pick<PendingRequest, 'messageId' | 'op'>;

/** What one connection does before others have their turn: its changes are committed together, at the end. */
export class Turn {
  readonly #until: Ms;
  readonly #maxBytes: number;
  readonly #begun: PendingRequest[] = [];
  /** The search that was under way before. */
  readonly #search: Begun | undefined;
  #isOver = false;
  /** False once something was done that cannot be done again. */
  isRepeatable = true;

  constructor(until: Ms, maxBytes: number, search: Begun | undefined) {
    this.#until = until;
    this.#maxBytes = maxBytes;
    this.#search = search;
  }

  /** @param request as it is to be done again if need be */
  begin(request: PendingRequest): void {
    this.#begun.push(request);
  }
  /** A search that was under way before is the last of its turn: nothing else can be at fault for it. */
  searchEnded(search: Begun): void {
    if (search === this.#search) this.#isOver = true;
  }
  hasRoom(bytes: number, now: Ms, { isNextAlone }: RequestQueue): boolean {
    return !this.#isOver && bytes < this.#maxBytes && now <= this.#until && !isNextAlone;
  }

  /**
   * After the store has failed and everything of the turn is undone: requests go back, each to be tried by itself.
   *
   * @returns the one that failed, when there is no doubt
   */
  undo(queue: RequestQueue): Begun | undefined {
    const guilty = this.#search ?? (this.#begun.length === 1 ? this.#begun[0] : undefined);
    if (this.#search !== undefined || guilty === undefined) queue.putBack(this.#begun);
    return guilty;
  }
}

import { connectionAddresses } from '../../src/sdp/index.ts';
import type { Conference } from '../conference.ts';
import { allConnections } from '../description-facts.ts';
import type { Directory } from '../types.ts';

/** The groups that conferences of a directory use, kept up to date as these come and go. */
export class GroupsInUse {
  /** How many conferences use each. */
  readonly #counts = new Map<string, number>();

  has(address: string): boolean {
    return this.#counts.has(address);
  }
  get size(): number {
    return this.#counts.size;
  }

  /**
   * Follows the directory until the signal is aborted; a directory that is away for a while is taken up again.
   *
   * @param onReady called when all are known that there are, and after each absence
   * @throws {DirectoryError} when it cannot be followed
   */
  async follow(directory: Directory, signal: AbortSignal, onReady: () => void = () => {}): Promise<void> {
    for await (const event of directory.watch({ signal })) {
      if (event.type === 'ready') onReady();
      else if (event.type === 'added') this.#count(event.object, 1);
      else if (event.type === 'removed') this.#count(event.object, -1);
      else if (event.type === 'changed') {
        this.#count(event.object, 1);
        this.#count(event.previous, -1);
      }
    }
  }

  #count({ sdp }: Conference, more: 1 | -1): void {
    if (sdp === undefined) return;
    for (const address of new Set(allConnections(sdp).flatMap(connectionAddresses))) {
      const count = (this.#counts.get(address) ?? 0) + more;
      if (count > 0) this.#counts.set(address, count);
      else this.#counts.delete(address);
    }
  }
}

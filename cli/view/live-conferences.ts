import type { Conference, DirectorySet, WatchedIn } from '../../directory/index.ts';
import { withoutCopies } from './copies.ts';

/** What watches of several directories have told so far, taken together. */
export class LiveConferences {
  readonly #found = new Map<string, Conference>();
  /** How each directory is doing, by its label. */
  readonly #states = new Map<string, 'reading' | 'live' | 'polling' | 'away'>();

  constructor(directories: DirectorySet) {
    for (const { label } of directories.open) this.#states.set(label, 'reading');
  }

  take({ label, event }: WatchedIn<Conference>): void {
    if (event.type === 'ready') this.#states.set(label, event.method === 'polling' ? 'polling' : 'live');
    else if (event.type === 'opened')
      return; // it counts once it has told all it has
    else if (event.type === 'interrupted' || event.type === 'failed') this.#states.set(label, 'away');
    else {
      const { dn, name } = event.object;
      // announced sessions may have the same name, entries never the same DN
      const key = JSON.stringify([label, dn ?? name.toLowerCase()]);
      if (event.type === 'removed') this.#found.delete(key);
      else this.#found.set(key, event.object);
    }
  }

  /** In no particular order; what is in a directory and announced as well, once. */
  conferences(): Conference[] {
    return withoutCopies([...this.#found.values()]);
  }
  /** Whether every directory has told all it has. */
  get isComplete(): boolean {
    return ![...this.#states.values()].includes('reading');
  }
  /** In words for people. */
  get status(): string {
    const states = [...this.#states.values()];
    const count = this.#found.size === 1 ? '1 conference' : `${this.#found.size} conferences`;
    if (states.includes('reading')) return `${count}, reading…`;
    if (states.includes('away')) return `${count}, as they were before a directory went away`;
    return states.includes('polling') ? `${count}, looked at again and again` : `${count}, live`;
  }
}

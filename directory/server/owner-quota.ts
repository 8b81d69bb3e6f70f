import { utf8Bytes } from '../../src/ldap/index.ts';
import type { Ms } from '../../src/machine.ts';
import type { Clock } from '../../src/net/clock.ts';
import type { Identity } from './access.ts';
import { OperationError } from './errors.ts';
import { authorOf } from './peer.ts';
import { attributeType } from './schema.ts';
import type { EntryStore } from './store.ts';

/** Somebody at the limit is not counted anew for so long: counting takes time. */
const REFUSED_MS = 5000;
/** Owners remembered; the one that added least recently is forgotten. */
const MAX_OWNERS = 10_000;
const BATCH = 1000;

const CREATOR = attributeType('creatorsName')!;

interface Room {
  /** Entries that can be added for certain. */
  left: number;
  /** Until when nothing is looked up again. */
  refusedUntil: Ms;
}

/**
 * How many entries one owner has, counted only when it may matter: as long as all entries together are fewer than one
 * owner may have, nobody has too many.
 */
export class OwnerQuota {
  readonly #store: EntryStore;
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #rooms = new Map<string, Room>();

  /** @param limit entries of one owner; those nobody owns are together one owner's */
  constructor(store: EntryStore, clock: Clock, limit: number) {
    this.#store = store;
    this.#clock = clock;
    this.#limit = limit;
  }

  /**
   * Counts one entry that is about to be added. The administrator and the user of this process may add any number.
   *
   * @throws {OperationError} adminLimitExceeded when there are too many
   */
  take(who: Identity): void {
    if (who.isAdmin || who.isInProcess) return;
    const owner = CREATOR.rule.key(utf8Bytes(authorOf(who))) ?? '';
    const now = this.#clock.now();
    const room = this.#rooms.get(owner) ?? { left: 0, refusedUntil: 0 };
    if (room.left <= 0 && now >= room.refusedUntil) {
      room.left = this.#roomOf(owner);
      if (room.left <= 0) room.refusedUntil = now + REFUSED_MS;
    }
    this.#rooms.delete(owner);
    this.#rooms.set(owner, room);
    const [oldest] = this.#rooms.keys();
    if (this.#rooms.size > MAX_OWNERS && oldest !== undefined) this.#rooms.delete(oldest);
    if (room.left <= 0) {
      const whose = who.dn === '' ? 'anonymous clients have' : 'you have';
      throw new OperationError(
        'adminLimitExceeded',
        `${whose} ${this.#limit} entries here, and may not have more: delete some, or let them expire`,
      );
    }
    room.left--;
  }

  #roomOf(owner: string): number {
    const now = this.#clock.wall();
    const all = this.#store.count(now);
    if (all < this.#limit) return this.#limit - all;
    let owned = 0;
    for (let after: number | undefined = 0; after !== undefined; ) {
      const { entries, next } = this.#store.candidates({ kind: 'all' }, { depth: 'sub' }, after, BATCH, now);
      for (const { attributes } of entries) {
        if ((attributes.get('creatorsname')?.keys[0] ?? '') === owner) owned++;
      }
      after = next;
    }
    return this.#limit - owned;
  }
}

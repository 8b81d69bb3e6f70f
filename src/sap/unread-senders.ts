/** Why an announcement could not be read, named as in {@link SapListenerStats}. */
export const SAP_UNREAD_KINDS = ['encrypted', 'malformed', 'version0', 'otherPayloads'] as const;
export type SapUnreadKind = (typeof SAP_UNREAD_KINDS)[number];

/** A host whose announcements could not be read, and how many of which kind. */
export interface SapUnreadSender extends Readonly<Record<SapUnreadKind, number>> {
  /** Address that they come from, as the network says. */
  readonly sender: string;
}

/** Hosts that are told apart at most. */
export const MAX_UNREAD_SENDERS = 100;

/**
 * Who sends what cannot be read. When there are too many hosts, one that was heard a single time makes room, the oldest
 * first: made-up addresses push out each other, and not a device that somebody looks for.
 */
export class UnreadSenders {
  readonly #senders = new Map<string, Record<SapUnreadKind, number>>();

  add(sender: string, kind: SapUnreadKind): void {
    const known = this.#senders.get(sender);
    if (known !== undefined) {
      known[kind]++;
      return;
    }
    if (this.#senders.size >= MAX_UNREAD_SENDERS) {
      const once = this.#senders.entries().find(([, counts]) => totalOf(counts) === 1);
      if (once === undefined) return;
      this.#senders.delete(once[0]);
    }
    this.#senders.set(sender, { encrypted: 0, malformed: 0, version0: 0, otherPayloads: 0, [kind]: 1 });
  }

  /** The busiest first. */
  get all(): SapUnreadSender[] {
    return Array.from(this.#senders, ([sender, counts]) => ({ sender, ...counts })).sort(
      (a, b) => totalOf(b) - totalOf(a),
    );
  }
}

function totalOf(counts: Readonly<Record<SapUnreadKind, number>>): number {
  return SAP_UNREAD_KINDS.reduce((sum, kind) => sum + counts[kind], 0);
}

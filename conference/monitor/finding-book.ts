import type { Ms } from '../../src/machine.ts';
import { FINDING_KINDS, type FindingCode, type Severity } from './finding-kinds.ts';

/** Something that a check sees now. */
export interface Suspicion {
  readonly code: FindingCode;
  /** Worse than the kind's. */
  readonly severity?: Severity;
  /** Index of the medium; undefined for the whole conference. */
  readonly medium?: number | undefined;
  /** The sender that it is about. */
  readonly ssrc?: number | undefined;
  /** What tells two findings of one code and sender apart: an address. */
  readonly subject?: string;
  /** What is wrong, where. */
  readonly message: string;
  /** What to do. */
  readonly tryThis: string;
}

/** Something that has held for long enough to be told. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly title: string;
  readonly medium: number | undefined;
  readonly ssrc: number | undefined;
  readonly message: string;
  readonly tryThis: string;
  /** When it was first and last seen, ms since 1970. */
  readonly since: number;
  readonly last: number;
}

export interface FindingEvent {
  readonly type: 'findingRaised' | 'findingChanged' | 'findingCleared';
  readonly finding: Finding;
}

interface Entry {
  suspicion: Suspicion;
  severity: Severity;
  raised: boolean;
  firstAt: Ms;
  lastAt: Ms;
  since: number;
  last: number;
}

/** Findings of one conference at once; more are of a kind with these. */
const MAX_ENTRIES = 200;

/**
 * Makes findings of what checks see again and again: what holds for long enough is raised, what has not held for long
 * enough is cleared, so that nothing flutters. A finding that gets worse is told again, one that gets better is not.
 */
export class FindingBook {
  readonly #entries = new Map<string, Entry>();

  /** Takes all that holds now, and says what became of it. */
  take(suspicions: Iterable<Suspicion>, now: Ms, wall: number): FindingEvent[] {
    const events: FindingEvent[] = [];
    for (const suspicion of suspicions) this.#see(suspicion, now, wall, events);
    for (const [key, entry] of this.#entries) {
      if (entry.lastAt === now) continue;
      if (entry.raised && now - entry.lastAt < FINDING_KINDS[entry.suspicion.code].clearMs) continue;
      this.#entries.delete(key);
      if (entry.raised) events.push({ type: 'findingCleared', finding: findingOf(entry) });
    }
    return events;
  }

  /** Raised ones, in the order in which they were seen first. */
  get findings(): Finding[] {
    return [...this.#entries.values()].filter(({ raised }) => raised).map(findingOf);
  }

  #see(suspicion: Suspicion, now: Ms, wall: number, events: FindingEvent[]): void {
    const { code, medium = '', ssrc = '', subject = '' } = suspicion;
    const key = `${code} ${medium} ${ssrc} ${subject}`;
    const { severity: least, raiseMs } = FINDING_KINDS[code];
    const severity = suspicion.severity ?? least;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_ENTRIES) return;
      entry = { suspicion, severity, raised: false, firstAt: now, lastAt: now, since: wall, last: wall };
      this.#entries.set(key, entry);
    }
    entry.suspicion = suspicion;
    entry.lastAt = now;
    entry.last = wall;
    if (!entry.raised) {
      entry.severity = severity;
      if (now - entry.firstAt < raiseMs) return;
      entry.raised = true;
      events.push({ type: 'findingRaised', finding: findingOf(entry) });
    } else if (RANK[severity] > RANK[entry.severity]) {
      entry.severity = severity;
      events.push({ type: 'findingChanged', finding: findingOf(entry) });
    }
  }
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, error: 2 };

function findingOf({ suspicion, severity, since, last }: Entry): Finding {
  const { code, medium, ssrc, message, tryThis } = suspicion;
  return { code, severity, title: FINDING_KINDS[code].title, medium, ssrc, message, tryThis, since, last };
}

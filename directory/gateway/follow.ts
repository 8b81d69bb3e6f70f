import type { Clock } from '../../src/net/clock.ts';
import type { Conference } from '../conference.ts';
import type { Directory } from '../types.ts';
import { pause } from '../watch/source.ts';

/** Who wants to know what a directory has. */
export interface DirectorySink {
  /** @param previous as it was before, when it has changed */
  present(conference: Conference, previous: Conference | undefined): void;
  gone(conference: Conference): void;
  /** Whether what was told is all that there is. */
  ready(isReady: boolean): void;
}

/** Until a watch that the directory has refused is tried again. */
const RETRY_MS = 60_000;

/** Watches all conferences of a directory until it is told to stop; never rejects. */
export async function follow(
  directory: Directory,
  {
    sink,
    clock,
    signal,
    onTrouble,
  }: {
    readonly sink: DirectorySink;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly onTrouble: (problem: string) => void;
  },
): Promise<void> {
  const known = new Map<string, Conference>();
  while (!signal.aborted) {
    const before = new Map(known); // what a watch that has failed can tell no more
    try {
      for await (const event of directory.watch({ signal })) {
        if (event.type === 'ready') {
          for (const [dn, conference] of before) {
            known.delete(dn);
            sink.gone(conference);
          }
          before.clear();
          sink.ready(true);
        } else if (event.type === 'interrupted') {
          sink.ready(false);
          onTrouble(event.reason.message);
        } else {
          const dn = event.object.dn ?? '';
          if (event.type === 'removed') {
            known.delete(dn);
            sink.gone(event.object);
          } else {
            sink.present(event.object, event.type === 'changed' ? event.previous : before.get(dn));
            known.set(dn, event.object);
          }
          before.delete(dn);
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      sink.ready(false);
      onTrouble(error instanceof Error ? error.message : String(error));
    }
    await pause(RETRY_MS, clock, signal).catch(() => {});
  }
}

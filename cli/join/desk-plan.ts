import type { DeskChannelOptions, DeskPriority } from '../../conference/index.ts';
import { UsageError } from '../errors.ts';

const PRIORITIES: readonly DeskPriority[] = ['normal', 'paging', 'emergency'];

/** How several conferences are heard beside each other; by their place on the command line. */
export interface DeskPlan {
  readonly options: ReadonlyMap<number, DeskChannelOptions>;
  /** Where what we say goes first. */
  readonly talk: number | undefined;
}

/**
 * Reads `--priority NAME=paging` or `NAME=emergency`, `--duck 20` and `--talk NAME`.
 *
 * @param names of each conference: as it was given on the command line, and as it is called
 * @throws {UsageError} for a conference that is not joined, and for values out of range
 */
export function planDesk(
  names: readonly (readonly string[])[],
  given: { readonly priority?: readonly string[]; readonly duck?: string; readonly talk?: string },
): DeskPlan {
  const depth = given.duck === undefined ? undefined : Number(given.duck.replace(/\s*dB$/i, ''));
  if (depth !== undefined && !(depth >= 1 && depth <= 60)) {
    throw new UsageError(`--duck ${given.duck} is not a number of dB from 1 to 60`);
  }
  const joined = (option: string, name: string): number => {
    const found = names.findIndex((it) => it.includes(name));
    if (found >= 0) return found;
    const known = names.map((it) => it.at(-1)).join(', ');
    throw new UsageError(`${option} names "${name}", which is not joined; joined are ${known}`);
  };
  const options = new Map<number, DeskChannelOptions>();
  for (const text of given.priority ?? []) {
    const at = text.lastIndexOf('=');
    const priority = PRIORITIES.find((it) => it === text.slice(at + 1));
    if (at < 1 || priority === undefined) {
      throw new UsageError(`--priority ${text}: write NAME=${PRIORITIES.join(', NAME=')}`);
    }
    const ducks = priority === 'paging' && depth !== undefined ? { ducksByDb: depth } : {};
    options.set(joined('--priority', text.slice(0, at)), { priority, ...ducks });
  }
  if (depth !== undefined && options.size === 0) {
    throw new UsageError('--duck is for a paging conference: add --priority NAME=paging');
  }
  return { options, talk: given.talk === undefined ? undefined : joined('--talk', given.talk) };
}

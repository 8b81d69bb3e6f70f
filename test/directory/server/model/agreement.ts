import fc from 'fast-check';
import { testService } from '../support.ts';
import { commandsOf, type Subjects } from './commands.ts';
import { Model } from './model.ts';
import { operations } from './operations.ts';
import { Subject } from './subject.ts';

const { add, modify, rename, search, lookAround, compare, refresh, timeLeft, wait } = operations;

/** Adding comes often: nothing happens in an empty directory. */
const KINDS = [
  add,
  add,
  add,
  modify,
  modify,
  search,
  search,
  lookAround,
  operations.delete,
  compare,
  rename,
  refresh,
  timeLeft,
];

export interface Agreement extends Pick<Subjects, 'excuses'> {
  /** Of one run. */
  readonly maxCommands: number;
  /** Servers beside the project's own, whose clocks nobody can move: with them no time passes. */
  readonly others?: readonly Subject[];
  readonly isDisputed?: Parameters<typeof commandsOf>[2];
}

/** That the project's service and others, given the same random operations, answer as the model does. */
export function agreement({ maxCommands, others = [], isDisputed, excuses }: Agreement) {
  const kinds = others.length === 0 ? [...KINDS, wait] : KINDS;
  return fc.asyncProperty(commandsOf(kinds, maxCommands, isDisputed), async (commands) => {
    using t = testService({ sweepSeconds: 0, ttl: { defaultSeconds: 600 } });
    for (const other of others) await other.clear();
    const ours = new Subject('the service', t.client, 'ou=Dynamic,o=Intranet');
    const real: Subjects = {
      all: [ours, ...others],
      wait: (seconds) => t.clock.advance(seconds * 1000),
      ...(excuses === undefined ? {} : { excuses }),
    };
    await fc.asyncModelRun(() => ({ model: new Model(600), real }), commands);
  });
}

import fc from 'fast-check';
import { test } from 'vitest';
import { commandsOf } from './model/commands.ts';
import { Model } from './model/model.ts';
import { operations } from './model/operations.ts';
import { Subject } from './model/subject.ts';
import { testService } from './support.ts';

const { add, modify, rename, search, lookAround, compare, refresh, wait } = operations;

/** Adding comes often: nothing happens in an empty directory. */
const kinds = [
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
  wait,
];

test('[DIR-09] [DIR-10] [DIR-11] [DIR-12] whatever is done, the service and the model agree', async () => {
  await fc.assert(
    fc.asyncProperty(commandsOf(kinds, 60), async (commands) => {
      using t = testService({ sweepSeconds: 0, ttl: { defaultSeconds: 600 } });
      const subject = new Subject('the service', t.client, 'ou=Dynamic,o=Intranet');
      const subjects = { all: [subject], wait: (seconds: number) => t.clock.advance(seconds * 1000) };
      await fc.asyncModelRun(() => ({ model: new Model(600), real: subjects }), commands);
    }),
    { numRuns: 150 },
  );
}, 120_000);

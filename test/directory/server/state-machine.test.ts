import fc from 'fast-check';
import { test } from 'vitest';
import { agreement } from './model/agreement.ts';

test('[DIR-09] [DIR-10] [DIR-11] [DIR-12] whatever is done, the service and the model agree', async () => {
  await fc.assert(agreement({ maxCommands: 60 }), { numRuns: 150 });
}, 120_000);

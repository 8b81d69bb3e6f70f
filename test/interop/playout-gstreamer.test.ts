import { expect, test } from 'vitest';
import { lagOf, playElsewhere } from '../../bench/peers/playout-peers.ts';
import { damage } from '../support/damage.ts';
import { packetTrace } from '../support/packet-trace.ts';
import { playTrace } from '../support/playout-lab.ts';
import { voice } from '../support/voice.ts';

test('over a bad network no more is damaged than by GStreamer with 200 ms, at less delay', async () => {
  const said = voice(9);
  const trace = packetTrace({ seconds: 9, loss: 0.1, burst: 3, jitterMs: 60, reorder: 0.02, seed: 5 });
  const audio = await playElsewhere('GStreamer', said, trace, 200);
  const theirs = damage(said, audio, 8000, { expectedMs: lagOf(said, audio) });
  const ours = playTrace(said, trace, { mode: 'adaptive', minMs: 20, maxMs: 400 });
  expect(theirs.windows).toBeGreaterThan(200); // it did hear
  expect(ours.windows).toBeGreaterThan(200);
  expect(ours.damagedShare).toBeLessThan(theirs.damagedShare * 1.15 + 0.01);
  expect(ours.meanDelayMs).toBeLessThan(130);
});

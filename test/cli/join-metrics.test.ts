import { expect, test } from 'vitest';
import { callMetrics } from '../../cli/join/metrics.ts';
import { ToneSource } from '../../conference/index.ts';
import { formatMetrics } from '../../src/prometheus/index.ts';
import { readExposition } from '../support/exposition.ts';
import { Room } from '../support/room.ts';
import { FakeClock } from '../support/fake-clock.ts';

const tone = () => new ToneSource(500, -12, { sampleRate: 8000, channels: 1 });
/** Seventy who listen to seventy would take half a minute. */
const SENDS = { direction: 'sendonly' } as const;

test('names from the network cannot break the format, and there are never more than 64', async () => {
  const room = new Room(new FakeClock(), ['m=audio 5004 RTP/AVP 0', 'b=AS:6400']);
  const listener = await room.join('listener');
  for (let n = 0; n < 70; n++) await room.join(`a"b\\c{}\n${n}${'x'.repeat(100)}`, tone(), SENDS);
  room.clock.advance(2200);
  const series = readExposition(formatMetrics(callMetrics(listener.call, 'Round "1"\n')));
  const names = [...series.keys()];
  expect(names.filter((it) => it.startsWith('rendezvous_call_participant_mos_lq'))).toHaveLength(64);
  expect(series.get('rendezvous_call_participants_not_shown{conference="Round \\"1\\""}')).toBe(6);
  expect(series.get('rendezvous_call_senders{conference="Round \\"1\\""}')).toBe(70);
});

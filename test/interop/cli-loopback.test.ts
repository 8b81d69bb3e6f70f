import { afterAll, describe, expect, test } from 'vitest';
import { decibels, powerAt } from '../support/tone-meter.ts';
import { event, leave, readChannels, recorded, User } from './cli-media.ts';

const user = new User();
afterAll(() => user[Symbol.dispose]());

const PEOPLE = [
  { name: 'Ann', hz: 500 },
  { name: 'Bob', hz: 900 },
] as const;

/** Level of a frequency in the last second of a recording, dB; both tones are sent at −18. */
function levelOf(path: string, hz: number): number {
  const [samples = new Float32Array(0)] = readChannels(path).channels;
  return decibels(powerAt(samples.slice(-8000), 8000, hz));
}

/** What is to be seen of two participants on one host. On `lo` itself the system cannot switch loopback off. */
describe.each([
  { mode: 'selective', others: true, self: false, warns: false },
  { mode: 'full', others: true, self: true, warns: false },
  { mode: 'none', others: true, self: false, warns: true },
] as const)('two on one host with --loopback $mode', ({ mode, others, self, warns }) => {
  test('[LOO-01] [LOO-02] [LOO-03] [LOO-04] who is heard and what is told', async () => {
    const conference = await user.publish(`Two ${mode}`, 'PCMU');
    const path = (name: string): string => user.file(`${mode}-${name}.wav`);
    const place = ['--interface', 'lo', '--loopback', mode];
    const members = await Promise.all(
      PEOPLE.map(({ name, hz }) =>
        user.join(
          conference,
          ...place,
          '--name',
          name,
          '--send',
          `tone:${hz},-18`,
          '--receive',
          `wav:${path(name)}`,
        ),
      ),
    );
    await Promise.all(
      members.map((it, i) =>
        event(it, 'participant-updated', (line) => line.participant?.name === PEOPLE[1 - i]?.name),
      ),
    );
    await Promise.all(PEOPLE.map(({ name }) => recorded(path(name))));
    await Promise.all(PEOPLE.map(({ name }) => recorded(path(name))));
    const ended = await Promise.all(members.map((it) => leave(it)));
    for (const [i, lines] of ended.entries()) {
      const [me, other] = [PEOPLE[i] ?? PEOPLE[0], PEOPLE[1 - i] ?? PEOPLE[0]];
      expect(Math.abs(levelOf(path(me.name), other.hz) - -18) < 0.5).toBe(others);
      expect(Math.abs(levelOf(path(me.name), me.hz) - -18) < 0.5).toBe(self);
      const seen = new Set(lines.map(({ participant }) => participant).filter((it) => it?.local === false));
      expect(new Set([...seen].map((it) => it?.name ?? null))).toEqual(new Set([null, other.name]));
      expect(lines.some(({ type }) => type === 'warning')).toBe(warns);
      expect(lines.find(({ type }) => type === 'verdict')).toMatchObject({ outcome: 'hearing', hearing: 1 });
    }
  });
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Conference,
  createConference,
  type Directory,
  DirectorySet,
  NotPermittedError,
  type WatchedIn,
} from '../../directory/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FaultyService } from './faulty-service.ts';

let office: FaultyService;
let lab: FaultyService;
let down: FaultyService;
beforeEach(() => {
  office = new FaultyService(undefined, undefined, 'office');
  lab = new FaultyService(undefined, undefined, 'lab');
  down = new FaultyService(undefined, undefined, 'down');
  down.isUp = false;
});
afterEach(() => {
  for (const service of [office, lab, down]) service.stop();
});

const entry = (service: FaultyService) => ({ label: service.name, open: () => service.open() });
async function publish(service: FaultyService, ...names: readonly string[]): Promise<void> {
  const directory: Directory = await service.open();
  await Promise.all(names.map((name) => directory.add(createConference({ name }))));
  await directory.close();
}
const labels = (set: DirectorySet) => set.problems.map(({ label }) => label);

describe('several directories at once', () => {
  test('[RV-02] are looked through together, and each thing found says where it is', async () => {
    await publish(office, 'Lecture', 'Round');
    await publish(lab, 'Round', 'Music');
    await using set = await DirectorySet.open([entry(office), entry(lab)]);
    const found = await set.search().toArray();
    expect(found.map((it) => `${set.labelOf(it)} ${it.name}`).toSorted()).toEqual([
      'lab Music',
      'lab Round',
      'office Lecture',
      'office Round',
    ]);
    expect((await set.search({ name: 'M*' }).toArray()).map(({ name }) => name)).toEqual(['Music']);
    const both = await set.get('round');
    expect(both.map(({ label, object }) => `${label} ${object.name}`)).toEqual(['office Round', 'lab Round']);
    expect(both[1]?.directory.displayName).toBe('embedded:lab');
    expect((await set.get('Music')).map(({ label }) => label)).toEqual(['lab']);
    expect(set.problems).toEqual([]);
  });

  test('one that is down is named, and hides none of the others', async () => {
    await publish(lab, 'Music');
    await using set = await DirectorySet.open([entry(down), entry(lab)]);
    expect(set.members.map(({ label, problem }) => [label, problem !== undefined])).toEqual([
      ['down', true],
      ['lab', false],
    ]);
    expect(set.problems[0]?.error.message).toMatch(/Cannot reach the directory down/);
    expect((await set.search().toArray()).map(({ name }) => name)).toEqual(['Music']);
    expect((await set.get('Music')).map(({ label }) => label)).toEqual(['lab']);
    expect(labels(set)).toEqual(['down']);
  });

  test('one that fails while it is asked is named, and no longer once it answers again', async () => {
    await publish(office, 'Lecture');
    await publish(lab, 'Music');
    await using set = await DirectorySet.open([entry(office), entry(lab)]);
    lab.fate = (op) =>
      op.type === 'searchRequest'
        ? { answers: [{ type: 'searchResultDone', resultCode: 50, matchedDN: '', diagnosticMessage: '' }] }
        : 'pass';
    expect((await set.search().toArray()).map(({ name }) => name)).toEqual(['Lecture']);
    expect(labels(set)).toEqual(['lab']);
    expect(await set.get('Music')).toEqual([]);
    lab.fate = () => 'pass';
    expect(await set.search().toArray()).toHaveLength(2);
    expect(labels(set)).toEqual([]);
  });

  test('a slow one holds back nothing that another has found', async () => {
    await publish(office, 'Lecture');
    await using set = await DirectorySet.open([entry(lab), entry(office)]);
    lab.fate = (op) => (op.type === 'searchRequest' ? 'hang' : 'pass');
    for await (const conference of set.search()) {
      expect(conference.name).toBe('Lecture');
      break; // and leaving early ends it
    }
  });

  test('a mistake of who asks is no problem of theirs', async () => {
    await using set = await DirectorySet.open([entry(office), entry(lab)]);
    await expect(set.search({ filter: '((' }).toArray()).rejects.toThrow(/filter/i);
    let closed = 0;
    const fine = {
      label: 'fine',
      open: async () => {
        const directory = await office.open();
        const close = directory.close.bind(directory);
        directory.close = async () => {
          closed++;
          await close();
        };
        return directory;
      },
    };
    const wrong = { label: 'wrong', open: () => Promise.reject(new TypeError('no')) };
    await expect(DirectorySet.open([fine, wrong])).rejects.toThrow(TypeError);
    expect(closed).toBe(1);
  });
});

describe('a watch of several directories of which one is down at the start', () => {
  const short = ({ label, event }: WatchedIn<Conference>): string =>
    `${label} ${event.type}${'object' in event ? ` ${event.object.name}` : ''}`;

  test('[RV-02] tries it again, after longer and longer waits, and goes on with it once it is there', async () => {
    const clock = new FakeClock();
    await publish(office, 'Lecture');
    let tried = 0;
    const later = {
      label: 'down',
      open: () => {
        tried++;
        return down.open();
      },
    };
    await using set = await DirectorySet.open([later, entry(office)], { clock, random: () => 1 });
    const events: string[] = [];
    const left = new AbortController();
    const watching = (async () => {
      for await (const watched of set.watch({ signal: left.signal })) events.push(short(watched));
    })();
    watching.catch(() => {});
    await expect.poll(() => events).toEqual(['office added Lecture', 'office ready']);
    for (const [at, seconds] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
      const due = clock.now() + seconds * 1000;
      await expect.poll(() => clock.nextDeadline).toBe(due);
      clock.advance(seconds * 1000);
      await expect.poll(() => tried).toBe(at + 2);
    }
    expect(labels(set)).toEqual(['down']);
    down.isUp = true;
    await publish(down, 'Music');
    await expect.poll(() => clock.nextDeadline).toBe(clock.now() + 60_000);
    clock.advance(60_000);
    await expect.poll(() => events.slice(2)).toEqual(['down opened', 'down added Music', 'down ready']);
    expect(set.problems).toEqual([]);
    expect((await set.search().toArray()).map(({ name }) => name).toSorted()).toEqual(['Lecture', 'Music']);
    await publish(down, 'Round');
    await expect.poll(() => events.at(-1)).toBe('down added Round');
    left.abort(new Error('enough'));
    await expect(watching).rejects.toThrow('enough');
  });

  test('does not try one that refuses, and waits for none once it is closed or left', async () => {
    const clock = new FakeClock();
    const refusing = {
      label: 'refusing',
      open: () => Promise.reject(new NotPermittedError('wrong password')),
    };
    const set = await DirectorySet.open([refusing, entry(down), entry(office)], { clock, random: () => 1 });
    const idle = clock.nextDeadline;
    for await (const { event } of set.watch()) if (event.type === 'ready') break;
    await expect.poll(() => clock.nextDeadline).toBe(idle);
    const events: string[] = [];
    const watching = (async () => {
      for await (const watched of set.watch()) events.push(short(watched));
    })();
    await expect.poll(() => events).toEqual(['office ready']);
    await expect.poll(() => clock.nextDeadline).toBe(clock.now() + 1000);
    await set.close();
    await watching;
    expect(events).toEqual(['office ready']);
  });
});

import { describe, expect, test } from 'vitest';
import { createConference, createUser, type Directory, type SweptEntry } from '../../directory/index.ts';
import type { Backend } from './contract.ts';

const conference = (name: string) => createConference({ name, machine: 'host.example' });
const SHORT = { ttlSeconds: 1, allowShortTtl: true } as const;

const names = (swept: readonly SweptEntry[]): string[] =>
  swept.map(({ dn }) => /=(?<name>[^,\]]*)/.exec(dn)?.groups?.['name'] ?? dn).sort();

/** What holds where the client ends the life of entries, whatever server is behind it. */
export function sweepContract(backend: () => Backend, open: () => Promise<Directory>): void {
  describe('what is over', () => {
    test('[DIR-03] is swept, and nothing else is: first told, then removed, with a grace', async () => {
      const directory = await open();
      await directory.add(conference('Over'), SHORT);
      await directory.add(createUser({ name: 'gone', primaryPhone: 'phone.example' }), SHORT);
      await directory.add(conference('Alive'));
      await backend().putRaw('Foreign', 'IP Conference', conference('Foreign').blob); // without an end
      await backend().elapse(3);
      await expect(directory.sweep().toArray()).resolves.toEqual([]); // a minute of grace
      const told = await directory.sweep({ graceSeconds: 0, dryRun: true }).toArray();
      expect(names(told)).toEqual(['Over', 'gone']);
      expect(told.every(({ isRemoved }) => !isRemoved)).toBe(true);
      const removed = await directory.sweep({ graceSeconds: 1 }).toArray();
      expect(names(removed)).toEqual(['Over', 'gone']);
      expect(removed.every(({ isRemoved }) => isRemoved)).toBe(true);
      await expect(directory.sweep({ graceSeconds: 0 }).toArray()).resolves.toEqual([]);
      const left = await directory.search().toArray();
      expect(left.map(({ name }) => name).sort()).toEqual(['Alive', 'Foreign']);
      await expect(directory.sweep({ graceSeconds: -1 }).toArray()).rejects.toThrow(/grace/);
    });

    test('several sweepers at once do no harm', async () => {
      const directory = await open();
      const all = Array.from({ length: 20 }, (_, i) => `Over ${String(i).padStart(2, '0')}`);
      await Promise.all(all.map((name) => directory.add(conference(name), SHORT)));
      await backend().elapse(2);
      const others = [directory, await open(), await open()];
      const swept = await Promise.all(others.map((it) => it.sweep({ graceSeconds: 0 }).toArray()));
      expect([...new Set(names(swept.flat()))]).toEqual(all);
      await expect(directory.search().toArray()).resolves.toEqual([]);
    });

    test('what was registered again after it was found stays', async () => {
      const directory = await open();
      const both = [conference('Saved A'), conference('Saved B')];
      for (const one of both) await directory.add(one, SHORT);
      await backend().elapse(2);
      const removed: boolean[] = [];
      for await (const { isRemoved } of directory.sweep({ graceSeconds: 0 })) {
        removed.push(isRemoved);
        // the other one has been found already, and its owner comes back before it is its turn
        if (removed.length === 1) for (const one of both) await directory.add(one, { ttlSeconds: 600 });
      }
      expect(removed).toEqual([true, false]);
      await expect(directory.search().toArray()).resolves.toHaveLength(2);
    });

    test('[DIR-09] [DIR-11] is in nobody’s way: it cannot be refreshed, and its name is free', async () => {
      const directory = await open();
      const mine = conference('Twice');
      await directory.add(mine, SHORT);
      await backend().elapse(2);
      await expect(directory.refresh(mine, 600)).rejects.toMatchObject({ code: 'ERR_DIRECTORY_NOT_FOUND' });
      const again = conference('Twice');
      again.description = 'the second';
      await directory.add(again, { ttlSeconds: 600 });
      await expect(directory.get('Twice')).resolves.toMatchObject({ description: 'the second' });
      await expect(directory.add(conference('Twice'))).rejects.toMatchObject({
        code: 'ERR_DIRECTORY_ALREADY_EXISTS',
      });
    });
  });
}

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Conference, Directory, Watch, WatchEvent, WatchMethod } from '../../directory/index.ts';
import { createConference } from '../../directory/index.ts';
import type { Backend } from './contract.ts';

export interface WatchBackend extends Backend {
  readonly method: WatchMethod;
  /** Breaks every connection, and lets new ones be made. */
  interrupt(): Promise<void>;
}

/** In short: `added a`, `changed a=words`, `removed a`, `ready sync`, `interrupted`. */
export function shortEvent(event: WatchEvent<Conference>): string {
  if (event.type === 'ready') return `ready ${event.method}`;
  if (event.type === 'interrupted') return event.type;
  const words = event.type === 'changed' ? `=${event.object.description}` : '';
  return `${event.type} ${event.object.name}${words}`;
}

/** What a watch of any directory must do, whatever way it learns of changes. */
export function watchContract(title: string, start: () => Promise<WatchBackend>): void {
  describe(`watch: ${title}`, () => {
    let backend: WatchBackend;
    const open: Directory[] = [];
    beforeAll(async () => {
      backend = await start();
    }, 120_000);
    afterEach(async () => {
      for (const directory of open.splice(0)) await directory.close();
      await backend.clear();
    });
    afterAll(() => backend.stop());

    const connected = async (): Promise<Directory> => {
      const directory = await backend.create();
      open.push(directory);
      await directory.connect();
      if (backend.credentials !== undefined) await directory.bind(backend.credentials);
      return directory;
    };
    const conference = (name: string): Conference => createConference({ name });
    /** The next `count` events. */
    async function next(watch: Watch<Conference>, count: number): Promise<string[]> {
      const events: string[] = [];
      while (events.length < count) {
        const { done, value } = await watch.next();
        if (done === true) break;
        events.push(shortEvent(value));
      }
      return events;
    }

    test('what there is, then that this is all, then every change', { timeout: 120_000 }, async () => {
      const [writer, reader] = [await connected(), await connected()];
      const one = conference('one');
      await writer.add(one);
      const watch = reader.watch();
      expect(await next(watch, 2)).toEqual(['added one', `ready ${backend.method}`]);
      const two = conference('two');
      await writer.add(two);
      expect(await next(watch, 1)).toEqual(['added two']);
      one.description = 'words';
      await writer.modify(one);
      expect(await next(watch, 1)).toEqual(['changed one=words']);
      await writer.delete(two);
      expect(await next(watch, 1)).toEqual(['removed two']);
    });

    test('only what was asked for: it comes and goes as it fits', { timeout: 120_000 }, async () => {
      const [writer, reader] = [await connected(), await connected()];
      const watch = reader.watch({ filter: backend.originatorFilter('ann') });
      expect(await next(watch, 1)).toEqual([`ready ${backend.method}`]);
      const one = createConference({ name: 'one', originator: 'ann' });
      await writer.add(createConference({ name: 'other', originator: 'bob' }));
      await writer.add(one);
      expect(await next(watch, 1)).toEqual(['added one']);
      one.originator = 'bob';
      await writer.modify(one);
      expect(await next(watch, 1)).toEqual(['removed one']);
    });

    test('a refresh is no change, and an entry that ended is removed', { timeout: 120_000 }, async () => {
      const [writer, reader] = [await connected(), await connected()];
      await writer.add(conference('brief'), { ttlSeconds: 3, allowShortTtl: true });
      await writer.add(conference('kept'), { ttlSeconds: 3, allowShortTtl: true });
      const watch = reader.watch();
      expect((await next(watch, 3)).sort()).toEqual(['added brief', 'added kept', `ready ${backend.method}`]);
      await writer.refresh('kept', 600);
      await backend.elapse(4);
      expect(await next(watch, 1)).toEqual(['removed brief']);
      expect(await reader.get('kept')).toBeDefined();
      await writer.delete('kept');
      expect(await next(watch, 1)).toEqual(['removed kept']);
    });

    test('leaving the loop, closing the directory and a signal end it', { timeout: 120_000 }, async () => {
      const reader = await connected();
      for await (const event of reader.watch()) {
        expect(shortEvent(event)).toBe(`ready ${backend.method}`);
        break;
      }
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(reader.watch({ signal }).next()).rejects.toThrow('enough');
      const watch = reader.watch();
      expect(await next(watch, 1)).toEqual([`ready ${backend.method}`]);
      await reader.close();
      expect(await watch.next()).toEqual({ done: true, value: undefined });
    });

    test('who does not take events gets one for each object in the end', { timeout: 120_000 }, async () => {
      const [writer, reader] = [await connected(), await connected()];
      const watch = reader.watch();
      expect(await next(watch, 1)).toEqual([`ready ${backend.method}`]);
      const one = conference('one');
      await writer.add(one);
      for (const words of ['a', 'b', 'c']) {
        one.description = words;
        await writer.modify(one);
      }
      const seen: string[] = [];
      while (seen.at(-1) !== 'last') {
        const { value } = await watch.next();
        if (value?.type === 'added' || value?.type === 'changed') seen.push(value.object.description ?? '');
        if (seen.at(-1) === 'c') {
          seen.push('last');
        }
      }
      expect(seen.length).toBeLessThanOrEqual(5);
    });

    test('it goes on when the directory is bound anew', { timeout: 120_000 }, async () => {
      const [writer, reader] = [await connected(), await connected()];
      await writer.add(conference('one'));
      const watch = reader.watch();
      expect(await next(watch, 2)).toEqual(['added one', `ready ${backend.method}`]);
      await reader.bind(backend.credentials ?? { kind: 'anonymous' });
      await backend.elapse(1);
      await writer.add(conference('two'));
      const seen: string[] = [];
      while (seen.at(-1) !== 'added two') seen.push(...(await next(watch, 1)));
      expect(seen).not.toContain('added one');
    });

    test('what happened while the connection was lost arrives once it is back', {
      timeout: 120_000,
    }, async () => {
      const [writer, reader] = [await connected(), await connected()];
      await writer.add(conference('one'));
      const watch = reader.watch();
      expect(await next(watch, 2)).toEqual(['added one', `ready ${backend.method}`]);
      await backend.interrupt();
      // who only looks now and then may not have noticed
      const notices = backend.method !== 'polling';
      expect(await next(watch, notices ? 1 : 0)).toEqual(notices ? ['interrupted'] : []);
      await writer.add(conference('two'));
      await writer.delete('one');
      await backend.elapse(1);
      const seen = (await next(watch, notices ? 3 : 2)).sort();
      expect(seen).toEqual(['added two', ...(notices ? [`ready ${backend.method}`] : []), 'removed one']);
    });
  });
}

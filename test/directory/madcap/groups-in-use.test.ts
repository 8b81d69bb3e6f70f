import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createConference, openDirectory } from '../../../directory/index.ts';
import { GroupsInUse } from '../../../directory/madcap/index.ts';

test('groups of conferences are in use as long as one of them has them', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'rendezvous-groups-'));
  const stop = new AbortController();
  try {
    await using directory = await openDirectory('embedded', { dataDir });
    const groups = new GroupsInUse();
    const following = groups.follow(directory, stop.signal).catch((error: unknown) => error);
    const publish = async (name: string, ...addresses: readonly string[]) => {
      const media = addresses.map((group, i) => ({
        kind: 'audio',
        encoding: 'PCMU',
        clockRate: 8000,
        port: 16_384 + 2 * i,
        group,
        ttl: 15,
      }));
      const conference = createConference({ name, media });
      await directory.add(conference);
      return conference;
    };
    const weekly = await publish('Weekly', '239.255.1.1', '239.255.1.2');
    await publish('Monthly', '239.255.1.2');
    const used = (...addresses: readonly string[]) => addresses.map((it) => groups.has(it));
    const all = ['239.255.1.1', '239.255.1.2', '239.255.1.3'] as const;
    await vi.waitFor(() => expect([used(...all), groups.size]).toEqual([[true, true, false], 2]), 10_000);
    await directory.delete(weekly);
    await vi.waitFor(() => expect(used(...all)).toEqual([false, true, false]), 10_000);
    stop.abort();
    await following;
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});

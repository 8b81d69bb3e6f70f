import type { RandomSource } from '../src/machine.ts';
import type { Clock } from '../src/net/clock.ts';
import type { AccessRights } from './access-rights.ts';
import { createConference } from './create-conference.ts';
import { writeRights } from './dialect/rights-values.ts';
import { AlreadyExistsError } from './errors.ts';
import type { LdapDirectory } from './ldap-directory.ts';
import type { LdapAttributes } from './ldap/entry.ts';

/** One of the things that whoever publishes has to be allowed to do, and what the server said to it. */
export interface RightTrial {
  readonly right: 'add' | 'refresh' | 'read' | 'delete';
  readonly error?: Error;
}

export interface RightsProbe {
  /** In the order in which they were tried: all, or `add` alone when that failed. */
  readonly trials: readonly RightTrial[];
  /** Whether whoever is bound may publish: nothing failed. */
  readonly mayPublish: boolean;
  /** Seconds granted; undefined when the server did not say. */
  readonly grantedTtl: number | undefined;
  /** DN of the entry; it is gone, unless deleting failed. */
  readonly dn: string;
}

export interface RightsProbeOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Rights that the conference to be published shall have. */
  readonly acl?: AccessRights;
  /** Runs while the entry is there. */
  readonly meanwhile?: (dn: string) => Promise<void>;
}

/** Time to live of the entry, in seconds: it goes by itself when it cannot be deleted. */
export const PROBE_TTL_SECONDS = 300;

/**
 * The rights probe of conference publishers (MS-TAIL §3.2.4.2): adds an entry with a random number for a name, gives it
 * a time to live of 300 s, and deletes it. A failure in any of these means no right to publish. Besides, it looks
 * whether the entry is found. In a locator service the entry is bare, as that of the stock client: name, classes and,
 * where given, the rights; elsewhere it is a small conference.
 */
export async function probeRights(
  directory: LdapDirectory,
  options: RightsProbeOptions,
): Promise<RightsProbe> {
  const trials: RightTrial[] = [];
  const may = async (right: RightTrial['right'], work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      trials.push({ right });
      return true;
    } catch (error) {
      trials.push({ right, error: error instanceof Error ? error : new Error(String(error)) });
      return false;
    }
  };
  const { dialect } = directory.connected;
  const { dn, name, add, refresh } = (dialect.name === 'ils' ? bareEntry : smallConference)(
    directory,
    options,
  );
  let granted: number | undefined;
  if (await may('add', add)) {
    await may('refresh', async () => {
      granted = await refresh();
    });
    await may('read', async () => {
      const found = await directory.get(name);
      if (found === undefined) throw new Error('it was accepted, and is not found');
      granted ??= found.ttlSeconds;
      await options.meanwhile?.(dn);
    });
    await may('delete', async () => {
      await directory.delete(name);
      if ((await directory.get(name)) !== undefined) throw new Error('it was deleted, and is still found');
    });
  }
  const mayPublish = trials.every(({ error }) => error === undefined);
  return { trials, mayPublish, grantedTtl: granted, dn };
}

interface ProbeEntry {
  readonly dn: string;
  readonly name: string;
  readonly add: () => Promise<void>;
  /** @returns seconds granted, when the server says them */
  readonly refresh: () => Promise<number | undefined>;
}

function bareEntry(directory: LdapDirectory, { random, acl }: RightsProbeOptions): ProbeEntry {
  const { dialect, entries, session } = directory.connected;
  const name = String(Math.floor(random() * 2 ** 32));
  const dn = dialect.dn(name);
  const attributes: LdapAttributes = {
    objectClass: ['rtConference', 'dynamicObject'],
    uid: [name],
    ...writeRights('ntSecurityDescriptor', acl),
  };
  return {
    dn,
    name,
    add: () =>
      session.write(
        async (connection, again) => {
          try {
            await connection.add(dn, attributes);
          } catch (error) {
            if (!again || !(error instanceof AlreadyExistsError)) throw error; // ours, the first time
          }
        },
        async () => undefined,
      ),
    async refresh() {
      await entries.replace(dn, { entryTTL: [String(PROBE_TTL_SECONDS)] });
      return undefined;
    },
  };
}

function smallConference(directory: LdapDirectory, { clock, random, acl }: RightsProbeOptions): ProbeEntry {
  const name = `rendezvous-probe-${Math.floor(random() * 2 ** 48).toString(16)}`;
  const start = clock.wall();
  const times = { now: new Date(start), stopTime: new Date(start + 60_000) };
  const conference = createConference({ name, ...times, ...(acl === undefined ? {} : { acl }) });
  return {
    dn: directory.connected.dialect.dn(name),
    name,
    add: () => directory.add(conference, { ttlSeconds: PROBE_TTL_SECONDS }),
    refresh: () => directory.refresh(conference, PROBE_TTL_SECONDS),
  };
}

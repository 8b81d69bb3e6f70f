import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  AlreadyConnectedError,
  AlreadyExistsError,
  type Conference,
  type ConferenceInit,
  createConference,
  type Directory,
  DirectoryError,
  findGroupUsers,
  NoFreeGroupError,
  NotConnectedError,
  NotFoundError,
  NotPermittedError,
  pickGroup,
  setRepeat,
} from '../../directory/index.ts';
import { sweepContract } from './sweep-contract.ts';
import { userContract } from './user-contract.ts';

/** A server to hold the contract against, and what the contract must know of it. */
export interface Backend {
  readonly type: 'ils' | 'ad' | 'ldap';
  readonly dialect: 'ils' | 'ad' | 'rendezvous';
  readonly isDynamic: boolean;
  /** An attribute that the dialect has no use for, and that an entry of ours may have. */
  readonly extraAttribute: string;
  /** Who may write; undefined when anybody may. */
  readonly credentials:
    | { readonly kind: 'simple'; readonly dn: string; readonly password: string }
    | undefined;
  /** Whether whoever is not bound may read. Default true. */
  readonly anonymousReads?: boolean;
  /** Whether everything about a user has a place. Default true. */
  readonly keepsUserDetails?: boolean;
  /** Characters that user and computer may have together. Default as many as we allow. */
  readonly longestUserId?: number;
  /** A filter on the originator in the server's own words, or where it has none on the name. */
  originatorFilter(name: string): string;
  /** A directory that is not connected. */
  create(): Promise<Directory>;
  /** Puts an entry there as another program would. */
  putRaw(name: string, protocol: string, blob: Uint8Array, extra?: string): Promise<void>;
  /** Lets that much time pass, on the server too. */
  elapse(seconds: number): Promise<void>;
  clear(): Promise<void>;
  stop(): Promise<void>;
}

const NOW = new Date('2026-03-01T09:00:00Z');
const LATER = new Date('2026-03-01T10:00:00Z');

const conference = (name: string, init: Partial<ConferenceInit> = {}): Conference =>
  createConference({ name, now: NOW, machine: 'host.example', originator: 'alice', ...init });

const namesOf = async (found: AsyncIterable<Conference>): Promise<string[]> =>
  (await Array.fromAsync(found)).map(({ name }) => name).sort();

/**
 * What every directory must do, whatever server is behind it.
 *
 * @param ownExpiry the client ends the life of entries there
 */
export function directoryContract(
  title: string,
  start: () => Promise<Backend>,
  { ownExpiry = false }: { readonly ownExpiry?: boolean } = {},
): void {
  describe(`directory: ${title}`, () => {
    let backend: Backend;
    const opened: Directory[] = [];
    const open = async (): Promise<Directory> => {
      const directory = await backend.create();
      opened.push(directory);
      await directory.connect();
      if (backend.credentials !== undefined) await directory.bind(backend.credentials);
      return directory;
    };
    beforeAll(async () => {
      backend = await start();
    }, 150_000);
    beforeEach(async () => {
      for (const directory of opened.splice(0)) await directory.close();
      await backend.clear();
    });
    afterAll(async () => {
      for (const directory of opened.splice(0)) await directory.close();
      await backend?.stop();
    });

    describe('connecting', () => {
      test('[DIR-01] [DIR-02] [DIR-03] type, display name and dynamics are found out', async () => {
        const directory = await backend.create();
        opened.push(directory);
        expect(['ils', 'ad', 'ldap']).toContain(directory.type);
        await directory.connect();
        expect(directory.type).toBe(backend.type);
        expect(directory.dialect).toBe(backend.dialect);
        expect(directory.displayName).not.toBe('');
        expect(directory.isDynamic).toBe(backend.isDynamic);
      });

      test('[DIR-07] [ERR-03] [ERR-04] connect comes first, and once', async () => {
        const directory = await backend.create();
        opened.push(directory);
        expect(() => directory.isDynamic).toThrow(NotConnectedError);
        expect(() => directory.search()).toThrow(NotConnectedError);
        await expect(directory.get('x')).rejects.toThrow(NotConnectedError);
        await expect(directory.bind({ kind: 'anonymous' })).rejects.toThrow(NotConnectedError);
        await directory.connect();
        await expect(directory.connect()).rejects.toThrow(AlreadyConnectedError);
        await directory.close();
        await expect(directory.get('x')).rejects.toThrow(NotConnectedError);
        await expect(directory.connect()).rejects.toThrow(/closed/);
      });

      test('[DIR-08] [DIR-20] anonymous bind, and refusals in words', async () => {
        const directory = await open();
        await directory.bind({ kind: 'anonymous' });
        const seen = await namesOf(directory.search()).catch((error: unknown) => error);
        expect(seen instanceof DirectoryError ? 'refused' : seen).toEqual(
          backend.anonymousReads === false ? 'refused' : [],
        );
        const wrong = { kind: 'simple', dn: `cn=nobody,${backend.credentials?.dn ?? 'o=Intranet'}` } as const;
        await expect(directory.bind({ ...wrong, password: 'wrong' })).rejects.toMatchObject({
          code: 'ERR_DIRECTORY_NOT_PERMITTED',
          ldapName: 'invalidCredentials',
        });
        // a name without a password would count as anonymous on many servers
        await expect(directory.bind({ ...wrong, password: '' })).rejects.toThrow(NotPermittedError);
      });
    });

    describe('publishing', () => {
      test('[DIR-09] [CNF-01] [CNF-16] [OBJ-01] [OBJ-02] what is added is found as it was', async () => {
        const directory = await open();
        const mine = conference('Weekly', {
          group: '239.255.7.8',
          port: 5004,
          description: 'Überblick',
          url: 'http://example.com/weekly',
          scope: 'region',
          isEncrypted: true,
          startTime: NOW,
          stopTime: LATER,
        });
        await directory.add(mine);
        expect(mine.dn).toBeDefined();
        const found = await directory.get('Weekly');
        expect(found).toMatchObject({
          kind: 'conference',
          name: 'Weekly',
          protocol: 'IP Conference',
          originator: 'alice',
          advertisingScope: 'region',
          url: 'http://example.com/weekly',
          description: 'Überblick',
          isEncrypted: true,
          startTime: NOW,
          stopTime: LATER,
        });
        expect(found?.blob).toEqual(mine.blob);
        expect(found?.attributes.size).toBe(0);
        await expect(directory.add(conference('weekly'))).rejects.toThrow(AlreadyExistsError);
      });

      test.each([
        'a, b + "c" <d> ;e\\f',
        ' leading and trailing ',
        '#hash',
        'star * and (parens)',
        'ünï😀',
        'x'.repeat(200), // OpenLDAP's own limit is a little higher
      ])('[OBJ-02] the name %j survives the way there and back', async (name) => {
        const directory = await open();
        await directory.add(conference(name));
        const found = await directory.get(name);
        // string preparation lets blanks at the ends go (RFC 4518 §2.6.1), the description keeps them
        expect(found?.name.trim()).toBe(name.trim());
        expect(found?.sdp?.name).toBe(name);
        await directory.delete(name);
        await expect(directory.get(name)).resolves.toBeUndefined();
      });

      test('what a gateway brought says where it comes from, and keeps saying it', async () => {
        const directory = await open();
        const origin = {
          kind: 'sap',
          source: '2001:db8::7',
          group: 'ff05::2:7ffe',
          hash: 0x00a7,
          gateway: 'hall & stage',
          session: 'alice 1 IN IP4 host=1 + ü',
        } as const;
        const copy = conference('Heard', { url: 'http://example.com/heard' });
        copy.origin = origin;
        await directory.add(copy);
        await directory.add(conference('Own'));
        const found = await directory.get('Heard');
        expect(found?.origin).toEqual(origin);
        expect(found?.attributes.size).toBe(0);
        expect(found?.url).toBe('http://example.com/heard');
        expect((await directory.get('Own'))?.origin).toBeUndefined();
        if (found === undefined) throw new Error('it is gone');
        found.origin = { ...origin, source: '192.0.2.7', hash: 0xffff };
        await directory.modify(found);
        const changed = await directory.get('Heard');
        expect(changed?.origin).toEqual({ ...origin, source: '192.0.2.7', hash: 0xffff });
        if (changed !== undefined) {
          changed.origin = undefined;
          await directory.modify(changed);
        }
        expect((await directory.get('Heard'))?.origin).toBeUndefined();
      });

      test('[DIR-10] [SDP-04] modify commits, and nothing reaches the server before', async () => {
        const directory = await open();
        const mine = conference('Edited', { description: 'before' });
        await directory.add(mine);
        const version = mine.sdp?.sessionVersion;
        mine.description = 'after';
        mine.stopTime = null;
        mine.advertisingScope = 'world';
        expect((await directory.get('Edited'))?.description).toBe('before');
        await directory.modify(mine);
        const found = await directory.get('Edited');
        expect(found).toMatchObject({ description: 'after', stopTime: null, advertisingScope: 'world' });
        expect(BigInt(found?.sdp?.sessionVersion ?? 0)).toBeGreaterThan(BigInt(version ?? 0));
        mine.description = undefined;
        mine.url = undefined;
        await directory.modify(mine);
        expect((await directory.get('Edited'))?.description).toBeUndefined();
      });

      test('[DIR-10] [DIR-12] changing or deleting what is not there says so', async () => {
        const directory = await open();
        const gone = conference('Gone');
        await directory.add(gone);
        await directory.delete(gone);
        expect(gone.dn).toBeUndefined();
        await expect(directory.delete('Gone')).rejects.toThrow(NotFoundError);
        await expect(directory.modify(gone)).rejects.toThrow(NotFoundError);
        await expect(directory.get('Gone')).resolves.toBeUndefined();
      });

      test('[OBJ-03] a rename keeps everything, the time left included', async () => {
        const directory = await open();
        await backend.putRaw('Old name', 'IP Conference', conference('Old name').blob, 'kept');
        const mine = await directory.get('Old name');
        if (mine === undefined) throw new Error('not found');
        await directory.refresh(mine, 5000);
        mine.name = 'New name';
        await directory.modify(mine);
        await expect(namesOf(directory.search())).resolves.toEqual(['New name']);
        const found = await directory.get('New name');
        expect(found?.sdp?.name).toBe('New name');
        expect(found?.attributes.get(backend.extraAttribute)).toEqual(['kept']);
        expect(found?.ttlSeconds).toBeGreaterThan(4900);
        mine.description = 'and it goes on';
        await directory.modify(mine);
        await expect(directory.get('New name')).resolves.toMatchObject({ description: 'and it goes on' });
      });

      test('[OBJ-03] a rename to a name that is taken changes nothing', async () => {
        const directory = await open();
        const [one, two] = [conference('One'), conference('Two')];
        await directory.add(one);
        await directory.add(two);
        one.name = 'Two';
        await expect(directory.modify(one)).rejects.toThrow(AlreadyExistsError);
        await expect(namesOf(directory.search())).resolves.toEqual(['One', 'Two']);
        expect((await directory.get('Two'))?.blob).toEqual(two.blob);
      });

      test('[BLB-05] a blob that is no SDP, and one of another protocol, are kept and shown as they are', async () => {
        const directory = await open();
        const bytes = Uint8Array.of(0, 255, 1, 128, 10);
        await backend.putRaw('Opaque', 'IP Conference', bytes);
        await backend.putRaw('Foreign', 'H.332', new TextEncoder().encode('v=0\r\n'));
        const opaque = await directory.get('Opaque');
        expect(opaque?.blob).toEqual(bytes);
        expect(opaque?.sdp).toBeUndefined();
        expect(opaque?.sdpProblem).toBeTruthy();
        expect(() => {
          if (opaque !== undefined) opaque.description = 'x';
        }).toThrow(/Opaque/);
        expect((await directory.get('Foreign'))?.sdpProblem).toContain('H.332');
        await expect(namesOf(directory.search({ activeAt: NOW }))).resolves.toEqual(['Foreign', 'Opaque']);
      });

      test('[BLB-03] a blob with a byte order mark, LF and another charset comes back byte for byte', async () => {
        const directory = await open();
        const text = 'v=0\no=- 1 1 IN IP4 10.0.0.1\ns=x\nx=?\nt=0 0\na=charset:ISO-8859-1\ni=caf';
        const bytes = Uint8Array.from([0xef, 0xbb, 0xbf, ...new TextEncoder().encode(text), 0xe9, 0x0a]);
        await backend.putRaw('Latin', 'IP Conference', bytes);
        const found = await directory.get('Latin');
        expect(found?.blob).toEqual(bytes);
        await backend.putRaw('Marked', 'IP Conference', bytes.subarray(0, 30));
        expect((await directory.get('Marked'))?.blob).toEqual(bytes.subarray(0, 30));
      });
    });

    describe('finding', () => {
      test('[DIR-13] [DIR-14] names match with * anywhere, and without regard to case', async () => {
        const directory = await open();
        for (const name of ['alpha', 'alphabet', 'beta', 'Gamma * ray'])
          await directory.add(conference(name));
        await expect(namesOf(directory.search())).resolves.toHaveLength(4);
        await expect(namesOf(directory.search({ name: '*' }))).resolves.toHaveLength(4);
        await expect(namesOf(directory.search({ name: 'ALPHA*' }))).resolves.toEqual(['alpha', 'alphabet']);
        await expect(namesOf(directory.search({ name: '*t*' }))).resolves.toEqual(['alphabet', 'beta']);
        await expect(namesOf(directory.search({ name: 'al*bet' }))).resolves.toEqual(['alphabet']);
        await expect(namesOf(directory.search({ name: 'alpha' }))).resolves.toEqual(['alpha']);
        await expect(namesOf(directory.search({ name: 'gamma*ray' }))).resolves.toEqual(['Gamma * ray']);
        await expect(namesOf(directory.search({ name: ')(uid=*' }))).resolves.toEqual([]);
      });

      test('[DIR-13] an LDAP filter, the scope and a moment narrow it down', async () => {
        const directory = await open();
        await directory.add(conference('by bob', { originator: 'bob', group: '239.255.1.1' }));
        await directory.add(conference('regional', { scope: 'region', group: '239.192.1.1' }));
        await directory.add(conference('later', { startTime: LATER, stopTime: null }));
        const by = (name: string) => namesOf(directory.search({ filter: backend.originatorFilter(name) }));
        await expect(by('bob')).resolves.toEqual(['by bob']);
        await expect(namesOf(directory.search({ scope: 'region' }))).resolves.toEqual(['regional']);
        await expect(namesOf(directory.search({ activeAt: LATER }))).resolves.toEqual(['later']);
        await expect(namesOf(directory.search({ activeAt: NOW }))).resolves.toEqual(['by bob', 'regional']);
        await expect(namesOf(directory.search({ filter: '(((' }))).rejects.toMatchObject({
          code: 'ERR_DECODE',
        });
      });

      test('[DIR-13] [SDP-14] by when it takes place: repeats count, across a change of the clocks too', async () => {
        const directory = await open();
        const at = (text: string): Date => new Date(text);
        const series = conference('09:00 in Berlin', { startTime: at('2026-03-23T08:00Z') });
        setRepeat(series, {
          start: at('2026-03-23T08:00Z'),
          durationSeconds: 1800,
          intervalSeconds: 7 * 86_400,
          until: at('2026-04-20T00:00Z'),
          zone: 'Europe/Berlin',
        });
        await directory.add(series);
        await directory.add(
          conference('once', { startTime: at('2026-03-30T07:15Z'), stopTime: at('2026-03-30T09:00Z') }),
        );
        await directory.add(conference('always', { startTime: at('2026-01-01T00:00Z'), stopTime: null }));
        const active = (text: string) => namesOf(directory.search({ activeAt: at(text) }));
        await expect(active('2026-03-23T08:10Z')).resolves.toEqual(['09:00 in Berlin', 'always']);
        await expect(active('2026-03-30T07:10Z')).resolves.toEqual(['09:00 in Berlin', 'always']); // summer time
        await expect(active('2026-03-30T08:10Z')).resolves.toEqual(['always', 'once']);
        const within = (from: string, to: string) =>
          namesOf(directory.search({ takesPlace: { from: at(from), to: at(to) } }));
        await expect(within('2026-03-24T00:00Z', '2026-03-30T07:00Z')).resolves.toEqual(['always']);
        await expect(within('2026-03-30T00:00Z', '2026-03-31T00:00Z')).resolves.toEqual([
          '09:00 in Berlin',
          'always',
          'once',
        ]);
        await expect(within('2025-01-01T00:00Z', '2025-02-01T00:00Z')).resolves.toEqual([]);
        const after = (text: string) => namesOf(directory.search({ startsAfter: at(text) }));
        await expect(after('2026-03-30T07:15Z')).resolves.toEqual(['09:00 in Berlin']);
        await expect(after('2026-04-13T07:00Z')).resolves.toEqual([]);
        const found = await directory.get('09:00 in Berlin');
        expect(found?.nextStart(at('2026-03-25T00:00Z'))).toEqual(at('2026-03-30T07:00Z'));
        expect(found?.repeats).toBe(true);
      });

      test('[DIR-13] a conference by another program is found by what its blob says', async () => {
        const directory = await open();
        await backend.putRaw(
          'Foreign',
          'IP Conference',
          conference('Foreign', { group: '239.255.3.3' }).blob,
        );
        const query = {
          scope: 'site',
          activeAt: NOW,
          group: { address: '239.255.3.3', port: 5004 },
        } as const;
        await expect(namesOf(directory.search(query))).resolves.toEqual(['Foreign']);
        await expect(namesOf(directory.search({ ...query, scope: 'world' }))).resolves.toEqual([]);
        await expect(namesOf(directory.search({ activeAt: LATER }))).resolves.toEqual([]);
      });

      test('[ENU-01] results can be taken, skipped, begun anew, and are given page by page', async () => {
        const directory = await open();
        const count = 620; // more than one page
        const names = Array.from({ length: count }, (_, i) => `c${String(i).padStart(4, '0')}`);
        await Promise.all(names.map((name) => directory.add(conference(name))));
        const all = directory.search();
        await expect(namesOf(all)).resolves.toEqual(names);
        await expect(namesOf(all.take(7))).resolves.toHaveLength(7);
        await expect(namesOf(all.skip(count - 3))).resolves.toHaveLength(3);
        await expect(namesOf(directory.search({ sizeLimit: 510 }))).resolves.toHaveLength(510);
        await expect(namesOf(directory.search({ sizeLimit: 3, name: 'c00*' }))).resolves.toHaveLength(3);
      });

      test('an aborted search stops with the reason of its signal', async () => {
        const directory = await open();
        const signal = AbortSignal.abort(new Error('enough'));
        await expect(namesOf(directory.search({ signal }))).rejects.toThrow('enough');
        await expect(directory.get('x', { signal })).rejects.toThrow('enough');
        await expect(namesOf(directory.search())).resolves.toEqual([]);
      });
    });

    describe('time to live', () => {
      test('[DIR-04] [DIR-05] [DIR-11] [DEF-02] given, granted, refreshed; under 300 s only on purpose', async () => {
        const directory = await open();
        directory.defaultTtlSeconds = 700;
        const mine = conference('Alive');
        await directory.add(mine);
        expect(mine.ttlSeconds).toBe(700);
        await expect(directory.refresh(mine, 1500)).resolves.toBe(1500);
        expect(mine.ttlSeconds).toBe(1500);
        expect((await directory.get('Alive'))?.ttlSeconds).toBeGreaterThan(1490);
        await expect(directory.refresh('Alive')).resolves.toBe(700);
        expect(() => {
          directory.defaultTtlSeconds = 299;
        }).toThrow(/300/);
        await expect(directory.add(conference('Short'), { ttlSeconds: 10 })).rejects.toThrow(/300/);
        await expect(directory.refresh(mine, 31_557_601)).rejects.toThrow(/31557600/);
        await expect(directory.refresh('Nobody')).rejects.toThrow(NotFoundError);
        await expect(namesOf(directory.search())).resolves.toEqual(['Alive']);
      });

      test('[DIR-03] [DIR-11] what is not refreshed goes, what is refreshed stays, and expired ones are never shown', async () => {
        const directory = await open();
        const short = { ttlSeconds: 1, allowShortTtl: true };
        await directory.add(conference('Goes'), short);
        await directory.add(conference('Stays'), short);
        await directory.refresh('Stays', 600);
        await backend.elapse(2);
        await expect(namesOf(directory.search())).resolves.toEqual(['Stays']);
        await expect(directory.get('Goes')).resolves.toBeUndefined();
        const { expiresAt } = (await directory.get('Stays')) ?? {};
        expect(expiresAt).toBeInstanceOf(Date);
      });
    });

    userContract(() => backend, open);
    if (ownExpiry) sweepContract(() => backend, open);

    describe('groups', () => {
      test('pickGroup avoids groups and ports that are taken', async () => {
        const directory = await open();
        await directory.add(conference('A', { group: '239.255.0.0', port: 16384 }));
        await backend.putRaw('B', 'IP Conference', conference('B', { group: '239.255.127.128' }).blob);
        // the first draw of group and port is A's, the second B's, the third free
        const draws = [0, 0, 0.5, 0, 0.75, 0.5];
        const choice = await pickGroup(directory, 'site', () => draws.shift() ?? 0);
        expect(choice).toEqual({ group: '239.255.191.64', port: 24576 });
        await expect(pickGroup(directory, 'local', () => 0, { attempts: 3 })).rejects.toThrow(
          NoFreeGroupError,
        );
        const again = { group: '239.255.0.0' };
        await expect(pickGroup(directory, 'site', () => 0.5, again)).resolves.toEqual({
          ...again,
          port: 24576,
        });
        await expect(pickGroup(directory, 'site', () => 0, { ...again, port: 16384 })).rejects.toThrow(/"A"/);
        await expect(pickGroup(directory, 'site', () => 0, { group: '224.0.0.5' })).rejects.toThrow(/5771/);
        await expect(pickGroup(directory, 'site', () => 0, { port: 5005 })).rejects.toThrow(/even/);
        expect((await findGroupUsers(directory, '239.255.127.128')).map(({ name }) => name)).toEqual(['B']);
        await expect(findGroupUsers(directory, '239.255.0.0', 5006)).resolves.toEqual([]);
      });
    });

    test('many requests at once go through one connection', async () => {
      const directory = await open();
      await directory.add(conference('Busy'));
      const answers = await Promise.all(Array.from({ length: 1500 }, () => directory.get('Busy')));
      expect(answers.every((found) => found?.name === 'Busy')).toBe(true);
    });

    test('a server that refuses is quoted', async () => {
      const directory = await open();
      const error = await directory.delete(conference('No such')).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(DirectoryError);
      expect(error).toMatchObject({ ldapCode: 32, ldapName: 'noSuchObject', outcomeUnknown: false });
      expect(error).toHaveProperty('message', expect.stringMatching(/delete .*No such.*noSuchObject \(32\)/));
    });
  });
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AnnouncedDirectory } from '../../../directory/announced/announced-directory.ts';
import { ANNOUNCEMENTS_FILE } from '../../../directory/announced/cache-file.ts';
import { Listening } from '../../../directory/announced/listening.ts';
import {
  AlreadyConnectedError,
  AmbiguousNameError,
  createConference,
  DirectoryError,
  DirectoryUnavailableError,
  NotConnectedError,
  ReadOnlyError,
} from '../../../directory/index.ts';
import { unixMsToNtpSeconds } from '../../../src/sdp/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Air, sdpOf } from './air.ts';

const HOUR_MS = 3_600_000;
let clock: FakeClock;
let air: Air;
let dataDir: string;
let notices: string[];
const opened: AnnouncedDirectory[] = [];

beforeEach(() => {
  clock = new FakeClock();
  air = new Air(clock);
  dataDir = mkdtempSync(join(tmpdir(), 'announced-'));
  notices = [];
});
afterEach(async () => {
  for (const directory of opened.splice(0)) await directory.close();
  rmSync(dataDir, { recursive: true });
});

function create(waitMs = 2500, lookMs = waitMs): AnnouncedDirectory {
  const listen = (): Promise<Listening> =>
    Listening.begin({ dataDir, clock, listen: air.listen, onNotice: (text) => notices.push(text) });
  const directory = new AnnouncedDirectory({ url: 'sap:', waitMs, lookMs, listen });
  opened.push(directory);
  return directory;
}
async function open(waitMs = 0, lookMs = waitMs): Promise<AnnouncedDirectory> {
  const directory = create(waitMs, lookMs);
  await directory.connect();
  return directory;
}
/** A run of the program that heard this. */
async function heardEarlier(...sdps: readonly string[]): Promise<void> {
  const directory = await open();
  for (const sdp of sdps) air.announce(sdp);
  await directory.close();
}
const namesIn = async (directory: AnnouncedDirectory): Promise<string[]> =>
  (await directory.search().toArray()).map(({ name }) => name).sort();
const settle = (): Promise<unknown> => clock.advanceAsync(0.001);

describe('announced sessions as a directory', () => {
  test('closed while it begins to listen, it does not go on listening', async () => {
    const directory = create();
    const connecting = directory.connect();
    await directory.close();
    await expect(connecting).rejects.toThrow(NotConnectedError);
    expect(air.listeners).toBe(0);
  });

  test('[DIR-01] [DIR-02] [DIR-03] it says what it is, and connects once', async () => {
    const directory = create();
    expect(() => directory.isDynamic).toThrow(NotConnectedError);
    expect(() => directory.search()).toThrow(NotConnectedError);
    await directory.connect();
    expect(directory).toMatchObject({ type: 'sap', dialect: undefined, port: undefined, isDynamic: true });
    expect(directory.displayName).toBe('announcements (SAP) on mem0');
    await expect(directory.connect()).rejects.toThrow(AlreadyConnectedError);
    await directory.close();
    expect(air.listeners).toBe(0);
    await expect(directory.get('x')).rejects.toThrow(NotConnectedError);
    await expect(directory.connect()).rejects.toThrow(/closed/);
  });

  test('a session is found as it is announced, byte for byte, with where it comes from', async () => {
    const directory = await open();
    const sdp = sdpOf('Lecture').replaceAll('\r\n', '\n'); // as some devices write it
    air.announce(sdp, '192.0.2.9');
    const found = await directory.get('lecture');
    expect(Buffer.from(found?.blob ?? []).toString()).toBe(sdp);
    expect(found).toMatchObject({ name: 'Lecture', originator: 'ann', advertisingScope: 'site' });
    expect(found?.origin).toMatchObject({
      kind: 'sap',
      source: '192.0.2.9',
      group: '239.255.255.255',
      gateway: null,
      session: 'ann 1 IN IP4 192.0.2.1',
    });
    expect(found?.expiresAt?.getTime()).toBe(clock.wall() + HOUR_MS);
    if (found !== undefined) found.description = 'edited by whoever got it';
    expect((await directory.get('Lecture'))?.description).toBeUndefined();
    expect((await directory.get(found?.dn ?? ''))?.name).toBe('Lecture');
  });

  test('searches by name, group, time and number; an LDAP filter is refused in words', async () => {
    const directory = await open();
    const past = unixMsToNtpSeconds(clock.wall() - HOUR_MS);
    const soon = unixMsToNtpSeconds(clock.wall() + HOUR_MS);
    air.announce(sdpOf('Lecture 1'));
    air.announce(sdpOf('lecture 2', { id: 2, t: `${soon} ${soon + 60}`, group: '239.9.9.9' }));
    air.announce(sdpOf('Stage (A)', { id: 3, t: `${past} ${soon}` }));
    const found = async (query: Parameters<AnnouncedDirectory['search']>[0]): Promise<string[]> =>
      (await directory.search(query).toArray()).map(({ name }) => name).sort();
    expect(await found({ name: 'Lect*' })).toEqual(['Lecture 1', 'lecture 2']);
    expect(await found({ name: 'stage (a)' })).toEqual(['Stage (A)']);
    expect(await found({ activeAt: new Date(clock.wall()) })).toEqual(['Lecture 1', 'Stage (A)']);
    expect(await found({ group: { address: '239.9.9.9', port: 5004 } })).toEqual(['lecture 2']);
    expect(await found({ sizeLimit: 2 })).toHaveLength(2);
    expect(await found({ scope: 'world' })).toEqual([]);
    await expect(directory.search({ filter: '(cn=x)' }).toArray()).rejects.toThrow(DirectoryError);
  });

  test('two sessions of one name are not guessed between', async () => {
    const directory = await open();
    air.announce(sdpOf('Lecture'));
    air.announce(sdpOf('Lecture', { id: 2 }), '192.0.2.2');
    await expect(directory.get('Lecture')).rejects.toThrow(AmbiguousNameError);
    expect(await namesIn(directory)).toEqual(['Lecture', 'Lecture']);
  });

  test('what cannot be read as a description is there, and says why', async () => {
    const directory = await open();
    air.announce('o=ann 1 1 IN IP4 192.0.2.1\r\n=x');
    const [found] = await directory.search().toArray();
    expect(found?.name).toMatch(/^[\da-f]{4}@192\.0\.2\.1$/);
  });

  test('everything that changes is refused, with what to do instead', async () => {
    const directory = await open();
    await expect(directory.add()).rejects.toThrow(/create NAME --announce/);
    await expect(directory.modify()).rejects.toThrow(ReadOnlyError);
    await expect(directory.refresh()).rejects.toThrow(/rendezvous announce/);
    await expect(directory.delete()).rejects.toThrow(/withdraws it: there/);
    await expect(directory.bind()).rejects.toThrow(ReadOnlyError);
    expect(await directory.searchUsers().toArray()).toEqual([]);
    expect(await directory.getUser()).toBeUndefined();
    expect(await directory.sweep().toArray()).toEqual([]);
    expect(createConference({ name: 'x', now: new Date(0) }).origin).toBeUndefined();
  });

  test('trouble with the network is a trouble of this directory', async () => {
    const directory = new AnnouncedDirectory({
      url: 'sap:',
      waitMs: 0,
      lookMs: 0,
      listen: () => Promise.reject(new Error('There is no interface "eth9"')),
    });
    await expect(directory.connect()).rejects.toThrow(DirectoryUnavailableError);
    await expect(directory.connect()).rejects.toThrow(/cannot be heard: There is no interface "eth9"/);
  });
});

describe('waiting', () => {
  test('a search waits once from the beginning of listening, and gives what was heard till then', async () => {
    const directory = await open(2500);
    const names = namesIn(directory);
    await clock.advanceAsync(2000);
    air.announce(sdpOf('Late'));
    await clock.advanceAsync(500);
    expect(await names).toEqual(['Late']);
    expect(await namesIn(directory)).toEqual(['Late']); // no more waiting
  });

  test('a name is waited for until it is heard, and no longer than told', async () => {
    const directory = await open(2500);
    const lecture = directory.get('Lecture');
    const nobody = directory.get('Nobody');
    await clock.advanceAsync(1000);
    air.announce(sdpOf('Stage', { id: 2 }));
    air.announce(sdpOf('Lecture'));
    expect((await lecture)?.name).toBe('Lecture');
    expect(clock.now()).toBe(2000);
    await clock.advanceAsync(1500);
    expect(await nobody).toBeUndefined();
  });

  test('ends with its signal, and when the directory is closed', async () => {
    const directory = await open(2500);
    const stop = new AbortController();
    const aborted = directory.get('Nobody', { signal: stop.signal });
    const closed = namesIn(directory);
    stop.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await directory.close();
    await expect(closed).resolves.toEqual([]);
  });
});

describe('a watch', () => {
  test('tells what is known, that this is all, and then what happens', async () => {
    await heardEarlier(sdpOf('Known'));
    const directory = await open();
    const watch = directory.watch({ name: 'K*' });
    const next = async (): Promise<string> => {
      const { value } = await watch.next();
      return value === undefined ? 'end' : `${value.type} ${'object' in value ? value.object.name : ''}`;
    };
    expect(await next()).toBe('added Known');
    const ready = await watch.next();
    expect(ready.value).toEqual({ type: 'ready', method: 'listening' });
    air.announce(sdpOf('Other', { id: 2 }));
    air.announce(sdpOf('Kid', { id: 3 }));
    expect(await next()).toBe('added Kid');
    air.announce(sdpOf('Kid').replace('o=ann 1 1', 'o=ann 3 2').replace('s=Kid', 's=Kid grown'));
    expect(await next()).toBe('changed Kid grown');
    air.withdraw(sdpOf('Known'));
    expect(await next()).toBe('removed Known');
    await clock.advanceAsync(HOUR_MS);
    expect(await next()).toBe('removed Kid grown');
    await directory.close();
    expect(await next()).toBe('end');
  });

  test('ends with the reason of its signal', async () => {
    const directory = await open();
    const stop = new AbortController();
    const watch = directory.watch({ signal: stop.signal });
    await watch.next();
    stop.abort(new Error('enough'));
    await expect(watch.next()).rejects.toThrow('enough');
  });
});

describe('from one run to the next', () => {
  test('what was heard is known again, with its ages, until it expires', async () => {
    const firstHeard = clock.wall();
    const first = await open();
    air.announce(sdpOf('Slow'));
    await clock.advanceAsync(400_000);
    air.announce(sdpOf('Slow')); // every 400 s: it lives for ten times that
    await clock.advanceAsync(400_000);
    air.announce(sdpOf('Slow'));
    const lastHeard = clock.wall();
    await first.close();
    await clock.advanceAsync(HOUR_MS);
    const second = await open();
    const [slow] = second.listening.announcements;
    expect(slow).toMatchObject({ name: 'Slow', isRecalled: true, hash: expect.any(Number) });
    expect(slow?.periodMs).toBeCloseTo(400_000);
    expect(slow?.lastHeard.getTime()).toBe(lastHeard);
    expect(slow?.firstHeard.getTime()).toBe(firstHeard);
    expect(slow?.expiresAt.getTime()).toBe(lastHeard + 4_000_000);
    air.announce(sdpOf('Slow'));
    expect(second.listening.announcements[0]?.isRecalled).toBe(false);
    await second.close();
    await clock.advanceAsync(5 * HOUR_MS);
    expect(await namesIn(await open())).toEqual([]);
  });

  test('the end that its t= line says holds as well', async () => {
    const stop = unixMsToNtpSeconds(clock.wall() + 60_000);
    await heardEarlier(sdpOf('Short', { t: `${stop - 3600} ${stop}` }));
    expect(await namesIn(await open())).toEqual(['Short']);
    await clock.advanceAsync(60_001);
    expect(await namesIn(await open())).toEqual([]);
  });

  test('what is withdrawn or changed now was heard then', async () => {
    await heardEarlier(sdpOf('Gone'), sdpOf('Before', { id: 2 }));
    const directory = await open();
    air.withdraw(sdpOf('Gone'));
    air.announce(sdpOf('After', { id: 2 }).replace('o=ann 2 1', 'o=ann 2 2'));
    expect(await namesIn(directory)).toEqual(['After']);
    await directory.close();
    expect(await namesIn(await open())).toEqual(['After']);
  });

  test('a withdrawal by a stranger is none, as if the session had been heard in this run', async () => {
    await heardEarlier(sdpOf('Mine'));
    const directory = await open();
    air.withdraw(sdpOf('Mine'), '192.0.2.66');
    expect(await namesIn(directory)).toEqual(['Mine']);
  });

  test('two that listen at once do not undo each other', async () => {
    const one = await open();
    air.announce(sdpOf('First'));
    const two = await open();
    air.announce(sdpOf('Second', { id: 2 }));
    await two.close();
    await one.close();
    expect(await namesIn(await open())).toEqual(['First', 'Second']);
  });

  test('other processes find within seconds what a long watch hears', async () => {
    await open();
    air.announce(sdpOf('Fresh'));
    await clock.advanceAsync(2500, 500);
    await expect.poll(() => readFileSync(join(dataDir, ANNOUNCEMENTS_FILE), 'utf8')).toContain('s=Fresh');
  });

  test('it is written every minute while listening goes on, and not when there was nothing to hear', async () => {
    const directory = await open();
    air.announce(sdpOf('Kept'));
    await clock.advanceAsync(60_000, 30_000);
    await expect.poll(async () => namesIn(await open())).toEqual(['Kept']);
    rmSync(join(dataDir, ANNOUNCEMENTS_FILE));
    await directory.listening.save();
    expect(() => readFileSync(join(dataDir, ANNOUNCEMENTS_FILE))).toThrow('ENOENT');
  });

  test('a damaged file is told, and begun anew', async () => {
    await heardEarlier(sdpOf('Lost'));
    writeFileSync(join(dataDir, ANNOUNCEMENTS_FILE), '{"format":');
    const directory = await open();
    expect(notices).toEqual([
      expect.stringMatching(/announcements\.json is damaged and begun anew: .*Sessions heard/),
    ]);
    expect(await namesIn(directory)).toEqual([]);
    air.announce(sdpOf('New'));
    await directory.close();
    expect(await namesIn(await open())).toEqual(['New']);
    expect(notices).toHaveLength(1);
  });

  test('a folder that cannot be written hinders nothing, and is told', async () => {
    writeFileSync(join(dataDir, 'file'), '');
    const listening = await Listening.begin({
      dataDir: join(dataDir, 'file'),
      clock,
      listen: air.listen,
      onNotice: (text) => notices.push(text),
    });
    air.announce(sdpOf('Heard'));
    expect(listening.announcements.map(({ name }) => name)).toEqual(['Heard']);
    await listening.close();
    await settle();
    expect(notices.join('\n')).toMatch(/not kept for the next time/);
  });
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createConference, DirectoryError, DirectoryUnavailableError } from '../../directory/index.ts';
import { LdapDirectory } from '../../directory/ldap-directory.ts';
import { openStore } from '../../directory/server/index.ts';
import type { ProtocolOp } from '../../src/ldap/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FaultyService } from './faulty-service.ts';

/** Two servers with the same content. */
let clock: FakeClock;
let first: FaultyService;
let second: FaultyService;
let directory: LdapDirectory;
let events: string[];

beforeEach(async () => {
  clock = new FakeClock();
  const store = openStore({ path: ':memory:' });
  first = new FaultyService(clock, store, 'first');
  second = new FaultyService(clock, store, 'second');
  directory = await open();
});
afterEach(async () => {
  await directory.close();
  first.stop();
  second.stop();
});

async function open(timeoutMs = 500): Promise<LdapDirectory> {
  const named = [first.target, second.target];
  const list = { url: 'first second', displayName: 'first', named, base: '', domains: [] };
  const opened = new LdapDirectory(list, { clock, random: () => 0 });
  events = [];
  opened.on('disconnected', () => events.push('disconnected'));
  opened.on('reconnected', (server) => events.push(`on ${server}`));
  await opened.connect({ timeoutMs });
  return opened;
}

const conference = (name: string) => createConference({ name, machine: 'host.example' });
const caught = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const answer = (type: 'addResponse' | 'bindResponse', resultCode: number) => ({
  answers: [{ type, resultCode, matchedDN: '', diagnosticMessage: '' } satisfies ProtocolOp],
});

describe('when the preferred server is killed', () => {
  test('reads go on at the other one', async () => {
    await directory.add(conference('Here'));
    expect(directory.displayName).toBe('embedded:first');
    first.kill();
    await expect(directory.get('Here')).resolves.toMatchObject({ name: 'Here' });
    expect(directory.displayName).toBe('embedded:second');
    expect(events).toEqual(['disconnected', 'on embedded:second']);
  });

  test('the bind goes along', async () => {
    const binds: string[] = [];
    for (const server of [first, second]) {
      server.fate = (op) => {
        if (op.type !== 'bindRequest') return 'pass';
        binds.push(`${server.name} ${op.name}`);
        return answer('bindResponse', 0);
      };
    }
    await directory.bind({ kind: 'simple', dn: 'cn=alice', password: 'secret' });
    first.kill();
    await directory.get('x');
    expect(binds).toEqual(['first cn=alice', 'second cn=alice']);
  });

  test('a password that the other one refuses is not tried on', async () => {
    for (const server of [first, second]) {
      server.fate = (op) => (op.type === 'bindRequest' ? answer('bindResponse', 0) : 'pass');
    }
    await directory.bind({ kind: 'simple', dn: 'cn=alice', password: 'secret' });
    second.fate = (op) => (op.type === 'bindRequest' ? answer('bindResponse', 49) : 'pass');
    first.kill();
    await expect(directory.get('x')).rejects.toMatchObject({ code: 'ERR_DIRECTORY_NOT_PERMITTED' });
    expect(second.count('bindRequest')).toBe(1);
  });

  test('[DIR-06] entries that are kept alive stay alive', async () => {
    directory.autoRefresh = true;
    await directory.add(conference('Kept'), { ttlSeconds: 600 });
    first.kill();
    for (let i = 0; i < 4; i++) {
      const refreshed = new Promise<void>((resolve) => directory.on('refreshed', () => resolve()));
      clock.advance(300_000);
      await refreshed;
    }
    await expect(directory.get('Kept')).resolves.toMatchObject({ ttlSeconds: 600 });
    expect(second.count('extendedRequest')).toBe(4);
  });

  test('after it did a change: the other one shows that, and nothing is sent twice', async () => {
    first.fate = (op) => {
      if (op.type !== 'addRequest') return 'pass';
      first.isUp = false;
      return 'break after';
    };
    await directory.add(conference('Once'), { ttlSeconds: 900 });
    expect([first.count('addRequest'), second.count('addRequest')]).toEqual([1, 0]);
    await expect(directory.get('Once')).resolves.toMatchObject({ ttlSeconds: 900 });
  });

  test('after it did a delete, and somebody else takes the name: theirs stays', async () => {
    const mine = conference('Wanted');
    await directory.add(mine);
    const other = await second.open(clock);
    first.fate = (op) => {
      if (op.type !== 'delRequest') return 'pass';
      first.isUp = false;
      second.isUp = false;
      const theirs = createConference({ name: 'Wanted', machine: 'theirs.example' });
      // what the first is asked it still does; they come after it
      setTimeout(() => void other.add(theirs).then(() => (second.isUp = true)), 20);
      return 'break after';
    };
    await directory.delete(mine);
    expect(second.count('delRequest')).toBe(0);
    await expect(directory.get('Wanted')).resolves.toBeDefined();
    await other.close();
  });

  test('before it did a change: the other one shows that, and gets it', async () => {
    await directory.add(conference('Gone'));
    first.fate = (op) => {
      if (op.type !== 'delRequest') return 'pass';
      first.isUp = false;
      return 'break before';
    };
    await directory.delete('Gone');
    expect([first.count('delRequest'), second.count('delRequest')]).toEqual([1, 1]);
    // looked before it asked again
    expect(second.requests.at(-2)).toBe('searchRequest');
    await expect(directory.get('Gone')).resolves.toBeUndefined();
  });

  test('and somebody else changes the entry before we can look: nothing is overwritten', async () => {
    const mine = conference('Shared');
    await directory.add(mine);
    const other = await second.open(clock);
    const theirs = await other.get('Shared');
    if (theirs === undefined) throw new Error('it was just added');
    theirs.description = 'theirs';
    first.fate = (op) => {
      if (op.type !== 'modifyRequest') return 'pass';
      first.isUp = false;
      second.isUp = false; // until they are done
      void other.modify(theirs).then(() => (second.isUp = true));
      return 'break before';
    };
    mine.description = 'ours';
    const error = await caught(directory.modify(mine));
    expect(error).toMatchObject({ code: 'ERR_DIRECTORY_CONFLICT', outcomeUnknown: true });
    expect((await other.get('Shared'))?.description).toBe('theirs');
    await other.close();
  });

  test('with the other one: all of them are named', async () => {
    first.kill();
    second.kill();
    const error = await caught(directory.get('x'));
    expect(error).toBeInstanceOf(DirectoryUnavailableError);
    expect(error).toHaveProperty('message', expect.stringMatching(/None of the 2 servers.*second.*first/));
  });

  test('while opening, the next one is taken', async () => {
    first.kill();
    await using late = await open();
    expect(late.displayName).toBe('embedded:second');
  });
});

describe('when it is back', () => {
  test('it takes over after half a minute, without a loss', async () => {
    first.kill();
    await directory.get('x');
    first.isUp = true;
    clock.advance(29_000);
    await directory.get('x');
    expect(directory.displayName).toBe('embedded:second');
    clock.advance(2_000);
    await directory.get('x'); // still here, while the other is tried
    await settle();
    expect(directory.displayName).toBe('embedded:first');
    const before = second.requests.length;
    await directory.add(conference('Back home'));
    expect(second.requests.slice(before)).toEqual([]);
    expect(events).toEqual(['disconnected', 'on embedded:second', 'on embedded:first']);
  });

  test('requests under way keep the connection that they are on', async () => {
    first.kill();
    await directory.get('x');
    first.isUp = true;
    clock.advance(31_000);
    const many = Array.from({ length: 50 }, (_, i) => directory.add(conference(`c${i}`)));
    await Promise.all(many);
    await settle();
    expect(directory.displayName).toBe('embedded:first');
    expect(first.count('addRequest') + second.count('addRequest')).toBe(50);
    await expect(directory.search().toArray()).resolves.toHaveLength(50);
  });

  test('it is asked ever more rarely while it stays away', async () => {
    first.kill();
    let attempts = 0;
    const { target } = first;
    await directory.close();
    const counting = { ...target, connect: () => (attempts++, first.connect()) };
    const list = { url: 'x', displayName: 'x', named: [counting, second.target], base: '', domains: [] };
    directory = new LdapDirectory(list, { clock, random: () => 0 });
    await directory.connect({ timeoutMs: 500 });
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(60_000);
      await directory.get('x');
      await settle();
    }
    expect(attempts).toBeGreaterThan(5);
    expect(attempts).toBeLessThan(13);
  });
});

describe('a read-only copy', () => {
  const refer = (...referral: string[]) => {
    first.fate = (op) =>
      op.type === 'addRequest'
        ? {
            answers: [
              { type: 'addResponse', resultCode: 10, matchedDN: '', diagnosticMessage: '', referral },
            ],
          }
        : 'pass';
  };

  test('that refers to another server of the directory is followed there, for this change', async () => {
    refer('ldap://unknown.example', 'embedded:second');
    await directory.add(conference('Written there'));
    expect(directory.displayName).toBe('embedded:first');
    expect([first.count('addRequest'), second.count('addRequest')]).toEqual([1, 1]);
    await expect(directory.get('Written there')).resolves.toBeDefined();
  });

  test('that refers to anybody else is not followed: it is told where to ask', async () => {
    refer('ldap://elsewhere.example/o=Intranet', 'nonsense');
    await expect(directory.add(conference('Nowhere'))).rejects.toMatchObject({
      code: 'ERR_DIRECTORY_REFERRAL',
      referrals: ['ldap://elsewhere.example/o=Intranet', 'nonsense'],
      message: expect.stringContaining('Ask there: ldap://elsewhere.example/o=Intranet'),
    });
    expect(second.count('addRequest')).toBe(0);
  });
});

describe('a server that answers, and does not do its work', () => {
  test.each([51, 52])('result %i sends the request to the other one', async (code) => {
    first.fate = (op) => (op.type === 'addRequest' ? answer('addResponse', code) : 'pass');
    await directory.add(conference('Moved'));
    expect(directory.displayName).toBe('embedded:second');
    expect([first.count('addRequest'), second.count('addRequest')]).toEqual([1, 1]);
  });

  test('a read without an answer is repeated at the other one', async () => {
    await directory.close();
    directory = await open(100);
    await directory.add(conference('Slow'));
    first.fate = (op) => (op.type === 'searchRequest' ? 'hang' : 'pass');
    await expect(directory.get('Slow')).resolves.toMatchObject({ name: 'Slow' });
  });

  test('a change without an answer is looked for, and never repeated: it may yet be done', async () => {
    await directory.close();
    directory = await open(100);
    first.fate = (op) => (op.type === 'addRequest' ? 'hang' : 'pass');
    const error = await caught(directory.add(conference('Who knows')));
    expect(error).toBeInstanceOf(DirectoryError);
    expect(error).toMatchObject({ code: 'ERR_DIRECTORY_TIMEOUT', outcomeUnknown: true });
    expect(second.requests).toEqual(['searchRequest']);
  });
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  AlreadyExistsError,
  type Conference,
  createConference,
  DirectoryError,
  DirectoryTimeoutError,
  DirectoryUnavailableError,
  NotFoundError,
} from '../../directory/index.ts';
import { textValues } from '../../directory/server/entry.ts';
import { pathOf } from '../../directory/server/schema.ts';
import {
  decodePagedResults,
  encodeMessage,
  parseDn,
  type ProtocolOp,
  textAttribute,
} from '../../src/ldap/index.ts';
import { FaultyService } from './faulty-service.ts';

const conference = (name: string): Conference =>
  createConference({ name, machine: 'host.example', originator: 'alice' });
const caught = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);
const result = { matchedDN: '', diagnosticMessage: '' };

let faulty: FaultyService;
beforeEach(() => {
  faulty = new FaultyService();
});
afterEach(() => faulty.stop());

/** A fate for one request of a type, the `nth`. */
const once =
  (type: ProtocolOp['type'], fate: ReturnType<FaultyService['fate']>, nth = 1) =>
  (op: ProtocolOp, count: number) =>
    op.type === type && count === nth ? fate : 'pass';

describe('a server that does not answer', () => {
  test('a read ends with a time-out that names the server, and the connection is given up', async () => {
    const directory = await faulty.open(undefined, 40);
    const lost: DirectoryError[] = [];
    directory.on('disconnected', (reason) => lost.push(reason));
    const before = faulty.count('searchRequest');
    faulty.fate = once('searchRequest', 'hang', before + 1);
    const error = await caught(directory.get('x'));
    expect(error).toBeInstanceOf(DirectoryTimeoutError);
    expect(error).toMatchObject({ code: 'ERR_DIRECTORY_TIMEOUT', outcomeUnknown: false });
    expect(error).toHaveProperty('message', expect.stringMatching(/did not answer within 0\.04 s/));
    expect(lost).toHaveLength(1);
    await expect(directory.get('x')).resolves.toBeUndefined(); // over a new connection
    expect(faulty.connections).toBe(2);
    await directory.close();
  });

  test('a write that is too late says that its outcome is unknown', async () => {
    const directory = await faulty.open(undefined, 40);
    faulty.fate = once('addRequest', 'hang');
    const error = await caught(directory.add(conference('Slow')));
    expect(error).toBeInstanceOf(DirectoryTimeoutError);
    expect(error).toMatchObject({ outcomeUnknown: true });
    expect(faulty.count('addRequest')).toBe(1);
    await directory.close();
  });

  test('connecting to it ends too', async () => {
    faulty.fate = () => 'hang';
    await expect(faulty.open(undefined, 40)).rejects.toThrow(DirectoryTimeoutError);
  });

  test('an abort is heard at once, and the connection goes on', async () => {
    const directory = await faulty.open();
    faulty.fate = once('searchRequest', 'hang', faulty.count('searchRequest') + 1);
    const abort = new AbortController();
    const waiting = caught(directory.get('x', { signal: abort.signal }));
    setImmediate(() => abort.abort(new Error('never mind')));
    await expect(waiting).resolves.toHaveProperty('message', 'never mind');
    await expect(directory.get('x')).resolves.toBeUndefined();
    expect(faulty.connections).toBe(1);
    await directory.close();
  });
});

describe('a connection that breaks', () => {
  test('while reading: the read is repeated on a new one', async () => {
    const directory = await faulty.open();
    await directory.add(conference('There'));
    const events: string[] = [];
    directory
      .on('disconnected', () => events.push('disconnected'))
      .on('reconnected', () => events.push('reconnected'));
    faulty.fate = once('searchRequest', 'break after', faulty.count('searchRequest') + 1);
    await expect(directory.get('There')).resolves.toMatchObject({ name: 'There' });
    expect(events).toEqual(['disconnected', 'reconnected']);
    await directory.close();
  });

  test('again and again while reading: it is given up after three attempts', async () => {
    const directory = await faulty.open();
    const before = faulty.count('searchRequest');
    faulty.fate = (op) => (op.type === 'searchRequest' ? 'break before' : 'pass');
    await expect(directory.get('x')).rejects.toThrow(DirectoryUnavailableError);
    expect(faulty.count('searchRequest') - before).toBe(3);
    await directory.close();
  });

  test('while nothing is asked: the next request opens a new one, and binds as before', async () => {
    const directory = await faulty.open();
    faulty.fate = (op) =>
      op.type === 'bindRequest' ? { answers: [{ type: 'bindResponse', resultCode: 0, ...result }] } : 'pass';
    await directory.bind({ kind: 'simple', dn: 'cn=alice', password: 'secret' });
    const lost = new Promise((resolve) => {
      directory.on('disconnected', resolve);
    });
    faulty.breakAll();
    await expect(lost).resolves.toBeInstanceOf(DirectoryUnavailableError);
    await directory.get('x');
    expect(faulty.count('bindRequest')).toBe(2);
    faulty.fate = (op) =>
      op.type === 'bindRequest' ? { answers: [{ type: 'bindResponse', resultCode: 49, ...result }] } : 'pass';
    faulty.breakAll();
    await new Promise(setImmediate);
    await expect(directory.get('x')).rejects.toMatchObject({ code: 'ERR_DIRECTORY_NOT_PERMITTED' });
    expect(faulty.count('bindRequest')).toBe(3); // wrong credentials do not get better by trying
    await directory.close();
  });

  test('after an add that took effect: looking shows it, nothing is sent twice', async () => {
    const directory = await faulty.open();
    faulty.fate = once('addRequest', 'break after');
    const mine = conference('Once');
    await directory.add(mine, { ttlSeconds: 900 });
    expect(faulty.count('addRequest')).toBe(1);
    expect(mine.ttlSeconds).toBe(900);
    await expect(directory.get('Once')).resolves.toMatchObject({ ttlSeconds: 900 });
    await directory.close();
  });

  test('before an add took effect: looking shows that, and it is sent again', async () => {
    const directory = await faulty.open();
    faulty.fate = once('addRequest', 'break before');
    await directory.add(conference('Twice'));
    expect(faulty.count('addRequest')).toBe(2);
    await expect(directory.get('Twice')).resolves.toBeDefined();
    await directory.close();
  });

  test('after an add of a name that somebody else has: it is theirs', async () => {
    const directory = await faulty.open();
    const theirs = conference('Taken');
    await directory.add(theirs);
    faulty.fate = once('addRequest', 'break after', 2);
    const mine = createConference({ name: 'Taken', machine: 'other.example' });
    await expect(directory.add(mine)).rejects.toThrow(AlreadyExistsError);
    expect((await directory.get('Taken'))?.blob).toEqual(theirs.blob);
    await directory.close();
  });

  test('after a delete or a modify: neither fails, and both are done', async () => {
    const directory = await faulty.open();
    const mine = conference('Changing');
    await directory.add(mine);
    mine.description = 'changed';
    faulty.fate = once('modifyRequest', 'break after');
    await directory.modify(mine);
    expect(faulty.count('modifyRequest')).toBe(1);
    faulty.fate = once('modifyRequest', 'break before', 2);
    mine.description = 'changed again';
    await directory.modify(mine);
    expect(faulty.count('modifyRequest')).toBe(3);
    await expect(directory.get('Changing')).resolves.toMatchObject({ description: 'changed again' });
    faulty.fate = once('delRequest', 'break after');
    await directory.delete(mine);
    expect(faulty.count('delRequest')).toBe(1);
    await expect(directory.get('Changing')).resolves.toBeUndefined();
    await directory.close();
  });

  test('when looking fails too, the error says that the outcome is unknown', async () => {
    const directory = await faulty.open();
    let broken = false;
    faulty.fate = (op) => {
      broken ||= op.type === 'addRequest';
      return broken ? 'break before' : 'pass';
    };
    const error = await caught(directory.add(conference('Who knows')));
    expect(error).toBeInstanceOf(DirectoryUnavailableError);
    expect(error).toMatchObject({ outcomeUnknown: true });
    expect(faulty.count('addRequest')).toBe(1);
    await directory.close();
  });

  test('between pages: the search begins anew, and gives every conference once', async () => {
    const directory = await faulty.open();
    const names = Array.from({ length: 700 }, (_, i) => `c${1000 + i}`);
    await Promise.all(names.map((name) => directory.add(conference(name))));
    const cookies: number[] = [];
    const second = faulty.count('searchRequest') + 2;
    faulty.fate = (_, nth, { controls = [] }) => {
      for (const control of controls) cookies.push(decodePagedResults(control).cookie.length);
      return nth === second ? 'break after' : 'pass';
    };
    const found = (await directory.search().toArray()).map(({ name }) => name);
    expect(found.sort()).toEqual(names);
    // first page, second page, and on the new connection the first again without the old one's cookie
    expect(cookies.map((length) => length > 0)).toEqual([false, true, false, true]);
    await directory.close();
  });
});

describe('answers that a client library might stumble over', () => {
  const answering = (...answers: (ProtocolOp | Uint8Array)[]) => {
    faulty.fate = (op) => (op.type === 'searchRequest' ? { answers } : 'pass');
  };

  test('a referral keeps its URIs', async () => {
    const directory = await faulty.open();
    const referral = ['ldap://other.example/o=Intranet', 'ldap://third.example/'];
    answering({
      type: 'searchResultDone',
      resultCode: 10,
      matchedDN: '',
      diagnosticMessage: 'not here',
      referral,
    });
    const error = await caught(directory.get('x'));
    expect(error).toMatchObject({
      ldapCode: 10,
      ldapName: 'referral',
      diagnostic: 'not here',
      referrals: referral,
    });
    expect(error).toHaveProperty('message', expect.stringContaining('ldap://other.example'));
    await directory.close();
  });

  test('an unknown result code is passed on as it is', async () => {
    const directory = await faulty.open();
    answering({ type: 'searchResultDone', resultCode: 4711, matchedDN: '', diagnosticMessage: 'so there' });
    const error = await caught(directory.get('x'));
    expect(error).toBeInstanceOf(DirectoryError);
    expect(error).toMatchObject({ ldapCode: 4711, ldapName: 'resultCode 4711', diagnostic: 'so there' });
    await directory.close();
  });

  test('intermediate responses are let go, a notice of disconnection is heard', async () => {
    const directory = await faulty.open();
    const done = { type: 'searchResultDone', resultCode: 0, ...result } as const;
    answering({ type: 'intermediateResponse', responseName: '1.2.3' }, done);
    await expect(directory.get('x')).resolves.toBeUndefined();
    const notice = encodeMessage({
      messageId: 0,
      op: {
        type: 'extendedResponse',
        resultCode: 52,
        matchedDN: '',
        diagnosticMessage: 'closing for the night',
        responseName: '1.3.6.1.4.1.1466.20036',
      },
    });
    answering(notice);
    const reasons: string[] = [];
    directory.on('disconnected', ({ message }) => reasons.push(message));
    await expect(directory.get('x')).rejects.toThrow(/closing for the night/);
    expect(reasons[0]).toMatch(/hung up with unavailable \(52\): closing for the night/);
    await directory.close();
  });

  test.each([
    ['no LDAP at all', new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a message of 2 GB', Uint8Array.of(0x30, 0x84, 0x7f, 0xff, 0xff, 0xff)],
    ['a broken message', Uint8Array.of(0x30, 0x05, 0x02, 0x01, 0x05, 0x65, 0x7f)],
  ])('%s ends the connection, not the program', async (_, bytes) => {
    const directory = await faulty.open();
    answering(bytes);
    await expect(directory.get('x')).rejects.toThrow(/does not speak LDAP/);
    faulty.fate = () => 'pass';
    await expect(directory.get('x')).resolves.toBeUndefined();
    await directory.close();
  });

  test('[DIR-03] an entry whose time is up is not shown, though the server still has it', async () => {
    const directory = await faulty.open();
    const entry = (ttl: string) =>
      ({
        type: 'searchResultEntry',
        objectName: 'uid=x,ou=Dynamic,o=Intranet',
        attributes: [textAttribute('uid', 'x'), textAttribute('entryTTL', ttl)],
      }) as const;
    const done = { type: 'searchResultDone', resultCode: 0, ...result } as const;
    answering(entry('0'), done);
    await expect(directory.get('x')).resolves.toBeUndefined();
    await expect(directory.search().toArray()).resolves.toEqual([]);
    answering(entry('1'), done);
    await expect(directory.get('x')).resolves.toMatchObject({ name: 'x', ttlSeconds: 1 });
    await expect(directory.search().toArray()).resolves.toHaveLength(1);
    await directory.close();
  });

  test('an empty page with a cookie is not the end', async () => {
    const directory = await faulty.open();
    await directory.add(conference('Behind'));
    const page = (messageId: number) =>
      encodeMessage({
        messageId,
        op: { type: 'searchResultDone', resultCode: 0, ...result },
        controls: [
          {
            controlType: '1.2.840.113556.1.4.319',
            criticality: false,
            controlValue: Uint8Array.of(0x30, 0x06, 0x02, 0x01, 0x00, 0x04, 0x01, 0x41),
          },
        ],
      });
    const requests: ProtocolOp[] = [];
    faulty.fate = (op) => {
      requests.push(op);
      return requests.length === 1 ? { answers: [page(faulty.requests.length + 1)] } : 'break before';
    };
    await caught(directory.search().toArray());
    expect(requests.length).toBeGreaterThan(1); // it asked on
    await directory.close();
  });
});

describe('time to live where a server is peculiar', () => {
  test('a server that takes no entryTTL in an add gets it by a refresh', async () => {
    const directory = await faulty.open();
    const refusal = { type: 'addResponse', resultCode: 19, ...result } as const;
    faulty.fate = (op) =>
      op.type === 'addRequest' && op.attributes.some(({ type }) => type === 'entryTTL')
        ? { answers: [refusal] }
        : 'pass';
    const mine = conference('Legacy');
    await directory.add(mine, { ttlSeconds: 1234 });
    expect(mine.ttlSeconds).toBe(1234);
    expect(faulty.requests.filter((type) => /add|extended/.test(type))).toEqual([
      'addRequest',
      'addRequest',
      'extendedRequest',
    ]);
    await directory.add(conference('Next'), { ttlSeconds: 1234 });
    expect(faulty.count('addRequest')).toBe(3); // it has learnt
    await directory.close();
  });

  test('when the refresh behind an add is refused, the entry is taken back', async () => {
    const directory = await faulty.open();
    faulty.fate = (op, nth) => {
      if (op.type === 'addRequest' && nth === 1)
        return { answers: [{ type: 'addResponse', resultCode: 21, ...result }] };
      if (op.type === 'extendedRequest') {
        return { answers: [{ type: 'extendedResponse', resultCode: 50, ...result }] };
      }
      return 'pass';
    };
    await expect(directory.add(conference('Half'))).rejects.toMatchObject({
      ldapName: 'insufficientAccessRights',
    });
    await expect(directory.get('Half')).resolves.toBeUndefined();
    await directory.close();
  });

  test('a rename whose old entry cannot be deleted is taken back', async () => {
    const directory = await faulty.open();
    const mine = conference('Before');
    await directory.add(mine);
    mine.name = 'After';
    faulty.fate = (op) => {
      if (op.type === 'modDNRequest') {
        return { answers: [{ type: 'modDNResponse', resultCode: 53, ...result }] }; // as locator services do
      }
      if (op.type !== 'delRequest' || op.entry.includes('After')) return 'pass';
      return { answers: [{ type: 'delResponse', resultCode: 50, ...result }] };
    };
    await expect(directory.modify(mine)).rejects.toMatchObject({ code: 'ERR_DIRECTORY_NOT_PERMITTED' });
    expect((await directory.search().toArray()).map(({ name }) => name)).toEqual(['Before']);
    mine.name = 'BEFORE';
    await expect(directory.modify(mine)).rejects.toThrow(/same name/);
    await directory.close();
  });

  describe('[OBJ-03] a rename', () => {
    const uuidOf = (name: string): string => {
      const entry = faulty.store.get(pathOf(parseDn(`uid=${name},ou=Dynamic,o=Intranet`)));
      return textValues(entry!.attributes, 'entryUUID')[0] ?? '';
    };

    test.each([
      { name: 'is one where the server renames', code: undefined, same: true },
      { name: 'is add and delete where it does not', code: 53, same: false },
      { name: 'nor knows the request', code: 2, same: false },
    ])('$name', async ({ code, same }) => {
      const directory = await faulty.open();
      const mine = conference('Before');
      await directory.add(mine, { ttlSeconds: 600 });
      const uuid = uuidOf('Before');
      mine.name = 'After';
      mine.description = 'renamed';
      if (code !== undefined) {
        faulty.fate = once('modDNRequest', {
          answers: [{ type: 'modDNResponse', resultCode: code, ...result }],
        });
      }
      await directory.modify(mine);
      await expect(directory.search().toArray()).resolves.toMatchObject([
        { name: 'After', description: 'renamed', ttlSeconds: 600 },
      ]);
      expect(uuidOf('After') === uuid).toBe(same);
      expect(mine.dn).toBe('uid=After,ou=Dynamic,o=Intranet');
      await directory.close();
    });

    test.each(['break before', 'break after'] as const)('survives a %s', async (fate) => {
      const directory = await faulty.open();
      const mine = conference('Before');
      await directory.add(mine);
      mine.name = 'After';
      faulty.fate = once('modDNRequest', fate);
      await directory.modify(mine);
      expect((await directory.search().toArray()).map(({ name }) => name)).toEqual(['After']);
      await directory.close();
    });

    test('is taken back when the rest of the change is refused', async () => {
      const directory = await faulty.open();
      const mine = conference('Before');
      await directory.add(mine);
      mine.name = 'After';
      faulty.fate = once('modifyRequest', {
        answers: [{ type: 'modifyResponse', resultCode: 50, ...result }],
      });
      await expect(directory.modify(mine)).rejects.toMatchObject({ code: 'ERR_DIRECTORY_NOT_PERMITTED' });
      expect((await directory.search().toArray()).map(({ name }) => name)).toEqual(['Before']);
      await directory.close();
    });
  });
});

test('no more than 200 requests wait at a time', async () => {
  const directory = await faulty.open();
  const all = await Promise.all(Array.from({ length: 900 }, (_, i) => directory.get(`c${i}`)));
  expect(all.every((found) => found === undefined)).toBe(true);
  expect(faulty.mostPending).toBeGreaterThan(100);
  expect(faulty.mostPending).toBeLessThanOrEqual(200);
  await directory.close();
});

test('closing while requests wait ends them', async () => {
  const directory = await faulty.open();
  faulty.fate = () => 'hang';
  const waiting = caught(directory.get('x'));
  await new Promise(setImmediate);
  await directory.close();
  expect(await waiting).toBeInstanceOf(Error);
  await expect(directory.delete('x')).rejects.not.toThrow(NotFoundError);
});

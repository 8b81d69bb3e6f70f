import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createConference, createUser, type DirectoryUser } from '../../directory/index.ts';
import type { LdapDirectory } from '../../directory/ldap-directory.ts';
import { EXTENDED, type ProtocolOp, textAttribute } from '../../src/ldap/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type Fate, FaultyService } from './faulty-service.ts';

// Locator services of the time cannot be started any more. What they do not do is taken away from ours.

const DONE = { matchedDN: '', diagnosticMessage: '' } as const;

let clock: FakeClock;
let old: FaultyService;
beforeEach(() => {
  clock = new FakeClock();
  old = new FaultyService(clock);
});
afterEach(() => old.stop());

/** Adds and modifications so far, as `add cn,uid,…` of the attributes in them. */
const written: string[] = [];
function note(op: ProtocolOp): void {
  if (op.type === 'addRequest') written.push(`add ${op.attributes.map(({ type }) => type).join(',')}`);
  if (op.type === 'modifyRequest') {
    written.push(`modify ${op.changes.map(({ modification }) => modification.type).join(',')}`);
  }
}
beforeEach(() => {
  written.length = 0;
});

describe('attributes that MS-TAIL does not have', () => {
  const alice = (phones: readonly string[] = ['+1 555 0100']): DirectoryUser =>
    createUser({ name: 'alice', primaryPhone: 'a.example', phones, addresses: ['192.0.2.1', '2001:db8::1'] });
  const isUnknown = (type: string): boolean => type === 'telephoneNumber' || type === 'ip6Address';
  const refusing =
    (resultCode: number): FaultyService['fate'] =>
    (op): Fate => {
      note(op);
      if (op.type === 'addRequest' && op.attributes.some(({ type }) => isUnknown(type))) {
        return { answers: [{ type: 'addResponse', resultCode, ...DONE }] };
      }
      if (op.type === 'modifyRequest' && op.changes.some((change) => isUnknown(change.modification.type))) {
        return { answers: [{ type: 'modifyResponse', resultCode, ...DONE }] };
      }
      return 'pass';
    };
  const telling = (directory: LdapDirectory): string[] => {
    const told: string[] = [];
    directory.on('omitted', (dn, names) => told.push(`${dn.replace(/,.*/, '')}: ${names.join(' ')}`));
    return told;
  };

  test.each([16, 17, 65])('[DIR-09] refused with %i are left out, which is said', async (code) => {
    old.fate = refusing(code);
    await using directory = await old.open(clock);
    const told = telling(directory);
    const user = alice();
    await directory.add(user, { ttlSeconds: 600 });
    expect(told).toEqual(['cn=alice]a.example: ip6Address telephoneNumber']);
    const found = await directory.getUser('alice');
    expect(found).toMatchObject({ phones: [], addresses: ['192.0.2.1'], ttlSeconds: 600 });
    await directory.delete(user);
    written.length = 0;
    await directory.add(alice([]), { ttlSeconds: 600 }); // known by now: nothing is tried in vain
    expect(written.filter((it) => /telephone|ip6/.test(it))).toEqual([]);
    expect(written.filter((it) => it.startsWith('add'))).toHaveLength(2);
    expect(told.at(-1)).toBe('cn=alice]a.example: ip6Address');
  });

  test('the origin of a copy is not left out: nobody could tell it from what its publisher put there', async () => {
    old.fate = (op) =>
      op.type === 'addRequest' && op.attributes.some(({ type }) => type === 'rdvOrigin')
        ? { answers: [{ type: 'addResponse', resultCode: 17, ...DONE }] }
        : 'pass';
    await using directory = await old.open(clock);
    const copy = createConference({ name: 'Heard' });
    copy.origin = {
      kind: 'sap',
      source: '192.0.2.7',
      group: '239.255.255.255',
      hash: 1,
      gateway: 'hall',
      session: 'a 1 IN IP4 h',
    };
    await expect(directory.add(copy)).rejects.toMatchObject({ ldapName: 'undefinedAttributeType' });
    await expect(directory.get('Heard')).resolves.toBeUndefined();
  });

  test('[DIR-09] refused in a change are left out of it', async () => {
    await using publisher = await old.open(clock);
    const user = createUser({ name: 'alice', primaryPhone: 'a.example', addresses: ['192.0.2.1'] });
    await publisher.add(user);
    old.fate = refusing(17);
    const told = telling(publisher);
    user.comment = 'away';
    await publisher.modify(user);
    expect((await publisher.getUser('alice'))?.comment).toBe('away');
    expect(told).toEqual([]); // there was nothing to lose
  });

  test('refused for another reason, the refusal is what is told', async () => {
    old.fate = (op) =>
      op.type === 'addRequest'
        ? { answers: [{ type: 'addResponse', resultCode: 65, ...DONE, diagnosticMessage: 'never' }] }
        : 'pass';
    await using directory = await old.open(clock);
    const told = telling(directory);
    await expect(directory.add(alice())).rejects.toThrow(/never/);
    expect(told).toEqual([]);
  });
});

describe('without the refresh operation of RFC 2589', () => {
  /** Says that it does not know the operation; its rootDSE tells so, or there is none. */
  const without =
    (rootDse: 'tells' | 'missing'): FaultyService['fate'] =>
    (op): Fate => {
      note(op);
      if (op.type === 'searchRequest' && op.baseObject === '') {
        const attributes = [textAttribute('namingContexts', 'o=Intranet')];
        const entry = { type: 'searchResultEntry', objectName: '', attributes } as const;
        return {
          answers: [
            ...(rootDse === 'tells' ? [entry] : []),
            { type: 'searchResultDone', resultCode: 0, ...DONE },
          ],
        };
      }
      if (op.type === 'extendedRequest' && op.requestName === EXTENDED.refresh) {
        written.push('refresh');
        return { answers: [{ type: 'extendedResponse', resultCode: 2, ...DONE }] };
      }
      // the time to live is a matter of a modification there (MS-TAIL §3.2.4.2)
      return op.type === 'addRequest' && op.attributes.some(({ type }) => type === 'entryTTL')
        ? { answers: [{ type: 'addResponse', resultCode: 53, ...DONE }] }
        : 'pass';
    };

  test.each(['tells', 'missing'] as const)(
    '[DIR-06] entries are kept alive by changing entryTTL; the rootDSE %s',
    async (rootDse) => {
      old.fate = without(rootDse);
      const directory = await old.openAs('ils', clock);
      directory.autoRefresh = true;
      const kept = createConference({ name: 'Kept', machine: 'host.example' });
      await directory.add(kept, { ttlSeconds: 600 });
      const asked = rootDse === 'tells' ? [] : ['refresh']; // once, and never again
      expect(written.slice(1)).toEqual([
        expect.not.stringContaining('entryTTL'),
        ...asked,
        'modify entryTTL',
      ]);
      expect(kept.ttlSeconds).toBe(600);
      for (let i = 0; i < 4; i++) {
        const { promise, resolve } = Promise.withResolvers<number>();
        directory.on('refreshed', (_, ttl) => resolve(ttl));
        clock.advance(300_000);
        await expect(promise).resolves.toBe(600);
      }
      expect(written.slice(3 + asked.length)).toEqual(Array.from({ length: 4 }, () => 'modify entryTTL'));
      await expect(directory.refresh(kept, 900)).resolves.toBe(900);
      await expect(directory.get('Kept')).resolves.toMatchObject({ ttlSeconds: 900 });
      await directory.delete(kept);
      await expect(directory.refresh('Kept', 900)).rejects.toMatchObject({ ldapCode: 32 });
      await directory.close();
    },
  );
});

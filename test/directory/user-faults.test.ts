import { afterEach, beforeEach, expect, test } from 'vitest';
import { createUser, type DirectoryUser } from '../../directory/index.ts';
import type { LdapDirectory } from '../../directory/ldap-directory.ts';
import type { ProtocolOp } from '../../src/ldap/index.ts';
import { type Fate, FaultyService } from './faulty-service.ts';

let faulty: FaultyService;
let directory: LdapDirectory;
beforeEach(async () => {
  faulty = new FaultyService();
  directory = await faulty.open();
});
afterEach(async () => {
  await directory.close();
  faulty.stop();
});

const alice = (): DirectoryUser => createUser({ name: 'alice', primaryPhone: 'a.example', surname: 'Smith' });
/** What happens to the nth request of a type; all others pass. */
const atRequest =
  (type: ProtocolOp['type'], which: number, fate: Fate): FaultyService['fate'] =>
  (op, nth) =>
    op.type === type && nth === which ? fate : 'pass';
const refused = (type: 'addResponse' | 'delResponse'): Fate => ({
  answers: [{ type, resultCode: 50, matchedDN: '', diagnosticMessage: 'no' }],
});
/** Entries of alice that there are. */
const left = async (): Promise<string[]> => {
  const other = await faulty.open();
  const users = await other.searchUsers().toArray();
  await other.close();
  return users.map(({ name }) => name);
};

test.each([1, 2])(
  '[USR-03] the answer to add %i of 2 is lost: looking shows it, nothing is sent twice',
  async (which) => {
    faulty.fate = atRequest('addRequest', which, 'break after');
    await directory.add(alice(), { ttlSeconds: 900 });
    expect(faulty.count('addRequest')).toBe(2);
    await expect(directory.getUser('alice')).resolves.toMatchObject({ surname: 'Smith', ttlSeconds: 900 });
  },
);

test.each([1, 2])('the connection goes before add %i of 2: it is sent again', async (which) => {
  faulty.fate = atRequest('addRequest', which, 'break before');
  await directory.add(alice());
  expect(faulty.count('addRequest')).toBe(3);
  await expect(left()).resolves.toEqual(['alice']);
});

test('when the person is refused, the application that was added for it goes again', async () => {
  faulty.fate = atRequest('addRequest', 2, refused('addResponse'));
  const user = alice();
  await expect(directory.add(user)).rejects.toThrow(/insufficientAccessRights/);
  expect(user.dn).toBeUndefined();
  faulty.fate = () => 'pass';
  await directory.add(user); // would meet what was left behind
  expect(faulty.requests.filter((type) => type === 'addRequest' || type === 'delRequest')).toEqual([
    'addRequest',
    'addRequest',
    'delRequest',
    'addRequest',
    'addRequest',
  ]);
});

test('when nobody knows whether the person was added, nothing is taken back', async () => {
  await directory.close();
  directory = await faulty.open(undefined, 150);
  faulty.fate = atRequest('addRequest', 2, 'hang');
  await expect(directory.add(alice())).rejects.toMatchObject({ outcomeUnknown: true });
  expect(faulty.count('delRequest')).toBe(0);
});

test('[DIR-10] [DIR-12] the answers to a modify and a delete are lost: neither fails, and both are done', async () => {
  const user = alice();
  await directory.add(user);
  user.comment = 'changed';
  faulty.fate = atRequest('modifyRequest', 1, 'break after');
  await directory.modify(user);
  await expect(directory.getUser('alice')).resolves.toMatchObject({ comment: 'changed' });
  for (const which of [1, 2]) {
    const first = faulty.count('delRequest');
    faulty.fate = atRequest('delRequest', first + which, 'break after');
    await directory.delete(user);
    await expect(left()).resolves.toEqual([]);
    await directory.add(user);
  }
});

test('a delete that is refused leaves both', async () => {
  const user = alice();
  await directory.add(user);
  faulty.fate = atRequest('delRequest', 1, refused('delResponse'));
  await expect(directory.delete(user)).rejects.toThrow(/insufficientAccessRights/);
  expect(user.dn).toBeDefined();
  await expect(directory.refresh(user, 900)).resolves.toBe(900);
});

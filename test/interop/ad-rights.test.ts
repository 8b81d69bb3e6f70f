import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  AccessRights,
  createConference,
  type Directory,
  DirectoryUser,
  encryptConference,
  openDirectory,
  rekeyConference,
} from '../../directory/index.ts';
import { schemaText } from '../../directory/schema/index.ts';
import { InvalidValueError } from '../../src/errors.ts';
import { clear } from '../directory/server-backends.ts';
import { type Samba, startSamba } from '../support/samba.ts';

const PASSWORD = 'Passw0rd.2';

let samba: Samba;
const open: Directory[] = [];
beforeAll(async () => {
  samba = await startSamba();
  for (const name of ['ann', 'bob', 'eve']) await samba.tool('user', 'create', name, PASSWORD);
  const base = `ou=Conferences,${samba.suffix}`;
  await samba.tool('dsacl', 'set', `--objectdn=${base}`, '--sddl=(A;;CC;;;AU)');
}, 240_000);
afterEach(async () => {
  for (const directory of open.splice(0)) await directory.close();
  await clear(samba);
});
afterAll(() => samba?.stop());

async function as(name: string): Promise<Directory> {
  const credentials = { kind: 'simple', dn: `${name}@rv.test`, password: PASSWORD } as const;
  const directory = await openDirectory(samba.url, { credentials });
  open.push(directory);
  return directory;
}
const namesFor = async (directory: Directory): Promise<string[]> =>
  (await directory.search().toArray()).map(({ name }) => name).sort();

test('[OBJ-06] [OBJ-07] rights in Active Directory: who may not read a conference does not find it', async () => {
  const [ann, bob, eve] = [await as('ann'), await as('bob'), await as('eve')];
  const eveDn = `CN=eve,CN=Users,${samba.suffix}`;
  await ann.add(createConference({ name: 'Open', acl: 'everyone:read,owner:all' }));
  const secret = createConference({ name: 'Secret', acl: `owner:all,bob:read,${eveDn}:delete` });
  await ann.add(secret);
  expect(String(secret.acl)).toBe(`owner:all,bob:read,${eveDn}:delete`);
  expect([await namesFor(ann), await namesFor(bob), await namesFor(eve)]).toEqual([
    ['Open', 'Secret'],
    ['Open', 'Secret'],
    ['Open'],
  ]);
  await expect(eve.get('Secret')).resolves.toBeUndefined();
  const found = await bob.get('Secret');
  expect(String(found?.acl)).toBe('owner:all,bob:read,eve:delete');
  expect(String((await ann.get('Open'))?.acl)).toBe('everyone:read,owner:all');
});

test('[OBJ-07] are changed by whoever may, and other changes leave them', async () => {
  const [ann, bob] = [await as('ann'), await as('bob')];
  await ann.add(createConference({ name: 'Council', acl: 'owner:all' }));
  await expect(bob.get('Council')).resolves.toBeUndefined();
  const mine = await ann.get('Council');
  mine!.description = 'words';
  await ann.modify(mine!);
  await expect(bob.get('Council')).resolves.toBeUndefined();
  mine!.acl = AccessRights.parse('owner:all,bob@rv.test:read');
  await ann.modify(mine!);
  const theirs = await bob.get('Council');
  expect(String(theirs?.acl)).toBe('owner:all,bob:read');
  theirs!.acl = AccessRights.parse('everyone:all');
  await expect(bob.modify(theirs!)).rejects.toMatchObject({ ldapCode: 50 });
  mine!.acl = AccessRights.fromSddl('D:P(A;;GA;;;OW)(A;;GR;;;WD)');
  await ann.modify(mine!);
  expect((await bob.get('Council'))?.acl?.toSddl()).toMatch(/^O:S-1-5-21-[\d-]+D:P/);
  mine!.acl = undefined;
  await expect(ann.modify(mine!)).rejects.toThrow(/every entry has access rights/);
});

test('[DEF-05] without rights of its own a conference gets the usual ones, so that its owner can keep it alive', async () => {
  const [ann, bob] = [await as('ann'), await as('bob')];
  const plain = createConference({ name: 'Plain' });
  await ann.add(plain);
  const found = await bob.get('Plain');
  expect(String(found?.acl)).toBe('everyone:read,owner:all');
  expect(found?.acl?.toSddl()).toContain(';;;BA)'); // what is inherited is there, and goes without saying
  expect(found?.attributes.size).toBe(0);
  await ann.refresh(plain, 600);
  await expect(bob.refresh('Plain', 600)).rejects.toMatchObject({ ldapCode: 50 });
  plain.name = 'Renamed';
  await ann.modify(plain);
  expect(String((await bob.get('Renamed'))?.acl)).toBe('everyone:read,owner:all');
});

test('[OBJ-07] an account that is not there is said so, before anything is written', async () => {
  const ann = await as('ann');
  const unknown = createConference({ name: 'Unknown', acl: 'owner:all,zoe:read' });
  await expect(ann.add(unknown)).rejects.toThrow(InvalidValueError);
  await expect(ann.add(unknown)).rejects.toThrow(/no account "zoe" in DC=rv,DC=test/);
  await expect(ann.get('Unknown')).resolves.toBeUndefined();
  const nobody = createConference({ name: 'Unknown', acl: `owner:all,CN=zoe,CN=Users,${samba.suffix}:read` });
  await expect(ann.add(nobody)).rejects.toThrow(/no account "CN=zoe/);
});

test('[OBJ-07] users have them too', async () => {
  const [ann, bob, eve] = [await as('ann'), await as('bob'), await as('eve')];
  const acl = AccessRights.parse('owner:all,bob:read');
  const user = new DirectoryUser({ name: 'ann', primaryPhone: 'host.test', addresses: ['192.0.2.1'], acl });
  await ann.add(user);
  expect(String((await bob.getUser('ann'))?.acl)).toBe('owner:all,bob:read');
  await expect(eve.getUser('ann')).resolves.toBeUndefined();
  user.comment = 'away';
  await ann.modify(user);
  expect((await bob.getUser('ann'))?.comment).toBe('away');
});

/** Once: a schema cannot be taken back. */
let extended: Promise<void> | undefined;
test('keys are confidential: those whom the entry lets join see them, others who see the entry do not', async () => {
  extended ??= samba.modify(schemaText('ad-ldif', samba.suffix));
  await extended;
  const [ann, bob, eve] = [await as('ann'), await as('bob'), await as('eve')];
  const board = createConference({ name: 'Board', acl: 'everyone:read,bob:read+join,owner:all' });
  encryptConference(board);
  await ann.add(board);
  const keysFor = async (directory: Directory) => (await directory.get('Board'))?.keys;
  expect([await keysFor(ann), await keysFor(bob), await keysFor(eve)]).toEqual([board.keys, board.keys, []]);
  expect((await eve.get('Board'))?.isEncrypted).toBe(true);
  const mine = await ann.get('Board');
  mine!.acl = AccessRights.parse('everyone:read,owner:all');
  rekeyConference(mine!, Date.now(), Date.now() + 60_000);
  await ann.modify(mine!);
  expect([(await keysFor(ann))?.length, await keysFor(bob)]).toEqual([2, []]);
});

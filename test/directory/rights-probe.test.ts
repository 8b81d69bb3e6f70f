import { afterEach, beforeEach, expect, test } from 'vitest';
import { AccessRights } from '../../directory/index.ts';
import type { LdapDirectory } from '../../directory/ldap-directory.ts';
import { probeRights } from '../../directory/rights-probe.ts';
import { type PartialAttribute, type ProtocolOp, utf8Text } from '../../src/ldap/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FaultyService } from './faulty-service.ts';

const clock = new FakeClock();
const RANDOM = 0.123_456_789;
const DN = 'uid=530242871,ou=Dynamic,o=Intranet';

let service: FaultyService;
let directory: LdapDirectory;
let changes: ProtocolOp[];
beforeEach(async () => {
  service = new FaultyService(clock);
  directory = await service.open(clock);
  changes = [];
  service.fate = (op) => {
    if (isChange(op)) changes.push(op);
    return 'pass';
  };
});
afterEach(async () => {
  await directory.close();
  service.stop();
});

const isChange = ({ type }: ProtocolOp): boolean =>
  type === 'addRequest' || type === 'modifyRequest' || type === 'delRequest' || type === 'extendedRequest';
const textOf = ({ type, vals }: PartialAttribute): string =>
  `${type}: ${vals.map((it) => utf8Text(it)).join(' ')}`;
const probe = (acl?: AccessRights) =>
  probeRights(directory, { clock, random: () => RANDOM, ...(acl === undefined ? {} : { acl }) });

test('[APP-07] [DEF-06] is an add of a bare entry with a random number, a modify of entryTTL to 300, and a delete', async () => {
  const { trials, mayPublish, grantedTtl } = await probe();
  expect(changes.map(({ type }) => type)).toEqual(['addRequest', 'modifyRequest', 'delRequest']);
  const [add, modify, del] = changes;
  expect(add).toMatchObject({ entry: DN });
  expect(add?.type === 'addRequest' && add.attributes.map(textOf)).toEqual([
    'objectClass: rtConference dynamicObject',
    'uid: 530242871',
  ]);
  expect(modify).toMatchObject({ object: DN, changes: [{ operation: 'replace' }] });
  expect(modify?.type === 'modifyRequest' && modify.changes.map((it) => textOf(it.modification))).toEqual([
    'entryTTL: 300',
  ]);
  expect(del).toMatchObject({ entry: DN });
  expect(trials).toEqual([{ right: 'add' }, { right: 'refresh' }, { right: 'read' }, { right: 'delete' }]);
  expect([mayPublish, grantedTtl]).toEqual([true, 300]);
  await expect(directory.search().toArray()).resolves.toEqual([]);
});

test('[DEF-06] the rights that the conference shall have are tried with it', async () => {
  await expect(probe(AccessRights.parse('everyone:read,owner:all'))).resolves.toMatchObject({
    mayPublish: true,
  });
  const [add] = changes;
  expect(add?.type === 'addRequest' && add.attributes.map(({ type }) => type)).toEqual([
    'objectClass',
    'uid',
    'ntSecurityDescriptor',
  ]);
});

test.each([
  ['add', 'addRequest', 'addResponse', 1],
  ['refresh', 'modifyRequest', 'modifyResponse', 4],
  ['delete', 'delRequest', 'delResponse', 4],
] as const)('[DEF-06] whoever is refused the %s may not publish', async (right, request, type, tried) => {
  service.fate = (op) =>
    op.type === request
      ? { answers: [{ type, resultCode: 50, matchedDN: '', diagnosticMessage: 'no' }] }
      : 'pass';
  const { trials, mayPublish } = await probe();
  expect(mayPublish).toBe(false);
  expect(trials).toHaveLength(tried);
  expect(trials.filter(({ error }) => error !== undefined)).toEqual([
    { right, error: expect.objectContaining({ ldapCode: 50 }) },
  ]);
  service.fate = () => 'pass';
  const left = (await directory.search().toArray()).map(({ name }) => name);
  expect(left).toEqual(right === 'delete' ? ['530242871'] : []); // for five minutes at most
});

import fc from 'fast-check';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, test } from 'vitest';
import { RESULT, utf8Bytes } from '../../src/ldap/index.ts';
import { commandsOf } from '../directory/server/model/commands.ts';
import { Model } from '../directory/server/model/model.ts';
import { type Operation, operations } from '../directory/server/model/operations.ts';
import { type Outcome, Subject } from '../directory/server/model/subject.ts';
import { TestClient, testService } from '../directory/server/support.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';

let slapd: Slapd;
let theirs: Subject;

beforeAll(async () => {
  slapd = await startSlapd({ schema: await ourSchema() });
  const socket = connect(Number(new URL(slapd.url).port), '127.0.0.1');
  await once(socket, 'connect');
  const client = new TestClient(socket);
  const bound = await client.request({
    type: 'bindRequest',
    version: 3,
    name: slapd.adminDn,
    authentication: { kind: 'simple', password: utf8Bytes(slapd.adminPassword) },
  });
  if (bound.code !== 0) throw new Error(bound.message);
  theirs = new Subject('slapd', client, `ou=Conferences,${slapd.suffix}`);
});
afterAll(async () => {
  theirs.client.stream.destroy();
  await slapd.stop();
});

/** What the service publishes as its schema, for slapd to load. */
async function ourSchema(): Promise<string> {
  using t = testService();
  const schema = await t.client.read('cn=Schema,ou=Admin,o=Intranet', 'attributeTypes', 'objectClasses');
  // What describes cn=Monitor has the names that slapd has for its own.
  const own = (definition: string): boolean =>
    /^\( (?:2\.25\.|1\.2\.840\.113556\.)/.test(definition) && !definition.includes("NAME 'monitor");
  const { attributeTypes = [], objectClasses = [] } = schema?.attributes ?? {};
  return [
    ...attributeTypes.filter(own).map((definition) => `attributetype ${definition}`),
    ...objectClasses.filter(own).map((definition) => `objectclass ${definition}`),
  ].join('\n');
}

/** How slapd is known to differ, and why it may. */
function excuses(subject: Subject, op: Operation, { code }: Outcome): boolean {
  if (subject !== theirs) return false;
  // RFC 4511 §4.6 has notAllowedOnRDN for a modify that takes away the value in the name; slapd calls it namingViolation.
  if (op.kind === 'modify' && code === RESULT.namingViolation) return true;
  return false;
}

const { add, modify, search, lookAround, compare, refresh } = operations;
/** Time cannot be moved on for slapd: what the time does is compared with the model alone. */
const kinds = [
  add,
  add,
  add,
  modify,
  modify,
  search,
  search,
  lookAround,
  operations.delete,
  compare,
  refresh,
];

test('[DIR-09] [DIR-10] [DIR-11] [DIR-12] the service, slapd and the model agree', async () => {
  await fc.assert(
    fc.asyncProperty(commandsOf(kinds, 40), async (commands) => {
      using t = testService({ sweepSeconds: 0, ttl: { defaultSeconds: 600 } });
      await theirs.clear();
      const ours = new Subject('the service', t.client, 'ou=Dynamic,o=Intranet');
      await fc.asyncModelRun(
        () => ({ model: new Model(600), real: { all: [ours, theirs], excuses } }),
        commands,
      );
    }),
    { numRuns: 200 },
  );
}, 300_000);

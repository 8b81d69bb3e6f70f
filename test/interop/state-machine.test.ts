import fc from 'fast-check';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, test } from 'vitest';
import { RESULT, utf8Bytes } from '../../src/ldap/index.ts';
import { agreement } from '../directory/server/model/agreement.ts';
import type { Model } from '../directory/server/model/model.ts';
import type { Operation } from '../directory/server/model/operations.ts';
import { type Outcome, Subject } from '../directory/server/model/subject.ts';
import { TestClient } from '../directory/server/support.ts';
import { serviceSchema } from '../support/service-schema.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';

/** A run may last that long on a busy machine; times to live differ by more. */
const SLOW_SECONDS = 50;

let slapd: Slapd;
let theirs: Subject;

beforeAll(async () => {
  slapd = await startSlapd({ schema: serviceSchema() });
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
  theirs = new Subject('slapd', client, `ou=Conferences,${slapd.suffix}`, SLOW_SECONDS);
});
afterAll(async () => {
  theirs.client.stream.destroy();
  await slapd.stop();
});

/** How slapd is known to differ, and why it may. */
function excuses(subject: Subject, op: Operation, { code }: Outcome): boolean {
  if (subject !== theirs) return false;
  // RFC 4511 §4.6 has notAllowedOnRDN for a modify that takes away the value in the name; slapd calls it namingViolation.
  if (op.kind === 'modify' && code === RESULT.namingViolation) return true;
  return false;
}

/**
 * slapd renames whole subtrees; we refuse that, as RFC 4511 §4.9 lets a server do (notAllowedOnNonLeaf). With dds an
 * entry above a dynamic one stays as long as that is there; with us its time to live grows.
 *
 * The end of an entry is compared with the model alone: slapd's clock cannot be moved on, and dds shows an entry that is
 * over until its own thread has come by.
 */
const isDisputed = (model: Readonly<Model>, op: Operation): boolean =>
  (op.kind === 'rename' && model.hasBelow(op.dn)) || (op.kind === 'timeLeft' && model.isExtended(op.dn));

test('[DIR-09] [DIR-10] [DIR-11] [DIR-12] the service, slapd and the model agree', async () => {
  await fc.assert(agreement({ maxCommands: 40, others: [theirs], isDisputed, excuses }), { numRuns: 200 });
}, 300_000);

import { afterEach, beforeEach, expect, test } from 'vitest';
import { createConference } from '../../directory/index.ts';
import { LdapDirectory } from '../../directory/ldap-directory.ts';
import {
  type AddRequest,
  decodeRefreshRequest,
  encodeRefreshResponse,
  type PartialAttribute,
  type ProtocolOp,
  textAttribute,
  utf8Text,
} from '../../src/ldap/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type Fate, FaultyService } from './faulty-service.ts';

// Windows cannot be started by a test. What it answers is taken from [MS-ADTS] 3.1.1.3 (rootDSE) and 3.1.1.1.13 (dynamic
// objects); everything else about the dialect is held against Samba.

const DOMAIN = 'DC=example,DC=com';
const SUCCESS = { resultCode: 0, matchedDN: '', diagnosticMessage: '' } as const;
const REFUSED = { resultCode: 1, matchedDN: '', diagnosticMessage: '000004DC: a successful bind' } as const;

const ROOT = [
  textAttribute('supportedCapabilities', '1.2.840.113556.1.4.800', '1.2.840.113556.1.4.1670'),
  textAttribute('supportedControl', '1.2.840.113556.1.4.319'),
  textAttribute('supportedExtension', '1.3.6.1.4.1.1466.20037', '1.3.6.1.4.1.1466.101.119.1'),
  textAttribute('namingContexts', DOMAIN, `CN=Configuration,${DOMAIN}`),
  textAttribute('defaultNamingContext', DOMAIN),
  textAttribute('schemaNamingContext', `CN=Schema,CN=Configuration,${DOMAIN}`),
];

let service: FaultyService;
let isBound: boolean;
let ttlSeconds: number;
let added: AddRequest[];
let refreshed: { entryName: string; requestTtl: number }[];
beforeEach(() => {
  service = new FaultyService();
  isBound = false;
  ttlSeconds = 900;
  added = [];
  refreshed = [];
  service.fate = answer;
});
afterEach(() => service.stop());

const answers = (...ops: readonly ProtocolOp[]): Fate => ({ answers: ops });
const found = (objectName: string, attributes: readonly PartialAttribute[]): Fate =>
  answers({ type: 'searchResultEntry', objectName, attributes }, { type: 'searchResultDone', ...SUCCESS });

/** As a domain controller does, with the least time to live that it has unless configured. */
function answer(op: ProtocolOp): Fate {
  if (op.type === 'bindRequest') {
    isBound = true;
    return answers({ type: 'bindResponse', ...SUCCESS });
  }
  if (op.type === 'searchRequest') return answerSearch(op.baseObject);
  if (op.type === 'addRequest') {
    added.push(op);
    return answers({ type: 'addResponse', ...SUCCESS });
  }
  if (op.type !== 'extendedRequest') return 'pass';
  const request = decodeRefreshRequest(op.requestValue ?? new Uint8Array(0));
  refreshed.push(request);
  ttlSeconds = Math.max(900, request.requestTtl);
  const responseValue = encodeRefreshResponse(ttlSeconds);
  return answers({ type: 'extendedResponse', ...SUCCESS, responseValue });
}

function answerSearch(base: string): Fate {
  if (base === '') return found('', ROOT);
  if (!isBound) return answers({ type: 'searchResultDone', ...REFUSED });
  if (base.startsWith('CN=Schema')) return answers({ type: 'searchResultDone', ...SUCCESS });
  if (base === DOMAIN) {
    const attributes = [textAttribute('serviceBindingInformation', `OU=Rooms,${DOMAIN}`)];
    return found(`CN=Rendezvous,CN=System,${DOMAIN}`, attributes);
  }
  return found(base, [
    textAttribute('objectClass', 'top', 'msTAPI-RtConference', 'dynamicObject'),
    textAttribute('msTAPI-uid', 'Brief'),
    textAttribute('entryTTL', String(ttlSeconds)),
  ]);
}

test('[DIR-03] [DEF-12] where it has dynamic objects, it ends them: the time to live is in the add, and raised by it', async () => {
  const directory = new LdapDirectory(service.target, { clock: new FakeClock(), random: () => 0 });
  await directory.connect();
  expect(directory).toMatchObject({ type: 'ad', dialect: 'ad', isDynamic: true });
  await directory.bind({ kind: 'simple', dn: `CN=ann,CN=Users,${DOMAIN}`, password: 'secret' });
  const brief = createConference({ name: 'Brief', machine: 'host.example' });
  await directory.add(brief, { ttlSeconds: 300 });
  const [request] = added;
  // shown only to those who are bound: where conferences are
  expect(request?.entry).toBe(`msTAPI-uid=Brief,OU=Rooms,${DOMAIN}`);
  const values = (type: string): (string | undefined)[] | undefined =>
    request?.attributes.find((it) => it.type === type)?.vals.map((value) => utf8Text(value));
  expect(values('objectClass')).toEqual(['msTAPI-RtConference', 'dynamicObject']);
  expect(values('entryTTL')).toEqual(['300']);
  expect(values('adminDescription')).toBeUndefined();
  expect(brief.ttlSeconds).toBe(900); // MS-TAIL §10: the least
  await expect(directory.refresh(brief, 1200)).resolves.toBe(1200);
  expect(refreshed).toEqual([{ entryName: request?.entry, requestTtl: 1200 }]);
  await expect(directory.sweep({ graceSeconds: 0 }).toArray()).resolves.toEqual([]); // the server does
  await directory.close();
});

test('[DIR-03] told so, the expiry is ours even there', async () => {
  const options = { clock: new FakeClock(), random: () => 0, expiry: 'own' } as const;
  const directory = new LdapDirectory(service.target, options);
  await directory.connect();
  await directory.bind({ kind: 'simple', dn: `CN=ann,CN=Users,${DOMAIN}`, password: 'secret' });
  expect(directory.isDynamic).toBe(false);
  await directory.add(createConference({ name: 'Brief', machine: 'host.example' }), { ttlSeconds: 300 });
  const note = added[0]?.attributes.find(({ type }) => type === 'adminDescription')?.vals[0];
  expect(utf8Text(note ?? new Uint8Array(0))).toMatch(/^Expires \d{14}Z unless refreshed \(Rendezvous\)$/);
  expect(added[0]?.attributes.some(({ type }) => type === 'entryTTL')).toBe(false);
  await directory.close();
});

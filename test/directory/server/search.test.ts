import { describe, expect, test } from 'vitest';
import {
  decodePagedResults,
  type Filter,
  PAGED_RESULTS,
  pagedResultsControl,
  parseFilter,
  RESULT,
} from '../../../src/ldap/index.ts';
import { type Answer, conferenceDn, TestClient, testService } from './support.ts';

/** Values of the RDNs. */
const names = ({ entries }: Answer): string[] =>
  entries.map(({ dn }) => dn.slice(dn.indexOf('=') + 1, dn.indexOf(','))).sort();

/** A service with a handful of entries that differ. */
async function populated() {
  const t = testService();
  const conference = { objectClass: ['rtConference', 'dynamicObject'] };
  await t.client.add(conferenceDn('Alpha'), {
    ...conference,
    originator: 'Ann',
    maxAttendeesCount: '5',
    startTime: '20260101100000Z',
  });
  await t.client.add(conferenceDn('Alpine'), {
    ...conference,
    originator: ['Bob', 'Ann'],
    description: 'über  Berge',
  });
  await t.client.add(conferenceDn('beta (x*y)'), {
    ...conference,
    owner: 'CN=Jo , O=Intranet',
    'description;lang-de': 'Probe',
  });
  await t.client.add('cn=Jo,ou=Dynamic,o=Intranet', {
    objectClass: ['rtPerson', 'dynamicObject'],
    sn: 'Miller',
  });
  return t;
}

describe('filters', () => {
  test.each([
    { filter: '(objectClass=rtConference)', want: ['Alpha', 'Alpine', 'beta (x*y)'] },
    { filter: '(objectClass=RTCONFERENCE)', want: ['Alpha', 'Alpine', 'beta (x*y)'] },
    { filter: '(objectClass=dynamicObject)', want: ['Alpha', 'Alpine', 'Jo', 'beta (x*y)'] },
    { filter: '(uid=*)', want: ['Alpha', 'Alpine', 'beta (x*y)'] },
    { filter: '(uid=alPHA)', want: ['Alpha'] },
    { filter: '(uid=al*)', want: ['Alpha', 'Alpine'] },
    { filter: '(uid=AL*a)', want: ['Alpha'] },
    { filter: '(uid=*ph*)', want: ['Alpha'] },
    { filter: '(uid=*p*i*)', want: ['Alpine'] },
    { filter: '(uid=*e)', want: ['Alpine'] },
    { filter: '(uid=*l*l*)', want: [] }, // parts in order, without overlap
    { filter: '(uid=*a*a)', want: ['Alpha'] },
    { filter: '(uid=beta \\28x\\2ay\\29)', want: ['beta (x*y)'] },
    { filter: '(uid=*x\\2a*)', want: ['beta (x*y)'] },
    { filter: '(userid=alpha)', want: ['Alpha'] },
    { filter: '(0.9.2342.19200300.100.1.1=alpha)', want: ['Alpha'] },
    { filter: '(commonName=alpha)', want: ['Alpha'] }, // cn came from uid
    { filter: '(originator=ann)', want: ['Alpha', 'Alpine'] },
    { filter: '(originator~=ann)', want: ['Alpha', 'Alpine'] },
    { filter: '(&(originator=ann)(originator=bob))', want: ['Alpine'] },
    { filter: '(|(uid=alpha)(uid=beta*)(uid=nobody))', want: ['Alpha', 'beta (x*y)'] },
    { filter: '(&(uid=al*)(!(uid=alpha)))', want: ['Alpine'] },
    { filter: '(&(objectClass=rtConference)(!(originator=*)))', want: ['beta (x*y)'] },
    { filter: '(description=ÜBER berge)', want: ['Alpine'] },
    { filter: '(description=probe)', want: ['beta (x*y)'] }, // a language variant
    { filter: '(description;lang-de=probe)', want: ['beta (x*y)'] },
    { filter: '(description;lang-en=probe)', want: [] },
    { filter: '(owner=cn=jo,o=INTRANET)', want: ['beta (x*y)'] },
    { filter: '(startTime>=20250101000000Z)', want: ['Alpha'] },
    { filter: '(startTime<=20250101000000Z)', want: [] },
    { filter: '(createTimestamp>=20261121080000Z)', want: ['Alpha', 'Alpine', 'Jo', 'beta (x*y)'] },
    { filter: '(createTimestamp<=20261121110000+0200)', want: ['Alpha', 'Alpine', 'Jo', 'beta (x*y)'] },
    { filter: '(entryTTL>=1800)', want: ['Alpha', 'Alpine', 'Jo', 'beta (x*y)'] },
    { filter: '(entryTTL<=999)', want: [] },
    { filter: '(uid:caseExactMatch:=Alpha)', want: ['Alpha'] },
    { filter: '(uid:caseExactMatch:=alpha)', want: [] },
    { filter: '(uid:=alpha)', want: ['Alpha'] },
    { filter: '(:caseIgnoreMatch:=bob)', want: ['Alpine'] },
    { filter: '(o:dn:=intranet)', want: ['Alpha', 'Alpine', 'Jo', 'beta (x*y)'] },
    { filter: '(&(objectClass=rtConference)(ou:dn:=dynamic))', want: ['Alpha', 'Alpine', 'beta (x*y)'] },
    { filter: '(&)', want: ['Alpha', 'Alpine', 'Jo', 'beta (x*y)'] },
    { filter: '(|)', want: [] },
    // Undefined does not become true by negation (RFC 4511 §4.5.1.7)
    { filter: '(colour=red)', want: [] },
    { filter: '(!(colour=red))', want: [] },
    { filter: '(|(colour=red)(uid=alpha))', want: ['Alpha'] },
    { filter: '(&(!(colour=red))(uid=alpha))', want: [] },
    { filter: '(!(entryTTL=abc))', want: [] },
    { filter: '(uid:1.2.3.4:=alpha)', want: [] },
    { filter: '(conferenceBlob=v*)', want: [] }, // octets have no substring matching
  ])('$filter', async ({ filter, want }) => {
    using t = await populated();
    const found = await t.client.search(filter, { baseObject: 'ou=Dynamic,o=Intranet', scope: 'one' });
    expect(found.code).toBe(0);
    expect(names(found)).toEqual(want);
  });

  test('an index finds what reading everything finds', async () => {
    using t = await populated();
    const filters = [
      '(uid=alpha)',
      '(uid=al*)',
      '(cn=*p*)',
      '(|(uid=alpha)(cn=jo))',
      '(objectClass=rtPerson)',
      '(&(cn=jo)(sn=miller))',
    ];
    for (const text of filters) {
      // Double negation is the same to the eye, and no index serves it.
      const plain: Filter = { kind: 'not', filter: { kind: 'not', filter: parseFilter(text) } };
      const [byIndex, byReading] = [
        await t.client.search(text),
        await t.client.search('(a=b)', { filter: plain }),
      ];
      expect(names(byIndex)).toEqual(names(byReading));
      expect(byIndex.entries.length).toBeGreaterThan(0);
    }
  });

  test('values longer than the index keeps are still found', async () => {
    using t = testService();
    const long = 'x'.repeat(300);
    await t.client.addConference('a', { cn: [`${long}1`, 'short'] });
    await t.client.addConference('b', { cn: `${long}2` });
    expect(names(await t.client.search(`(cn=${long}2)`))).toEqual(['b']);
    expect(names(await t.client.search(`(cn=${long}*)`))).toEqual(['a', 'b']);
    expect(names(await t.client.search('(cn=*x1)'))).toEqual(['a']);
  });
});

describe('scopes', () => {
  test.each([
    { scope: 'base', want: 1 },
    { scope: 'one', want: 4 },
    { scope: 'sub', want: 5 },
    { scope: 'subordinates', want: 4 },
  ] as const)('$scope below the container: $want', async ({ scope, want }) => {
    using t = await populated();
    const found = await t.client.search('(objectClass=*)', { baseObject: 'ou=dynamic,o=intranet', scope });
    expect(found.entries).toHaveLength(want);
  });

  test('below the root DSE there is the one naming context', async () => {
    using t = await populated();
    const one = await t.client.search('(objectClass=*)', { baseObject: '', scope: 'one' });
    expect(one.entries.map(({ dn }) => dn)).toEqual(['o=Intranet']);
    expect((await t.client.search('(uid=alpha)', { baseObject: '' })).entries).toHaveLength(1);
  });

  test('a base that is not there', async () => {
    using t = await populated();
    expect(await t.client.search('(cn=*)', { baseObject: 'ou=x,ou=Dynamic,o=Intranet' })).toMatchObject({
      code: RESULT.noSuchObject,
      matchedDN: 'ou=Dynamic,o=Intranet',
    });
    expect((await t.client.search('(cn=*)', { baseObject: 'nonsense' })).code).toBe(RESULT.invalidDNSyntax);
  });
});

describe('attributes', () => {
  test.each([
    { ask: [], want: ['cn', 'maxAttendeesCount', 'objectClass', 'originator', 'startTime', 'uid'] },
    { ask: ['*'], want: ['cn', 'maxAttendeesCount', 'objectClass', 'originator', 'startTime', 'uid'] },
    { ask: ['1.1'], want: [] },
    { ask: ['UID', 'entryTTL'], want: ['UID', 'entryTTL'] }, // under the names asked for
    { ask: ['colour'], want: [] },
    { ask: ['cn', 'commonName', 'CN'], want: ['cn'] },
    { ask: ['2.5.4.3'], want: ['cn'] },
  ])('$ask', async ({ ask, want }) => {
    using t = await populated();
    const entry = await t.client.read(conferenceDn('alpha'), ...ask);
    expect(Object.keys(entry!.attributes).sort()).toEqual(want);
  });

  test('operational ones with +, each once', async () => {
    using t = await populated();
    const both = await t.client.read(conferenceDn('alpha'), '*', '+', 'entryTTL');
    expect(Object.keys(both!.attributes)).toEqual(expect.arrayContaining(['entryUUID', 'entryTTL', 'uid']));
    expect(both!.attributes).not.toHaveProperty('entryTtl');
  });

  test('a variant comes with its type', async () => {
    using t = await populated();
    const entry = await t.client.read(conferenceDn('beta (x*y)'), 'description');
    expect(entry!.attributes).toEqual({ 'description;lang-de': ['Probe'] });
  });

  test('types only', async () => {
    using t = await populated();
    const { entries } = await t.client.search('(uid=alpha)', { typesOnly: true, attributes: ['uid', 'cn'] });
    expect(entries[0]!.attributes).toEqual({ uid: [], cn: [] });
  });
});

describe('limits and pages', () => {
  async function many(count: number) {
    const t = testService();
    await Promise.all(Array.from({ length: count }, (_, i) => t.client.addConference(`c${i}`)));
    return t;
  }
  const page = (size: number, cookie: Uint8Array = new Uint8Array(0)) => [
    pagedResultsControl({ size, cookie }, true),
  ];
  const cookieOf = ({ done }: Answer): Uint8Array => {
    const control = done.controls?.find(({ controlType }) => controlType === PAGED_RESULTS);
    return decodePagedResults(control!).cookie;
  };

  test('the size limit is kept, the client’s and the service’s', async () => {
    using t = await many(5);
    expect(await t.client.search('(uid=*)', { sizeLimit: 3 })).toMatchObject({
      code: 4,
      entries: { length: 3 },
    });
    expect(await t.client.search('(uid=*)', { sizeLimit: 5 })).toMatchObject({
      code: 0,
      entries: { length: 5 },
    });
    const small = new TestClient(
      testService({ store: t.service.context.store, limits: { maxSearchEntries: 2 } }).service,
    );
    expect(await small.search('(uid=*)')).toMatchObject({ code: 4, entries: { length: 2 } });
  });

  test('the time limit is kept', async () => {
    using t = await many(300);
    // Each look at the clock moves it: the search takes longer than it may.
    const now = t.clock.now.bind(t.clock);
    t.clock.now = () => {
      t.clock.advance(400);
      return now();
    };
    expect((await t.client.search('(description=x)', { timeLimit: 1 })).code).toBe(RESULT.timeLimitExceeded);
  });

  test('pages hold every entry once, also over another connection (RFC 2696)', async () => {
    using t = await many(25);
    const seen: string[] = [];
    let cookie: Uint8Array = new Uint8Array(0);
    let pages = 0;
    do {
      const answer = await new TestClient(t.service).search('(uid=*)', {}, page(10, cookie));
      seen.push(...names(answer));
      cookie = cookieOf(answer);
      pages++;
    } while (cookie.length > 0);
    expect(pages).toBe(3);
    expect(new Set(seen).size).toBe(25);
    expect(seen).toHaveLength(25);
  });

  test('an entry deleted between pages is missing, the rest is not', async () => {
    using t = await many(6);
    const first = await t.client.search('(uid=*)', {}, page(3));
    await t.client.request({ type: 'delRequest', entry: first.entries[2]!.dn });
    await t.client.request({ type: 'delRequest', entry: conferenceDn('c4') });
    const second = await t.client.search('(uid=*)', {}, page(10, cookieOf(first)));
    expect(names(second)).toEqual(['c3', 'c5']);
  });

  test('a cookie of another search, a broken one, and size 0', async () => {
    using t = await many(6);
    const cookie = cookieOf(await t.client.search('(uid=*)', {}, page(2)));
    expect((await t.client.search('(cn=*)', {}, page(2, cookie))).code).toBe(RESULT.unwillingToPerform);
    expect((await t.client.search('(uid=*)', {}, page(2, Uint8Array.of(1)))).code).toBe(
      RESULT.unwillingToPerform,
    );
    expect(await t.client.search('(uid=*)', {}, page(0, cookie))).toMatchObject({
      code: 0,
      entries: { length: 0 },
    });
    const broken = [{ controlType: PAGED_RESULTS, criticality: true }];
    expect((await t.client.search('(uid=*)', {}, broken)).code).toBe(RESULT.protocolError);
  });

  test('the size limit counts over pages', async () => {
    using t = await many(6);
    const first = await t.client.search('(uid=*)', { sizeLimit: 3 }, page(2));
    expect(first).toMatchObject({ code: 0, entries: { length: 2 } });
    const second = await t.client.search('(uid=*)', { sizeLimit: 3 }, page(2, cookieOf(first)));
    expect(second).toMatchObject({ code: 4, entries: { length: 1 } });
  });

  test('a search that is abandoned stops without a result, the next request is answered', async () => {
    using t = await many(500);
    const search = t.client.search('(uid=*)');
    t.client.send({ type: 'abandonRequest', abandonId: 501 });
    expect((await t.client.search('(uid=c7)')).entries).toHaveLength(1);
    expect(await Promise.race([search, Promise.resolve('no answer')])).toBe('no answer');
  });
});

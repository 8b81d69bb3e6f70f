import { describe, expect, test } from 'vitest';
import { decodeRefreshResponse, encodeRefreshRequest, RESULT, utf8Bytes } from '../../../src/ldap/index.ts';
import { conferenceDn, type TestClient, testService } from './support.ts';

const OID = '1.3.6.1.4.1.1466.101.119.1';
const ttl = async (client: TestClient, dn: string): Promise<string | undefined> =>
  (await client.read(dn, 'entryTtl'))?.attributes.entryTtl?.[0];

async function refresh(client: TestClient, entryName: string, requestTtl: number) {
  const answer = await client.request({
    type: 'extendedRequest',
    requestName: OID,
    requestValue: encodeRefreshRequest({ entryName, requestTtl }),
  });
  const { op } = answer.done;
  const value = 'responseValue' in op ? op.responseValue : undefined;
  return {
    code: answer.code,
    message: answer.message,
    name: 'responseName' in op ? op.responseName : undefined,
    responseTtl: value === undefined ? undefined : decodeRefreshResponse(value),
  };
}

describe('entries that expire', () => {
  test('[DEF-03] the default time to live is 1800 s, counted down on reading', async () => {
    using t = testService();
    await t.client.addConference('a');
    expect(await ttl(t.client, conferenceDn('a'))).toBe('1800');
    t.clock.advance(1_000_500);
    expect(await ttl(t.client, conferenceDn('a'))).toBe('800');
  });

  test('an entry whose time is over is gone at once, swept or not', async () => {
    using t = testService({ sweepSeconds: 0 });
    await t.client.addConference('a', { entryTTL: '60' });
    t.clock.advance(59_999);
    expect(await ttl(t.client, conferenceDn('a'))).toBe('1');
    t.clock.advance(1);
    expect(await t.client.read(conferenceDn('a'))).toBeUndefined();
    for (const filter of ['(uid=a)', '(uid=a*)', '(objectClass=rtConference)', '(&)']) {
      expect(
        (await t.client.search(filter, { baseObject: 'ou=Dynamic,o=Intranet', scope: 'one' })).entries,
      ).toEqual([]);
    }
    expect((await t.client.replace(conferenceDn('a'), 'entryTTL', '60')).code).toBe(RESULT.noSuchObject);
    expect((await t.client.request({ type: 'delRequest', entry: conferenceDn('a') })).code).toBe(
      RESULT.noSuchObject,
    );
    expect((await refresh(t.client, conferenceDn('a'), 60)).code).toBe(RESULT.noSuchObject);
    // and its name is free again
    expect((await t.client.addConference('a', { originator: 'new' })).code).toBe(0);
    expect((await t.client.read(conferenceDn('a')))?.attributes.originator).toEqual(['new']);
  });

  test('the sweep removes what has ended and leaves the rest', async () => {
    using t = testService({ sweepSeconds: 60 });
    await t.client.addConference('short', { entryTTL: '30' });
    await t.client.addConference('long', { entryTTL: '300' });
    const { store } = t.service.context;
    const before = store.count(0);
    t.clock.advance(60_000);
    expect(store.count(0)).toBe(before - 1);
    expect(t.service.counters.expired).toBe(1);
    expect(store.index.equal(1, 'short')).toEqual([]);
    expect(await ttl(t.client, conferenceDn('long'))).toBe('240');
  });

  test.each([
    { attribute: 'entryTTL', value: '900', want: '900' },
    { attribute: 'entryttl', value: '180000', want: '180000' },
    { attribute: 'sTTL', value: '10', want: '600' }, // minutes
    { attribute: '1.3.6.1.4.1.1466.101.119.3', value: '77', want: '77' },
  ])('[DIR-11] $attribute $value in add and in modify gives $want s', async ({ attribute, value, want }) => {
    using t = testService();
    await t.client.addConference('a', { [attribute]: value });
    expect(await ttl(t.client, conferenceDn('a'))).toBe(want);
    await t.client.addConference('b');
    expect((await t.client.replace(conferenceDn('b'), attribute, value)).code).toBe(0);
    expect(await ttl(t.client, conferenceDn('b'))).toBe(want);
  });

  test.each([['abc'], ['-1'], ['1.5'], [''], ['1', '2']])('a TTL of %j is refused', async (...values) => {
    using t = testService();
    await t.client.addConference('a');
    expect((await t.client.replace(conferenceDn('a'), 'entryTTL', ...values)).code).toBe(
      RESULT.constraintViolation,
    );
  });

  test('[DEF-02] [DEF-12] the limits of the service: shorter is raised, longer is cut, the default is set', async () => {
    using t = testService({ ttl: { minSeconds: 300, defaultSeconds: 600, maxSeconds: 90_000 } });
    await t.client.addConference('default');
    await t.client.addConference('short', { entryTTL: '5' });
    await t.client.addConference('long', { entryTTL: '9999999' });
    expect(await ttl(t.client, conferenceDn('default'))).toBe('600');
    expect(await ttl(t.client, conferenceDn('short'))).toBe('300');
    expect(await ttl(t.client, conferenceDn('long'))).toBe('90000');
  });

  test('refreshing by modify does not count as a change of the entry', async () => {
    using t = testService();
    await t.client.addConference('a');
    t.clock.advance(5000);
    await t.client.replace(conferenceDn('a'), 'entryTTL', '1800');
    const entry = await t.client.read(conferenceDn('a'), 'modifyTimestamp');
    expect(entry?.attributes.modifyTimestamp).toEqual(['20261121090000Z']);
  });
});

describe('below dynamic entries (RFC 2589 §3.1)', () => {
  const below = (name: string) => `${name},${conferenceDn('a')}`;

  test('[DIR-03] a static child is refused', async () => {
    using t = testService();
    await t.client.addConference('a');
    const answer = await t.client.add(below('cn=x'), { objectClass: 'rtPerson' });
    expect(answer).toMatchObject({
      code: RESULT.objectClassViolation,
      message: expect.stringContaining('dynamicObject'),
    });
  });

  test('the entry above lives as long as those below it', async () => {
    using t = testService();
    await t.client.addConference('a', { entryTTL: '60' });
    await t.client.add(below('cn=x'), { objectClass: ['rtPerson', 'dynamicObject'], entryTTL: '120' });
    expect(await ttl(t.client, conferenceDn('a'))).toBe('120');
    await refresh(t.client, below('cn=x'), 500);
    expect(await ttl(t.client, conferenceDn('a'))).toBe('500');
    await t.client.replace(below('cn=x'), 'entryTTL', '900');
    expect(await ttl(t.client, conferenceDn('a'))).toBe('900');
    await t.client.replace(below('cn=x'), 'entryTTL', '10');
    t.clock.advance(11_000);
    expect(await t.client.read(below('cn=x'))).toBeUndefined();
    // what has ended does not stand in the way
    expect((await t.client.request({ type: 'delRequest', entry: conferenceDn('a') })).code).toBe(0);
    expect(t.service.context.store.count(0)).toBe(7);
  });
});

describe('[DIR-11] the refresh operation (RFC 2589 §4)', () => {
  test('gives the time asked for', async () => {
    using t = testService();
    await t.client.addConference('a', { entryTTL: '60' });
    expect(await refresh(t.client, 'UID=A,ou=dynamic,o=intranet', 86_400)).toEqual({
      code: 0,
      message: '',
      name: OID,
      responseTtl: 86_400,
    });
    expect(await ttl(t.client, conferenceDn('a'))).toBe('86400');
  });

  test.each([
    { why: 'no such entry', dn: conferenceDn('b'), seconds: 60, code: 32 },
    { why: 'not dynamic', dn: 'ou=Dynamic,o=Intranet', seconds: 60, code: 65 },
    { why: 'no DN', dn: 'nonsense', seconds: 60, code: 34 },
    {
      why: 'too long, and the service may not cut it below a day',
      dn: conferenceDn('a'),
      seconds: 9000,
      code: 4,
    },
  ])('refused with $code and responseTtl 0: $why', async ({ dn, seconds, code }) => {
    using t = testService({ ttl: { maxSeconds: 7200 } });
    await t.client.addConference('a');
    expect(await refresh(t.client, dn, seconds)).toMatchObject({
      code,
      name: OID,
      responseTtl: 0,
      message: expect.stringMatching(/.{15}/),
    });
  });

  test('a limit of a day or more cuts a longer request', async () => {
    using t = testService({ ttl: { maxSeconds: 86_400 } });
    await t.client.addConference('a');
    expect(await refresh(t.client, conferenceDn('a'), 100_000)).toMatchObject({
      code: 0,
      responseTtl: 86_400,
    });
  });

  test('no right', async () => {
    using t = testService({ access: { allows: (_who, action) => action !== 'refresh' || 'not yours' } });
    await t.client.addConference('a');
    expect(await refresh(t.client, conferenceDn('a'), 60)).toMatchObject({
      code: 50,
      message: expect.stringContaining('not yours'),
    });
    expect((await t.client.replace(conferenceDn('a'), 'entryTTL', '60')).code).toBe(50);
  });

  test.each([
    { name: 'no value', requestValue: undefined, code: 2 },
    { name: 'broken value', requestValue: Uint8Array.of(0x30, 5), code: 2 },
    { name: 'TTL 0', requestValue: Uint8Array.of(0x30, 5, 0x80, 0, 0x81, 1, 0), code: 2 },
    {
      name: 'more than a year',
      requestValue: Uint8Array.of(0x30, 14, 0x80, 6, ...utf8Bytes('o=Intr'), 0x81, 4, 0x7f, 0, 0, 0),
      code: 32,
    },
  ])('$name', async ({ requestValue, code }) => {
    using t = testService();
    const answer = await t.client.request({
      type: 'extendedRequest',
      requestName: OID,
      ...(requestValue === undefined ? {} : { requestValue }),
    });
    expect(answer.code).toBe(code);
  });
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultAccess, networkPeer } from '../../../directory/server/index.ts';
import {
  assertionControl,
  type Control,
  decodePagedResults,
  decodeReadEntryResponse,
  decodeSortResult,
  MANAGE_DSA_IT,
  PAGED_RESULTS,
  pagedResultsControl,
  parseFilter,
  proxiedAuthorizationControl,
  READ_ENTRY,
  readEntryRequestControl,
  RESULT,
  SORT,
  type SortKey,
  sortRequestControl,
  textAttribute,
  utf8Bytes,
  utf8Text,
} from '../../../src/ldap/index.ts';
import { addRequest, type Answer, conferenceDn, TestClient, testService } from './support.ts';

let t: ReturnType<typeof testService>;
beforeEach(() => {
  t = testService({ access: defaultAccess({ anonymousWrite: true }) });
});
afterEach(() => t[Symbol.dispose]());

const controlOf = ({ done }: Answer, oid: string): Control | undefined =>
  done.controls?.find(({ controlType }) => controlType === oid);
const key = (attribute: string, more: Partial<SortKey> = {}): SortKey => ({
  attribute,
  isReverse: false,
  ...more,
});

describe('server-side sorting (RFC 2891)', () => {
  beforeEach(async () => {
    const ports: Readonly<Record<string, string>> = { b: '100', D: '-100', a: '7', c: '-99' };
    for (const [name, rating] of Object.entries({ b: '10', D: '9', a: '9', c: undefined })) {
      const port = ports[name] ?? '';
      await t.client.addConference(name, rating === undefined ? { port } : { rating, port });
    }
  });
  const sorted = async (keys: readonly SortKey[], more: readonly Control[] = [], isCritical = true) => {
    const controls = [sortRequestControl(keys, isCritical), ...more];
    const answer = await t.client.search('(uid=*)', { attributes: ['uid'] }, controls);
    const result = controlOf(answer, SORT.response);
    return {
      answer,
      names: answer.entries.map(({ attributes }) => attributes['uid']?.[0] ?? ''),
      result: result === undefined ? undefined : decodeSortResult(result),
    };
  };

  test.each([
    { name: 'by the attribute’s own rule', keys: [key('uid')], want: 'abcD' },
    {
      name: 'numbers below zero too',
      keys: [key('port', { orderingRule: 'integerOrderingMatch' })],
      want: 'Dcab',
    },
    { name: 'in reverse', keys: [key('uid', { isReverse: true })], want: 'Dcba' },
    { name: 'by another rule', keys: [key('uid', { orderingRule: 'caseExactOrderingMatch' })], want: 'Dabc' },
    {
      name: 'by OID, as numbers; what is missing comes last',
      keys: [key('rating', { orderingRule: '2.5.13.15' })],
      want: 'Dabc',
    },
    {
      name: 'what is missing comes first in reverse',
      keys: [key('rating', { isReverse: true }), key('uid')],
      want: 'caDb',
    },
    { name: 'by a second key', keys: [key('rating'), key('uid')], want: 'baDc' },
    { name: 'by an attribute that is worked out', keys: [key('entryDN')], want: 'abcD' },
  ])('$name', async ({ keys, want }) => {
    const { names, result, answer } = await sorted(keys);
    expect(names.join('')).toBe(want);
    expect([answer.code, result]).toEqual([RESULT.success, { resultCode: RESULT.success }]);
  });

  test.each([
    { keys: [key('nonsense')], want: { resultCode: RESULT.noSuchAttribute, attribute: 'nonsense' } },
    {
      keys: [key('uid', { orderingRule: '1.2.3' })],
      want: { resultCode: RESULT.inappropriateMatching, attribute: 'uid' },
    },
    {
      keys: [key('uid'), key('userid')],
      want: { resultCode: RESULT.unwillingToPerform, attribute: 'userid' },
    },
  ])('an order that cannot be: $want', async ({ keys, want }) => {
    const critical = await sorted(keys);
    expect([critical.answer.code, critical.names, critical.result]).toEqual([12, [], want]);
    const optional = await sorted(keys, [], false);
    expect([optional.answer.code, optional.names.join(''), optional.result]).toEqual([0, 'bDac', want]);
  });

  test('pages of a sorted answer go on where they stopped, whatever happens meanwhile', async () => {
    const first = await sorted([key('uid')], [pagedResultsControl({ size: 2, cookie: new Uint8Array(0) })]);
    expect(first.names.join('')).toBe('ab');
    const { cookie } = decodePagedResults(controlOf(first.answer, PAGED_RESULTS)!);
    await t.client.addConference('aa');
    await t.client.request({ type: 'delRequest', entry: conferenceDn('c') });
    const second = await sorted([key('uid')], [pagedResultsControl({ size: 2, cookie })]);
    expect(second.names.join('')).toBe('D');
    expect(decodePagedResults(controlOf(second.answer, PAGED_RESULTS)!).cookie).toHaveLength(0);
    const other = new TestClient(t.service);
    const stranger = await other.search('(uid=*)', {}, [
      sortRequestControl([key('uid')]),
      pagedResultsControl({ size: 2, cookie }),
    ]);
    expect(stranger).toMatchObject({ code: 53, message: expect.stringContaining('begin again') });
    const mixed = await sorted([key('uid', { isReverse: true })], [pagedResultsControl({ size: 2, cookie })]);
    expect(mixed.answer.code).toBe(53);
  });

  test('a size limit cuts the sorted answer', async () => {
    const controls = [sortRequestControl([key('uid')], true)];
    const answer = await t.client.search('(uid=*)', { attributes: ['uid'], sizeLimit: 2 }, controls);
    expect([answer.code, answer.entries.map(({ dn }) => dn)]).toEqual([
      RESULT.sizeLimitExceeded,
      [conferenceDn('a'), conferenceDn('b')],
    ]);
  });

  test('rubbish is a protocolError', async () => {
    const control = { controlType: SORT.request, criticality: false, controlValue: new Uint8Array([48, 0]) };
    expect((await t.client.search('(uid=*)', {}, [control])).code).toBe(RESULT.protocolError);
  });
});

describe('assertion (RFC 4528)', () => {
  const holds = (filter: string): Control => assertionControl(parseFilter(filter));
  const url = (value: string) =>
    ({
      type: 'modifyRequest',
      object: conferenceDn('a'),
      changes: [{ operation: 'replace', modification: textAttribute('url', value) }],
    }) as const;

  test.each([
    ['(url=one)', RESULT.success],
    ['(url=two)', RESULT.assertionFailed],
    ['(nonsense=1)', RESULT.assertionFailed],
    ['(!(nonsense=1))', RESULT.assertionFailed], // undefined is not true
    ['(entryTtl>=1)', RESULT.success],
  ])('%s gives %i, for every kind of request', async (filter, code) => {
    const dn = conferenceDn('a');
    await t.client.addConference('a', { url: 'one' });
    const compare = { type: 'compareRequest', entry: dn, attribute: 'uid', value: Buffer.from('a') } as const;
    expect((await t.client.request(compare, [holds(filter)])).code).toBe(
      code === 0 ? RESULT.compareTrue : code,
    );
    const base = { baseObject: dn, scope: 'base' } as const;
    expect((await t.client.search('(uid=*)', base, [holds(filter)])).code).toBe(code);
    const modified = await t.client.request(url('three'), [holds(filter)]);
    expect(modified.code).toBe(code);
    expect((await t.client.read(dn))?.attributes['url']).toEqual([code === 0 ? 'three' : 'one']);
    await t.client.request(url('one'));
    expect((await t.client.request({ type: 'delRequest', entry: dn }, [holds(filter)])).code).toBe(code);
    expect((await t.client.read(dn)) === undefined).toBe(code === 0);
  });

  test('of an entry to add: it is not there when the assertion fails', async () => {
    const request = addRequest(conferenceDn('a'), {
      objectClass: ['rtConference', 'dynamicObject'],
      url: 'one',
    });
    expect((await t.client.request(request, [holds('(url=two)')])).code).toBe(RESULT.assertionFailed);
    expect(await t.client.read(conferenceDn('a'))).toBeUndefined();
    expect((await t.client.request(request, [holds('(url=one)')])).code).toBe(RESULT.success);
  });

  test('a critical one with an extended operation is refused', async () => {
    const request = { type: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.3' } as const;
    expect((await t.client.request(request, [holds('(uid=*)')])).code).toBe(12);
  });
});

describe('reading entries (RFC 4527)', () => {
  test('before and after a change, a rename, a delete and an add', async () => {
    const dn = conferenceDn('a');
    const both = [
      readEntryRequestControl(READ_ENTRY.before, ['url'], true),
      readEntryRequestControl(READ_ENTRY.after, ['url', 'entryUUID'], true),
    ];
    const shown = (answer: Answer, oid: string): unknown => {
      const control = controlOf(answer, oid);
      if (control === undefined) return undefined;
      const { objectName, attributes } = decodeReadEntryResponse(control);
      return [objectName, ...attributes.map(({ type, vals }) => `${type}=${utf8Text(vals[0]!)}`)];
    };
    const added = await t.client.request(
      addRequest(dn, { objectClass: ['rtConference', 'dynamicObject'], url: 'one' }),
      [readEntryRequestControl(READ_ENTRY.after, ['url'])],
    );
    expect(shown(added, READ_ENTRY.after)).toEqual([dn, 'url=one']);
    const uuid = `entryUUID=${(await t.client.read(dn, 'entryUUID'))?.attributes['entryUUID']?.[0]}`;

    const modified = await t.client.request(
      {
        type: 'modifyRequest',
        object: dn,
        changes: [{ operation: 'replace', modification: textAttribute('url', 'two') }],
      },
      both,
    );
    expect(shown(modified, READ_ENTRY.before)).toEqual([dn, 'url=one']);
    expect(shown(modified, READ_ENTRY.after)).toEqual([dn, 'url=two', uuid]);

    const renamed = await t.client.request(
      { type: 'modDNRequest', entry: dn, newRDN: 'uid=b', deleteOldRDN: true },
      both,
    );
    expect(shown(renamed, READ_ENTRY.before)).toEqual([dn, 'url=two']);
    expect(shown(renamed, READ_ENTRY.after)).toEqual([conferenceDn('b'), 'url=two', uuid]);

    const deleted = await t.client.request({ type: 'delRequest', entry: conferenceDn('b') }, [both[0]!]);
    expect(shown(deleted, READ_ENTRY.before)).toEqual([conferenceDn('b'), 'url=two']);
    const none = await t.client.request({ type: 'delRequest', entry: conferenceDn('b') }, [both[1]!]);
    expect(none.code).toBe(RESULT.unavailableCriticalExtension); // after a delete there is nothing to read
  });
});

describe('proxied authorization (RFC 4370)', () => {
  const whoAmI = { type: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.3' } as const;

  test('the user of this process may be anybody, and is nobody else then', async () => {
    const answer = await t.client.request(whoAmI, [proxiedAuthorizationControl('dn:cn=ann')]);
    expect(answer.done.op).toMatchObject({ responseValue: utf8Bytes('dn:cn=ann') });
    await t.client.addConference('a');
    const asAnn = [proxiedAuthorizationControl('dn:cn=ann')];
    expect((await t.client.request({ type: 'delRequest', entry: conferenceDn('a') }, asAnn)).code).toBe(50);
    const nobody = await t.client.request(whoAmI, [proxiedAuthorizationControl('')]);
    expect(nobody.done.op).toMatchObject({ responseValue: new Uint8Array(0) });
  });

  test.each(['u:ann', 'dn:nonsense', 'ann'])('%s is nobody', async (authzId) => {
    const answer = await t.client.request(whoAmI, [proxiedAuthorizationControl(authzId)]);
    expect(answer.code).toBe(RESULT.authorizationDenied);
  });

  test('others may not', async () => {
    const client = new TestClient(t.service, networkPeer('192.0.2.1', 1));
    const answer = await client.request(whoAmI, [proxiedAuthorizationControl('dn:cn=ann')]);
    expect(answer.code).toBe(RESULT.authorizationDenied);
  });

  test('a password is changed by whoever has bound, for nobody else', async () => {
    const request = { type: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.1' } as const;
    const answer = await t.client.request(request, [proxiedAuthorizationControl('dn:cn=ann')]);
    expect(answer.code).toBe(RESULT.unavailableCriticalExtension);
  });

  test('a control that is not critical is an error of its own', async () => {
    const control = { ...proxiedAuthorizationControl('dn:cn=ann'), criticality: false };
    expect((await t.client.request(whoAmI, [control])).code).toBe(RESULT.protocolError);
  });
});

test('ManageDsaIT is taken and changes nothing; the same control twice is an error', async () => {
  const control = { controlType: MANAGE_DSA_IT, criticality: true };
  expect((await t.client.search('(o=*)', {}, [control])).entries).toHaveLength(1);
  expect((await t.client.search('(o=*)', {}, [control, control])).code).toBe(RESULT.protocolError);
});

test('[DIR-03] the root DSE lists the controls', async () => {
  const dse = await t.client.read('', 'supportedControl');
  expect(dse?.attributes['supportedControl']).toEqual(
    expect.arrayContaining([SORT.request, READ_ENTRY.before, READ_ENTRY.after, MANAGE_DSA_IT, PAGED_RESULTS]),
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import {
  assertionControl,
  decodeAssertion,
  decodePagedResults,
  decodeRefreshRequest,
  decodeRefreshResponse,
  encodeRefreshRequest,
  encodeRefreshResponse,
  pagedResultsControl,
  parseLdapUrl,
  prepareCaseIgnore,
  RESULT,
  resultName,
} from '../../src/ldap/index.ts';
import { bytes, hex, utf8, outcome } from './support.ts';

describe('RFC 2589 refresh values', () => {
  test('[DIR-11] request and response as octets', () => {
    const entryName = 'uid=Demo Conference,ou=dynamic,o=Intranet';
    const octets = encodeRefreshRequest({ entryName, requestTtl: 1800 });
    expect(hex(octets)).toBe(`302f8029${hex(utf8(entryName))}81020708`);
    expect(decodeRefreshRequest(octets)).toEqual({ entryName, requestTtl: 1800 });
    expect(hex(encodeRefreshResponse(86_400))).toBe('30058103015180');
    expect(decodeRefreshResponse(bytes('30058103015180'))).toBe(86_400);
    // 900 s, a reply whose octets are not UTF-8
    expect(decodeRefreshResponse(bytes('300481020384'))).toBe(900);
  });

  test.each([0, 31_557_601, 1.5])('a request for %d seconds is not written', (requestTtl) => {
    expect(() => encodeRefreshRequest({ entryName: '', requestTtl })).toThrow(EncodeError);
  });

  test('any octets are a value or a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (octets) => {
        for (const decode of [
          decodeRefreshRequest,
          decodeRefreshResponse,
          (controlValue: Uint8Array) =>
            decodePagedResults({ controlType: '', criticality: false, controlValue }),
        ]) {
          expect(['read', 'refused']).toContain(outcome(() => decode(octets)));
        }
      }),
    );
  });
});

test('RFC 2696 paged results', () => {
  const control = pagedResultsControl({ size: 100, cookie: utf8('ab') }, true);
  expect(hex(control.controlValue!)).toBe('300702016404026162');
  expect(decodePagedResults(control)).toEqual({ size: 100, cookie: utf8('ab') });
});

test('result codes have the numbers and names of RFC 4511 appendix A', () => {
  expect([RESULT.noSuchObject, RESULT.entryAlreadyExists, RESULT.other]).toEqual([32, 68, 80]);
  expect([resultName(49), resultName(9999)]).toEqual(['invalidCredentials', 'resultCode 9999']);
  expect(new Set(Object.values(RESULT)).size).toBe(Object.keys(RESULT).length);
});

describe('LDAP URLs (RFC 4516)', () => {
  test.each([
    { text: 'ldap://', host: '', port: 389, dn: '' },
    { text: '[DEF-01] ldap://host:1002', host: 'host', port: 1002, dn: '' },
    { text: 'ldaps://host/', host: 'host', port: 636, dn: '' },
    { text: 'ldap://[2001:db8::7]/c=GB?objectClass?one', host: '2001:db8::7', port: 389, dn: 'c=GB' },
    { text: 'ldapi://%2frun%2fldapi', host: '/run/ldapi', port: 0, dn: '' },
    {
      text: 'LDAP://h/o=An%20Example%5C2C%20Inc.,c=US',
      host: 'h',
      port: 389,
      dn: 'o=An Example\\2C Inc.,c=US',
    },
  ])('$text', ({ text, host, port, dn }) => {
    expect(parseLdapUrl(text.replace('[DEF-01] ', ''))).toMatchObject({ host, port, dn });
  });

  test('all parts', () => {
    expect(parseLdapUrl('ldap://h:5/o=A?cn,uid?SUB?(cn=%2a)?!x-tls,y')).toEqual({
      scheme: 'ldap',
      host: 'h',
      port: 5,
      dn: 'o=A',
      attributes: ['cn', 'uid'],
      scope: 'sub',
      filter: { kind: 'present', attribute: 'cn' },
      extensions: ['!x-tls', 'y'],
    });
  });

  test.each([
    'http://h',
    'ldap:h',
    'ldap://h:99999',
    'ldap://2001:db8::7',
    'ldap://h/%zz',
    'ldap://h/??tree',
    'ldap://h/???(a',
  ])('refused: %s', (text) => expect(() => parseLdapUrl(text)).toThrow(DecodeError));
});

test('RFC 4528: an assertion is a critical control whose value is a filter', () => {
  const filter = { kind: 'present', attribute: 'cn' } as const;
  const control = assertionControl(filter);
  expect(control).toMatchObject({ controlType: '1.3.6.1.1.12', criticality: true });
  expect(hex(control.controlValue ?? bytes(''))).toBe('8702636e');
  expect(decodeAssertion(control)).toEqual(filter);
  expect(() => decodeAssertion({ ...control, controlValue: bytes('8702636e00') })).toThrow(DecodeError);
  expect(() => decodeAssertion({ controlType: control.controlType, criticality: true })).toThrow(DecodeError);
});

test('preparing for comparison twice is preparing once (RFC 4518)', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
      const once = prepareCaseIgnore(text);
      expect(prepareCaseIgnore(once)).toBe(once);
      expect(prepareCaseIgnore(` ${text.toUpperCase()} `)).toBe(prepareCaseIgnore(text.toUpperCase()));
    }),
    { numRuns: 300 },
  );
});

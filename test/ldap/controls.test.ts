import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeProxiedAuthorization,
  decodeReadEntryRequest,
  decodeReadEntryResponse,
  decodeSortRequest,
  decodeSortResult,
  proxiedAuthorizationControl,
  READ_ENTRY,
  readEntryRequestControl,
  readEntryResponseControl,
  RESULT,
  sortRequestControl,
  sortResultControl,
  textAttribute,
} from '../../src/ldap/index.ts';
import { bytes, hex, outcome } from './support.ts';

describe('RFC 2891 sorting', () => {
  test('the request as ldapsearch -E sss=uid/-cn:2.5.13.3 writes it', () => {
    const octets = '301a 3005 0403756964 3011 0402636e 8008322e352e31332e33 8101ff';
    const keys = [
      { attribute: 'uid', isReverse: false },
      { attribute: 'cn', orderingRule: '2.5.13.3', isReverse: true },
    ];
    expect(hex(sortRequestControl(keys).controlValue!)).toBe(octets.replaceAll(' ', ''));
    expect(decodeSortRequest({ ...sortRequestControl([]), controlValue: bytes(octets) })).toEqual(keys);
  });

  test('the response, with and without an attribute', () => {
    const result = { resultCode: RESULT.noSuchAttribute, attribute: 'x' };
    expect(hex(sortResultControl(result).controlValue!)).toBe('30060a0110800178');
    expect(decodeSortResult(sortResultControl(result))).toEqual(result);
    expect(hex(sortResultControl({ resultCode: 0 }).controlValue!)).toBe('30030a0100');
    expect(decodeSortResult(sortResultControl({ resultCode: 0 }))).toEqual({ resultCode: 0 });
  });

  test.each(['', '3000', '30023000', '3004300204ff'])('no request: %s', (octets) => {
    const control = { controlType: '', criticality: false, controlValue: bytes(octets) };
    expect(outcome(() => decodeSortRequest(control))).toBe('refused');
  });
});

describe('RFC 4527 reading entries', () => {
  test('the request', () => {
    const control = readEntryRequestControl(READ_ENTRY.before, ['cn', '+']);
    expect(hex(control.controlValue!)).toBe('30070402636e04012b');
    expect(decodeReadEntryRequest(control)).toEqual(['cn', '+']);
  });

  test('the response, as the RFC has it and as OpenLDAP writes it', () => {
    const entry = {
      type: 'searchResultEntry',
      objectName: 'cn=a',
      attributes: [textAttribute('cn', 'a')],
    } as const;
    const control = readEntryResponseControl(READ_ENTRY.after, entry);
    const contents = '13 0404636e3d61 300b 3009 0402636e 3103040161'.replaceAll(' ', '');
    const octets = `64${contents}`;
    expect(hex(control.controlValue!)).toBe(octets);
    expect(decodeReadEntryResponse(control)).toEqual(entry);
    expect(decodeReadEntryResponse({ ...control, controlValue: bytes(`30${octets.slice(2)}`) })).toEqual(
      entry,
    );
  });
});

test('RFC 4370 proxied authorization', () => {
  const control = proxiedAuthorizationControl('dn:cn=a');
  expect(control).toMatchObject({ criticality: true });
  expect(hex(control.controlValue!)).toBe('646e3a636e3d61');
  expect(decodeProxiedAuthorization(control)).toBe('dn:cn=a');
  expect(decodeProxiedAuthorization(proxiedAuthorizationControl(''))).toBe('');
});

test('any octets are a value or a DecodeError', () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (controlValue) => {
      const control = { controlType: '', criticality: false, controlValue };
      for (const decode of [
        decodeSortRequest,
        decodeSortResult,
        decodeReadEntryRequest,
        decodeReadEntryResponse,
        decodeProxiedAuthorization,
      ]) {
        expect(['read', 'refused']).toContain(outcome(() => decode(control)));
      }
    }),
  ));

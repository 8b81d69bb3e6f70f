import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncodeError } from '../../src/errors.ts';
import {
  type Control,
  decodeCancelRequest,
  decodeEntryChange,
  decodePersistentSearch,
  decodeSyncDone,
  decodeSyncInfo,
  decodeSyncRequest,
  decodeSyncState,
  encodeCancelRequest,
  ENTRY_CHANGE,
  entryChangeControl,
  PERSISTENT_SEARCH,
  persistentSearchControl,
  SYNC,
  type SyncInfoValue,
  type SyncRequestValue,
  type SyncStateValue,
  syncDoneControl,
  syncInfo,
  syncRequestControl,
  syncStateControl,
} from '../../src/ldap/index.ts';
import { bytes, hex, outcome, utf8 } from './support.ts';

const UUID = bytes('00112233445566778899aabbccddeeff');
const control = (controlType: string, octets: string): Control => ({
  controlType,
  criticality: true,
  controlValue: bytes(octets),
});

describe('RFC 4533 content synchronisation', () => {
  test.each<[string, SyncRequestValue, string]>([
    ['refreshOnly', { mode: 'refreshOnly', reloadHint: false }, '3003 0a0101'],
    // as `ldapsearch -E sync=rp/ab` sends it
    [
      'refreshAndPersist with a cookie',
      { mode: 'refreshAndPersist', cookie: utf8('ab'), reloadHint: false },
      '3007 0a0103 04026162',
    ],
    ['with a hint', { mode: 'refreshOnly', reloadHint: true }, '3006 0a0101 0101ff'],
  ])('request, %s', (_, value, octets) => {
    expect(hex(syncRequestControl(value).controlValue!)).toBe(octets.replaceAll(' ', ''));
    expect(decodeSyncRequest(control(SYNC.request, octets))).toEqual(value);
  });

  test('a mode that is not defined is refused', () => {
    expect(() => decodeSyncRequest(control(SYNC.request, '30030a0102'))).toThrow('sync mode is 2');
  });

  test.each<[SyncStateValue, string]>([
    [{ state: 'present', entryUuid: UUID }, `3015 0a0100 0410${hex(UUID)}`],
    [{ state: 'delete', entryUuid: UUID, cookie: utf8('c') }, `3018 0a0103 0410${hex(UUID)} 040163`],
  ])('state %#', (value, octets) => {
    expect(hex(syncStateControl(value).controlValue!)).toBe(octets.replaceAll(' ', ''));
    expect(decodeSyncState(control(SYNC.state, octets))).toEqual(value);
  });

  test('an entryUUID of another length is neither written nor read', () => {
    const entryUuid = UUID.subarray(1);
    expect(() => syncStateControl({ state: 'add', entryUuid })).toThrow(EncodeError);
    expect(() => decodeSyncState(control(SYNC.state, `3014 0a0101 040f${hex(entryUuid)}`))).toThrow(
      'has 15 octets instead of 16',
    );
  });

  test('done', () => {
    expect(hex(syncDoneControl({ refreshDeletes: false }).controlValue!)).toBe('3000');
    const octets = '3006 040163 0101ff';
    const value = { cookie: utf8('c'), refreshDeletes: true };
    expect(hex(syncDoneControl(value).controlValue!)).toBe(octets.replaceAll(' ', ''));
    expect(decodeSyncDone(control(SYNC.done, octets))).toEqual(value);
  });

  test.each<[SyncInfoValue, string]>([
    [{ kind: 'newCookie', cookie: utf8('c') }, '8001 63'],
    [{ kind: 'refreshDelete', refreshDone: true }, 'a100'],
    [{ kind: 'refreshDelete', cookie: utf8('c'), refreshDone: false }, 'a106 040163 010100'],
    [{ kind: 'refreshPresent', cookie: utf8('c'), refreshDone: true }, 'a203 040163'],
    [{ kind: 'idSet', refreshDeletes: false, uuids: [] }, 'a302 3100'],
    [
      { kind: 'idSet', cookie: utf8('c'), refreshDeletes: true, uuids: [UUID] },
      `a31a 040163 0101ff 3112 0410${hex(UUID)}`,
    ],
  ])('info %#', (value, octets) => {
    const response = syncInfo(value);
    expect(response.responseName).toBe('1.3.6.1.4.1.4203.1.9.1.4');
    expect(hex(response.responseValue!)).toBe(octets.replaceAll(' ', ''));
    expect(decodeSyncInfo(response)).toEqual(value);
  });
});

describe('persistent search', () => {
  test('request', () => {
    const value = {
      changeTypes: new Set(['add', 'delete', 'modify', 'modDN'] as const),
      changesOnly: true,
      returnChanges: false,
    };
    const octets = '3009 02010f 0101ff 010100';
    expect(hex(persistentSearchControl(value).controlValue!)).toBe(octets.replaceAll(' ', ''));
    expect(decodePersistentSearch(control(PERSISTENT_SEARCH, octets))).toEqual(value);
  });

  test.each([0, 16])('changeTypes %d is refused', (bits) => {
    const octets = `3009 0201${bits.toString(16).padStart(2, '0')} 0101ff 010100`;
    expect(() => decodePersistentSearch(control(PERSISTENT_SEARCH, octets))).toThrow('not a sum of');
  });

  test('entry change notification', () => {
    const octets = '300b 0a0108 04036f3d78 02012a';
    const value = { changeType: 'modDN', previousDn: 'o=x', changeNumber: 42 } as const;
    expect(hex(entryChangeControl(value).controlValue!)).toBe(octets.replaceAll(' ', ''));
    expect(decodeEntryChange(control(ENTRY_CHANGE, octets))).toEqual(value);
    expect(decodeEntryChange(entryChangeControl({ changeType: 'delete' }))).toEqual({ changeType: 'delete' });
  });
});

test('RFC 3909 cancel request', () => {
  expect(hex(encodeCancelRequest(300))).toBe('30040202012c');
  expect(decodeCancelRequest(bytes('30040202012c'))).toBe(300);
});

test('any octets are a value or a DecodeError', () => {
  const asControl = (controlValue: Uint8Array): Control => ({
    controlType: '',
    criticality: false,
    controlValue,
  });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), fc.constantFrom(0x30, 0xa1, 0xa3, 0x80), (octets, tag) => {
      const framed = Uint8Array.of(tag, octets.length, ...octets);
      for (const decode of [decodeSyncRequest, decodeSyncState, decodeSyncDone, decodePersistentSearch]) {
        expect(['read', 'refused']).toContain(outcome(() => decode(asControl(framed))));
      }
      expect(['read', 'refused']).toContain(outcome(() => decodeEntryChange(asControl(framed))));
      expect(['read', 'refused']).toContain(outcome(() => decodeCancelRequest(framed)));
      expect(['read', 'refused']).toContain(
        outcome(() => decodeSyncInfo({ type: 'intermediateResponse', responseValue: framed })),
      );
    }),
  );
});

import { formatEndpoint } from '../../src/ip/index.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../cli/errors.ts';
import { parseEmail, parsePhone } from '../../cli/input/contact.ts';
import { parseGroup } from '../../cli/input/group.ts';
import { parseMedia } from '../../cli/input/media.ts';
import { nearest } from '../../cli/input/nearest.ts';
import { parseListenUrl } from '../../cli/run/serve.ts';

describe('a group', () => {
  test.each([
    ['239.255.1.2', { address: '239.255.1.2' }],
    ['239.255.1.2:5004', { address: '239.255.1.2', port: 5004 }],
    ['[ff15::1]:5004', { address: 'ff15::1', port: 5004 }],
    ['[ff15::1]', { address: 'ff15::1' }],
    ['ff15::1', { address: 'ff15::1' }],
    ['FF15:0:0:0:0:0:0:1', { address: 'ff15::1' }],
  ])('%s', (text, want) => expect(parseGroup(text)).toEqual(want));

  test.each([
    '',
    'group',
    '239.255.1',
    '239.255.1.2:',
    '239.255.1.2:x',
    '256.1.1.1',
    '[ff15::1',
    'ff15::1:g',
  ])('refuses %j and says how to write it', (text) => {
    expect(() => parseGroup(text)).toThrow(UsageError);
    expect(() => parseGroup(text)).toThrow('239.255.1.2:5004');
  });

  test.each(['10.0.0.1', '10.0.0.1:5004', '::1', '[2001:db8::1]:5004'])(
    'refuses %s, which is no multicast',
    (text) => {
      expect(() => parseGroup(text)).toThrow('is not a multicast address');
    },
  );

  test.each(['239.1.1.1:0', '239.1.1.1:65536', '[ff15::1]:99999'])('refuses the port of %s', (text) => {
    expect(() => parseGroup(text)).toThrow('1 to 65535');
  });

  test('is written as it is read', () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    const v4 = fc
      .tuple(fc.integer({ min: 224, max: 239 }), fc.nat(255), fc.nat(255), fc.nat(255))
      .map((it) => it.join('.'));
    const v6 = fc.integer({ min: 1, max: 0xffff }).map((id) => `ff15::${id.toString(16)}`);
    fc.assert(
      fc.property(fc.oneof(v4, v6), port, (address, number) => {
        expect(parseGroup(formatEndpoint(address, number))).toEqual({ address, port: number });
      }),
      { numRuns: 100 },
    );
  });
});

describe('a medium', () => {
  test.each([
    ['audio', 'audio', [{ encoding: 'PCMU', clockRate: 8000 }]],
    ['audio:PCMU/8000', 'audio', [{ encoding: 'PCMU', clockRate: 8000 }]],
    ['audio:PCMU', 'audio', [{ encoding: 'PCMU', clockRate: 8000 }]],
    ['audio:L16/44100/2', 'audio', [{ encoding: 'L16', clockRate: 44_100, channels: 2 }]],
    ['audio:opus', 'audio', [{ encoding: 'opus', clockRate: 48_000, channels: 2, fmtp: 'useinbandfec=1' }]],
    [
      'audio:opus;stereo=1; maxaveragebitrate=64000,telephone-event',
      'audio',
      [
        { encoding: 'opus', clockRate: 48_000, channels: 2, fmtp: 'stereo=1;maxaveragebitrate=64000' },
        { encoding: 'telephone-event', clockRate: 48_000, fmtp: '0-15' },
      ],
    ],
    [
      'audio:PCMU,CN',
      'audio',
      [
        { encoding: 'PCMU', clockRate: 8000 },
        { encoding: 'CN', clockRate: 8000 },
      ],
    ],
    [
      'audio:PCMU,PCMA/8000',
      'audio',
      [
        { encoding: 'PCMU', clockRate: 8000 },
        { encoding: 'PCMA', clockRate: 8000 },
      ],
    ],
    ['video:H264', 'video', [{ encoding: 'H264', clockRate: 90_000 }]],
    ['text:T140', 'text', [{ encoding: 'T140', clockRate: 1000 }]],
  ])('%s', (text, kind, formats) => expect(parseMedia(text)).toEqual({ kind, formats }));

  test('the packet time is the medium’s, not the format’s', () => {
    expect(parseMedia('audio:L24/48000/8;ptime=0.125')).toEqual({
      kind: 'audio',
      formats: [{ encoding: 'L24', clockRate: 48_000, channels: 8 }],
      ptimeMs: 0.125,
    });
  });

  test.each([
    '',
    'sound',
    'video',
    'audio:',
    'audio:PCMU/',
    'audio:PCMU/0',
    'audio:PCMU/8000/0',
    'audio:L16',
    'audio:PCMU,',
    'audio:PCMU;ptime=0',
    'audio:PCMU;ptime=x',
    'audio:PC MU/8000',
  ])('refuses %j and shows one that is right', (text) => {
    expect(() => parseMedia(text)).toThrow(UsageError);
    expect(() => parseMedia(text)).toThrow(/like \S+|written/);
  });
});

describe('contacts', () => {
  test.each([
    ['ann@example.org', { address: 'ann@example.org' }],
    ['Ann Lee <ann@example.org>', { address: 'ann@example.org', name: 'Ann Lee' }],
    ['"Ann Lee" <ann@example.org>', { address: 'ann@example.org', name: 'Ann Lee' }],
    ['ann@example.org (Ann Lee)', { address: 'ann@example.org', name: 'Ann Lee' }],
    ['<ann@example.org>', { address: 'ann@example.org' }],
  ])('[SDP-10] %s', (text, want) => expect(parseEmail(text)).toEqual(want));

  test.each([
    ['+44 171 380 7777', { number: '+44 171 380 7777' }],
    ['Ann <+44-171-380-7777>', { number: '+44-171-380-7777', name: 'Ann' }],
    ['+44 171 380 7777 (Ann)', { number: '+44 171 380 7777', name: 'Ann' }],
    ['110', { number: '110' }],
  ])('[SDP-11] %s', (text, want) => expect(parsePhone(text)).toEqual(want));

  test.each(['', 'ann', 'ann@', '@example.org', 'a b@c'])('refuses %j as an address', (text) => {
    expect(() => parseEmail(text)).toThrow(UsageError);
  });
  test.each(['', 'ann', '+', 'call me'])('refuses %j as a number', (text) => {
    expect(() => parsePhone(text)).toThrow(UsageError);
  });
});

describe('where to listen', () => {
  test.each([
    ['ldap://127.0.0.1:1389', { scheme: 'ldap', host: '127.0.0.1', port: 1389 }],
    ['ldap://127.0.0.1:0', { scheme: 'ldap', host: '127.0.0.1', port: 0 }],
    ['ldap://localhost', { scheme: 'ldap', host: 'localhost', port: undefined }],
    ['ldap://[::1]:3890/', { scheme: 'ldap', host: '::1', port: 3890 }],
    ['0.0.0.0:1389', { scheme: 'ldap', host: '0.0.0.0', port: 1389 }],
    ['ldaps://host', { scheme: 'ldaps', host: 'host', port: undefined }],
    ['ldapi://%2Frun%2Fldapi', { scheme: 'ldapi', path: '/run/ldapi' }],
  ])('%s', (text, want) => expect(parseListenUrl(text)).toEqual(want));

  test.each([
    '',
    'ldap://',
    'ldapi://',
    'ldapi:///run/ldapi',
    'http://127.0.0.1',
    'ldap://h:1/dc=x',
    'ldap://h:99999',
    'ldap://u@h',
  ])('refuses %j', (text) => expect(() => parseListenUrl(text)).toThrow(UsageError));
});

describe('what was probably meant', () => {
  const words = ['create', 'list', 'show', 'edit', 'delete', 'Morning round'];
  test.each([
    ['lst', 'list'],
    ['lsit', 'list'],
    ['LIST', 'list'],
    ['craete', 'create'],
    ['morning ruond', 'Morning round'],
    ['zebra', undefined],
    ['', undefined],
  ])('%j → %j', (word, want) => expect(nearest(word, words)).toBe(want));

  test('a known word is its own nearest', () => {
    fc.assert(
      fc.property(fc.constantFrom(...words), (word) => {
        expect(nearest(word, words)).toBe(word);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidValueError } from '../../src/errors.ts';
import {
  type CryptoParameters,
  formatCrypto,
  mkiNumber,
  mkiOf,
  parseCrypto,
  readCrypto,
  SessionDescription,
  srtpSuite,
  withoutKeys,
} from '../../src/sdp/index.ts';
import { SRTP_PROFILES, type SrtpProfileName } from '../../src/srtp/index.ts';

const KEY = 'PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';
const read = (rest: string): CryptoParameters => {
  const attribute = readCrypto(`crypto:1 ${rest}`);
  if (attribute === undefined) throw new Error('not a crypto attribute');
  return parseCrypto(attribute);
};

test('RFC 4568 §9.1: the examples say key, salt, lifetime and identifier', () => {
  const { profile, keys, keyDerivationRate, encryptRtcp } = read(
    `AES_CM_128_HMAC_SHA1_80 inline:${KEY}|2^20|1:32 KDR=1 UNENCRYPTED_SRTCP`,
  );
  expect({ profile, keyDerivationRate, encryptRtcp }).toEqual({
    profile: 'AES_CM_128_HMAC_SHA1_80',
    keyDerivationRate: 2,
    encryptRtcp: false,
  });
  const [first] = keys;
  expect(first).toMatchObject({ lifetime: 2 ** 20, mki: mkiOf(1n, 32) });
  expect([first?.key.length, first?.salt.length]).toEqual([16, 14]);
  const two = read(`AES_CM_128_HMAC_SHA1_32 inline:${KEY}|2^20|1:4;inline:${KEY}|2^20|2:4`);
  expect(two.keys.map(({ mki }) => mkiNumber(mki ?? new Uint8Array(0)))).toEqual([1n, 2n]);
});

test.each(['inline:' + KEY + '=', `inline:${KEY}|4711`, `inline:${KEY}|7:1`])('a key as %s', (text) => {
  expect(read(`AES_CM_128_HMAC_SHA1_80 ${text}`).keys).toHaveLength(1);
});

describe('what cannot be used is refused, without a word of the key', () => {
  test.each([
    ['F8_128_HMAC_SHA1_80', `inline:${KEY}`, /not known here/],
    ['AES_256_CM_HMAC_SHA1_80', `inline:${KEY}`, /30 bytes.*32 of key and 14 of salt/],
    ['AES_CM_128_HMAC_SHA1_80', `uri:${KEY}`, /inline/],
    ['AES_CM_128_HMAC_SHA1_80', `inline:${KEY}!`, /base64/],
    ['AES_CM_128_HMAC_SHA1_80', `inline:${KEY}|2^49`, /lifetime/],
    ['AES_CM_128_HMAC_SHA1_80', `inline:${KEY}|256:1`, /does not fit in 1/],
    ['AES_CM_128_HMAC_SHA1_80', `inline:${KEY}|1:129`, /key identifier/],
    ['AES_CM_128_HMAC_SHA1_80', `inline:${KEY};inline:${KEY}`, /identifiers/],
    ['AES_CM_128_HMAC_SHA1_80', `inline:${KEY} UNENCRYPTED_SRTP`, /not done here/],
    ['AES_CM_128_HMAC_SHA1_80', `inline:${KEY} UNAUTHENTICATED_SRTP`, /not done here/],
    ['AES_CM_128_HMAC_SHA1_80', `inline:${KEY} FEC_ORDER=SRTP_FEC`, /not done here/],
  ])('%s %s', (suite, params, why) => {
    const fail = (): unknown => read(`${suite} ${params}`);
    expect(fail).toThrow(InvalidValueError);
    expect(fail).toThrow(why);
    expect(fail).not.toThrow(KEY.slice(0, 8));
  });
});

test('what is written is read again', () => {
  const names = Object.keys(SRTP_PROFILES).filter((it): it is SrtpProfileName => it in SRTP_PROFILES);
  const parameters = fc
    .record({
      profile: fc.constantFrom(...names),
      tag: fc.nat(99),
      mki: fc.option(fc.uint8Array({ minLength: 1, maxLength: 8 }), { nil: undefined }),
      lifetime: fc.option(fc.integer({ min: 1, max: 2 ** 40 }), { nil: undefined }),
      rate: fc.constantFrom(0, 1, 1024),
      encryptRtcp: fc.boolean(),
      seed: fc.uint8Array({ minLength: 46, maxLength: 46 }),
    })
    .map(({ profile, tag, mki, lifetime, rate, encryptRtcp, seed }): CryptoParameters => {
      const { keyBytes, saltBytes } = SRTP_PROFILES[profile];
      const key = {
        key: seed.slice(0, keyBytes),
        salt: seed.slice(keyBytes, keyBytes + saltBytes),
        ...(lifetime === undefined ? {} : { lifetime }),
        ...(mki === undefined ? {} : { mki }),
      };
      return { tag, profile, keys: [key], keyDerivationRate: rate, encryptRtcp };
    });
  fc.assert(
    fc.property(parameters, (it) => {
      const attribute = readCrypto(formatCrypto(it));
      expect(attribute && parseCrypto(attribute)).toEqual(it);
    }),
  );
});

test('a description can be had without its keys', () => {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 10.0.0.1',
    's=x',
    'c=IN IP4 239.1.1.1/15',
    'k=clear:SECRET',
    't=0 0',
    'a=key-mgmt:mikey SECRET',
    'm=audio 5004 RTP/SAVP 0',
    `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}`,
    'a=sendrecv',
    '',
  ];
  const full = SessionDescription.parse(lines.join('\r\n'));
  expect(withoutKeys(full).serialize()).toBe(
    lines.filter((line) => !/SECRET|crypto/.test(line)).join('\r\n'),
  );
  expect(full.serialize()).toContain(KEY);
  expect(withoutKeys(withoutKeys(full)).serialize()).not.toContain('key');
});

test('suites have the names of RFC 4568, RFC 6188, RFC 7714 and those of OpenSSL', () => {
  expect(srtpSuite('aead_aes_256_gcm')).toBe('AEAD_AES_256_GCM');
  expect(srtpSuite('SRTP_AES128_CM_HMAC_SHA1_80')).toBe('AES_CM_128_HMAC_SHA1_80');
  expect(srtpSuite('NULL')).toBeUndefined();
});

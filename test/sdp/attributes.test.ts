import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncodeError } from '../../src/errors.ts';
import {
  parseSessionDescription,
  readCrypto,
  readFmtp,
  readHeaderExtension,
  readRtcp,
  readRtpMap,
  readSourceFilter,
  type SessionDescription,
  splitAttribute,
} from '../../src/sdp/index.ts';

const withAttributes = (...texts: string[]): SessionDescription =>
  parseSessionDescription(
    `v=0\r\ns=-\r\nt=0 0\r\n${texts.map((text) => `a=${text}\r\n`).join('')}m=audio 1 RTP/AVP 0\r\n`,
  );

describe('attribute list', () => {
  test('[ATT-01] [ATT-02] count and item', () => {
    const { attributes } = withAttributes('recvonly', 'tool:x', 'X:a:b');
    expect(attributes.length).toBe(3);
    expect(attributes.at(2)).toBe('X:a:b');
    expect([...attributes]).toEqual(['recvonly', 'tool:x', 'X:a:b']);
    expect(() => attributes.at(3)).toThrow(RangeError);
  });

  test('[ATT-03] add, insert, replace and remove uninterpreted texts', () => {
    const { attributes } = withAttributes('one', 'three');
    attributes.insert(1, 'two: uninterpreted  text ');
    attributes.insert(3, 'five');
    attributes.add('six');
    attributes.replace(0, 'ONE');
    attributes.remove(3);
    expect(attributes.list).toEqual(['ONE', 'two: uninterpreted  text ', 'three', 'six']);
    expect(() => attributes.remove(4)).toThrow(RangeError);
    expect(() => attributes.insert(9, 'x')).toThrow(RangeError);
    expect(() => attributes.add(' ')).toThrow(EncodeError);
  });

  test('[ATT-04] the whole list is set at once', () => {
    const sdp = withAttributes('one', 'two', 'three');
    sdp.attributes.list = ['one', 'new', 'three', 'four'];
    expect(sdp.attributes.list).toEqual(['one', 'new', 'three', 'four']);
    sdp.attributes.list = [];
    expect(sdp.serialize()).not.toContain('a=');
  });

  test('[ATT-05] session attributes stand just before the first medium', () => {
    const sdp = withAttributes();
    sdp.attributes.add('tool:x');
    expect(sdp.serialize()).toBe('v=0\r\ns=-\r\nt=0 0\r\na=tool:x\r\nm=audio 1 RTP/AVP 0\r\n');
    sdp.media.at(0).attributes.add('y');
    expect(sdp.attributes.list).toEqual(['tool:x']);
  });

  test('by name, exactly', () => {
    const { attributes } = withAttributes('rtpmap:1 a', 'RTPMAP:2', 'rtpmap', 'rtpmapx:3', 'rtpmap:');
    expect(attributes.get('rtpmap')).toBe('1 a');
    expect(attributes.all('rtpmap')).toEqual(['rtpmap:1 a', 'rtpmap', 'rtpmap:']);
    expect([attributes.has('rtpmapx'), attributes.has('rtp')]).toEqual([true, false]);
    attributes.set('rtpmapx');
    attributes.set('new', 'v');
    expect(attributes.list.slice(3)).toEqual(['rtpmapx', 'rtpmap:', 'new:v']);
    expect(attributes.delete('rtpmap')).toBe(3);
    expect(attributes.get('__proto__')).toBeUndefined();
    expect(() => attributes.set('a b', 'x')).toThrow(EncodeError);
    expect(splitAttribute('a:b:c')).toEqual({ name: 'a', value: 'b:c' });
  });
});

describe('structured values', () => {
  test.each([
    ['rtpmap:96 L24/48000/8', { payloadType: 96, encoding: 'L24', clockRate: 48_000, channels: 8 }],
    ['rtpmap:0  PCMU/8000 ', { payloadType: 0, encoding: 'PCMU', clockRate: 8_000 }],
    ['rtpmap:99 h263-1998/90000', { payloadType: 99, encoding: 'h263-1998', clockRate: 90_000 }],
    ['rtpmap:96 Infinity/8000', { payloadType: 96, encoding: 'Infinity', clockRate: 8_000 }],
  ])('%s', (text, want) => expect(readRtpMap(text)).toEqual(want));

  test.each([
    'rtpmap:96',
    'rtpmap:96 ',
    'rtpmap:96 PCMU',
    'rtpmap:128 x/8000',
    'rtpmap:-1 x/8000',
    'rtpmap:x y/8000',
    'rtpmap:96 x/0',
    'rtpmap:96 x/8e3',
    'rtpmap:96 x/NaN',
    'rtpmap:96 x/8000/0',
    'rtpmap:96 x/8000/two',
    'rtpmap:96 x/8000 and more',
    'rtpmap:96 L16+x/48000',
    'rtpmap:096 x/8000',
    'rtpmapx:96 x/8000',
  ])('half understood is not understood: %s', (text) => expect(readRtpMap(text)).toBeUndefined());

  test('RFC 3605 §2.1', () => {
    expect(readRtcp('rtcp:53020')).toEqual({ port: 53_020 });
    expect(readRtcp('rtcp:53020 IN IP4 126.16.64.4')).toEqual({
      port: 53_020,
      netType: 'IN',
      addressType: 'IP4',
      address: '126.16.64.4',
    });
    for (const text of [
      'rtcp:0',
      'rtcp:65536',
      'rtcp:x',
      'rtcp:1 IN IP4',
      'rtcp:1 IN IPX a',
      'rtcp:1 IN IP4 a b',
    ]) {
      expect(readRtcp(text)).toBeUndefined();
    }
  });

  test('RFC 4570 §3.3', () => {
    expect(readSourceFilter('source-filter: incl IN IP4 232.3.4.5 192.0.2.10')).toEqual({
      mode: 'incl',
      netType: 'IN',
      addressType: 'IP4',
      destination: '232.3.4.5',
      sources: ['192.0.2.10'],
    });
    expect(
      readSourceFilter('source-filter: incl IN * dst-1.example src-1.example src-2.example')?.sources,
    ).toHaveLength(2);
    for (const text of [
      'source-filter:',
      'source-filter: incl IN IP4 232.3.4.5',
      'source-filter: only IN IP4 a b',
      'source-filter: incl IN IP5 a b',
    ]) {
      expect(readSourceFilter(text)).toBeUndefined();
    }
  });

  test('RFC 4568 §9.1, with several session parameters', () => {
    const text =
      'crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:32 KDR=1 UNENCRYPTED_SRTCP';
    expect(readCrypto(text)).toEqual({
      tag: 1,
      suite: 'AES_CM_128_HMAC_SHA1_80',
      keyParams: 'inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:32',
      sessionParams: ['KDR=1', 'UNENCRYPTED_SRTCP'],
    });
    expect(readCrypto('crypto:1 x')).toBeUndefined();
  });

  test('RFC 8285 extensions', () => {
    expect(
      readHeaderExtension('extmap:1/recvonly urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on x'),
    ).toEqual({
      id: 1,
      direction: 'recvonly',
      uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
      attributes: 'vad=on x',
    });
    expect(readHeaderExtension('extmap:0 urn:x')).toBeUndefined();
  });

  test('fmtp: hostile parameter names are names', () => {
    const fmtp = readFmtp('fmtp:96 __proto__=a;constructor=b;toString;x=1;x=2;=;;a');
    expect([...(fmtp?.parameters ?? [])]).toEqual(
      expect.arrayContaining([
        ['__proto__', 'a'],
        ['constructor', 'b'],
        ['toString', ''],
        ['x', '2'],
        ['a', ''],
      ]),
    );
    expect(Object.prototype).not.toHaveProperty('a');
    expect(readFmtp('fmtp:96')).toBeUndefined();
    expect(readFmtp('fmtp: x')).toBeUndefined();
  });

  test('no text makes a reader throw or read something that is not there', () => {
    const readers = [readRtpMap, readFmtp, readRtcp, readSourceFilter, readCrypto, readHeaderExtension];
    const names = ['rtpmap:', 'fmtp:', 'rtcp:', 'source-filter:', 'crypto:', 'extmap:'];
    const tail = fc.string({
      unit: fc.constantFrom(...Array.from('0169 /:=;.*-|xINP46e\t\r\n')),
      maxLength: 30,
    });
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.oneof(tail, fc.string({ unit: 'binary' })), (name, rest) => {
        for (const read of readers) {
          const result = read(name + rest);
          if (result === undefined) continue;
          expect(read).toBe(readers[names.indexOf(name)]);
          const parts = Object.values(result).filter((part) => ['string', 'number'].includes(typeof part));
          for (const part of parts) expect(rest).toContain(String(part));
        }
      }),
      { numRuns: 400 },
    );
  });

  test('very long values are left as text', () => {
    const text = `rtpmap:96 ${'x'.repeat(10_000)}/8000`;
    expect(readRtpMap(text)).toBeUndefined();
    expect(readFmtp(`fmtp:96 ${'a=b;'.repeat(5_000)}`)).toBeUndefined();
  });
});

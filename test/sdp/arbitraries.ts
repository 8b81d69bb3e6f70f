import fc from 'fast-check';

/** Descriptions of devices and programs, and malformed ones, byte for byte. */
export const corpusFolder = new URL('../corpus/sdp/', import.meta.url);

const value = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replaceAll(/[\r\n]/g, '')),
  fc.constantFrom(
    '0',
    '- 1 1 IN IP4 192.0.2.1',
    'IN IP4 239.255.1.1/15/3',
    'IN IP6 ff15::1/2',
    'IN IP4 232.1.1.1/1',
    '0 0',
    '3900000000 3900003600',
    '7d 1h 0 25h',
    '1 1 0',
    '3900000000 -1h 3910000000 0',
    'audio 5004/2 RTP/AVP 0 96',
    'rtpmap:96 L16/48000/2',
    'fmtp:96 a=1;b',
    'ptime:20',
    'source-filter: incl IN IP4 * 10.0.0.1',
    'rtcp:5005 IN IP4 239.1.1.1',
    'crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA',
    'charset:UTF-7',
    'recvonly',
    'type:test',
    'clear:k',
    'AS:64',
    'a@b.example (A)',
  ),
);

const line = fc
  .tuple(fc.constantFrom(...Array.from('vosiuepcbtrzkamX')), value, fc.constantFrom('\r\n', '\n'))
  .map(([type, text, ending]) => `${type}=${text}${ending}`);

/** Text that parses: lines of all types with likely and unlikely values, in any order. */
export const sdpText = fc
  .tuple(fc.array(line, { maxLength: 14 }), fc.constantFrom('', 's=end', 'a=x'))
  .map(([lines, last]) => `v=0\r\n${lines.join('')}${last}`);

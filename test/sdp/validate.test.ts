import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Issue, parseSessionDescription } from '../../src/sdp/index.ts';
import { corpusFolder } from './arbitraries.ts';

/** A description without fault; each test breaks one thing. */
const GOOD = [
  'v=0',
  'o=- 3900000000 3900000000 IN IP4 192.0.2.1',
  's=x',
  'c=IN IP4 239.255.1.1/15',
  't=3900000000 3900003600',
  'm=audio 5004 RTP/AVP 0',
];
const issuesOf = (lines: readonly string[]): Issue[] =>
  parseSessionDescription(lines.map((line) => `${line}\r\n`).join('')).validate();
/** The good description with one line exchanged: `at` is its index. */
const changed = (at: number, ...lines: string[]): string[] => GOOD.toSpliced(at, 1, ...lines);
/** The good description with lines added before index `at`. */
const added = (at: number, ...lines: string[]): string[] => GOOD.toSpliced(at, 0, ...lines);
const brief = (issues: readonly Issue[]): string[] =>
  issues.map(({ severity, line, rule }) => `${severity} ${line} ${rule}`);

describe('validate', () => {
  test('[SDP-01] a good description has no issue', () => {
    expect(issuesOf(GOOD)).toEqual([]);
    expect(parseSessionDescription(`${GOOD.join('\r\n')}\r\n`).isValid).toBe(true);
  });

  test.each<[string, string[], string[]]>([
    // RFC 8866 §5: shape and order
    ['not <letter>=<value>', added(3, 'nonsense'), ['error 4 RFC 8866 §5']],
    ['blank line inside', added(3, ''), ['error 4 RFC 8866 §5']],
    ['blank line at the end', [...GOOD, ''], ['warning 7 RFC 8866 §5']],
    ['unknown letter', added(3, 'y=1'), ['warning 4 RFC 8866 §5']],
    ['capital letter', added(3, 'C=1'), ['warning 4 RFC 8866 §5']],
    ['blank behind =', changed(4, 't= 3900000000 0'), ['warning 5 RFC 8866 §5']],
    ['two blanks', changed(4, 't=3900000000  0'), ['warning 5 RFC 8866 §9']],
    ['blank at the end', changed(3, 'c=IN IP4 239.255.1.1/15 '), ['warning 4 RFC 8866 §9']],
    ['NUL', changed(2, 's=a\0b'), ['error 3 RFC 8866 §9']],
    [
      'wrong order',
      changed(3, 't=3900000000 0', 'c=IN IP4 239.255.1.1/15').toSpliced(5, 1),
      ['error 5 RFC 8866 §5'],
    ],
    ['e= behind p=', added(3, 'p=+1 2', 'e=a@b.example'), ['error 5 RFC 8866 §5']],
    ['media lines out of order', [...GOOD, 'a=x', 'i=late'], ['error 8 RFC 8866 §5']],
    ['session line below m=', [...GOOD, 's=again'], ['error 7 RFC 8866 §5']],
    ['two s=', added(3, 's=again'), ['error 4 RFC 8866 §9']],
    ['two c= at session level', added(4, 'c=IN IP4 239.255.1.2/15'), ['error 5 RFC 8866 §9']],
    ['two i= in a medium', [...GOOD, 'i=a', 'i=b'], ['error 8 RFC 8866 §9']],
    ['no v=', GOOD.slice(1), ['error 1 RFC 8866 §5.1']],
    [
      'v= not first',
      [GOOD[1], GOOD[0], ...GOOD.slice(2)].map(String),
      ['error 1 RFC 8866 §5.1', 'error 2 RFC 8866 §5'],
    ],
    ['no o=', GOOD.toSpliced(1, 1), ['error 2 RFC 8866 §5.2']],
    ['no s=', GOOD.toSpliced(2, 1), ['error 3 RFC 8866 §5.3']],
    ['no t=', GOOD.toSpliced(4, 1), ['error 5 RFC 8866 §5.9']],
    ['no medium', GOOD.slice(0, 5), ['warning 5 RFC 8866 §5.14']],
    // §5.1 - §5.6: session fields
    ['version 1', changed(0, 'v=1'), ['error 1 RFC 8866 §5.1']],
    ['five words in o=', changed(1, 'o=- 1 1 IN IP4'), ['error 2 RFC 8866 §5.2']],
    ['blank in the user name', changed(1, 'o=a b 1 1 IN IP4 192.0.2.1'), ['error 2 RFC 8866 §5.2']],
    ['id not decimal', changed(1, 'o=- x 1 IN IP4 192.0.2.1'), ['error 2 RFC 8866 §5.2']],
    ['version not decimal', changed(1, 'o=- 1 -1 IN IP4 192.0.2.1'), ['error 2 RFC 8866 §5.2']],
    ['origin is a group', changed(1, 'o=- 1 1 IN IP4 239.1.1.1'), ['error 2 RFC 8866 §5.2']],
    ['origin of the other family', changed(1, 'o=- 1 1 IN IP4 ::1'), ['error 2 RFC 8866 §5.2']],
    ['origin is no address', changed(1, 'o=- 1 1 IN IP4 256.1.1.1'), ['error 2 RFC 8866 §5.2']],
    [
      'other network',
      changed(1, 'o=- 1 1 ATM NSAP x'),
      ['warning 2 RFC 8866 §5.2', 'warning 2 RFC 8866 §5.2'],
    ],
    ['empty s=', changed(2, 's='), ['error 3 RFC 8866 §5.3']],
    ['s= with a blank is fine', changed(2, 's= '), []],
    ['empty i=', added(3, 'i='), ['error 4 RFC 8866 §5.4']],
    ['u= with blanks', added(3, 'u=a b'), ['error 4 RFC 8866 §5.5']],
    ['u= without scheme', added(3, 'u=www.x.example'), ['warning 4 RFC 8866 §5.5']],
    ['e= without @', added(3, 'e=nobody'), ['warning 4 RFC 8866 §5.6']],
    ['p= with letters', added(3, 'p=call me'), ['warning 4 RFC 8866 §5.6']],
    [
      'all forms of e= and p=',
      added(3, 'e=a@b.example (A)', 'e=A <a@b.example>', 'p=+1 617 555-6011 (A)'),
      [],
    ],
    // §5.7: connection
    ['no c= anywhere', GOOD.toSpliced(3, 1), ['error 5 RFC 8866 §5.7']],
    ['no c= for a port 0 is fine', changed(5, 'm=audio 0 RTP/AVP 0').toSpliced(3, 1), []],
    ['c= in every medium is fine', [...GOOD.toSpliced(3, 1), 'c=IN IP4 239.255.1.1/15'], []],
    ['IPv4 multicast without TTL', changed(3, 'c=IN IP4 239.255.1.1'), ['error 4 RFC 8866 §5.7']],
    ['TTL above 255', changed(3, 'c=IN IP4 239.255.1.1/256'), ['error 4 RFC 8866 §5.7']],
    ['TTL 0', changed(3, 'c=IN IP4 239.255.1.1/0'), ['warning 4 RFC 8866 §5.7']],
    ['IPv6 with TTL', changed(3, 'c=IN IP6 ff15::1/127/3'), ['error 4 RFC 8866 §5.7']],
    ['IPv6 is fine', changed(3, 'c=IN IP6 ff15::1'), []],
    ['slash behind unicast', changed(3, 'c=IN IP4 192.0.2.7/127'), ['error 4 RFC 8866 §5.7']],
    [
      'slash behind unicast IPv6',
      changed(3, 'c=IN IP6 2001:db8::1/2'),
      ['error 4 RFC 8866 §5.7', 'error 4 RFC 8866 §5.7'],
    ],
    ['several at session level', changed(3, 'c=IN IP4 239.255.1.1/15/3'), ['error 4 RFC 8866 §5.7']],
    ['several in a medium are fine', [...GOOD, 'c=IN IP4 239.255.1.1/15/3'], []],
    ['past the multicast range', [...GOOD, 'c=IN IP4 239.255.255.254/15/3'], ['error 7 RFC 8866 §5.7']],
    ['more than 256', [...GOOD, 'c=IN IP4 239.255.1.1/15/300'], ['error 7 RFC 8866 §5.7']],
    ['wrong family', changed(3, 'c=IN IP6 239.255.1.1'), ['error 4 RFC 8866 §5.7']],
    ['rubbish', changed(3, 'c=IN IP4'), ['error 4 RFC 8866 §5.7']],
    ['link-local group', changed(3, 'c=IN IP4 224.0.0.5/1'), ['warning 4 RFC 5771 §3']],
    ['SAP group', changed(3, 'c=IN IP4 224.2.127.254/15'), ['warning 4 RFC 5771 §3']],
    // §5.8: bandwidth
    ['unknown modifier', added(4, 'b=YZ:1'), ['warning 5 RFC 8866 §5.8']],
    ['X- modifier', added(4, 'b=X-YZ:1'), ['warning 5 RFC 8866 §5.8']],
    ['no number', added(4, 'b=AS:x'), ['error 5 RFC 8866 §5.8']],
    // §5.9 - §5.11: times
    ['one time', changed(4, 't=0'), ['error 5 RFC 8866 §5.9']],
    ['stop before start', changed(4, 't=3900000001 3900000000'), ['error 5 RFC 8866 §5.9']],
    ['stop at start', changed(4, 't=3900000000 3900000000'), ['warning 5 RFC 8866 §5.9']],
    ['fewer than 10 digits', changed(4, 't=12345 0'), ['error 5 RFC 8866 §5.9']],
    [
      'Unix time',
      changed(4, 't=1790000000 1790003600'),
      ['warning 5 RFC 8866 §5.9', 'warning 5 RFC 8866 §5.9'],
    ],
    ['stop without start', changed(4, 't=0 3900000000'), ['warning 5 RFC 8866 §5.9']],
    ['r= before t=', added(4, 'r=7d 1h 0'), ['error 5 RFC 8866 §5.9']],
    ['r= with capital unit', added(5, 'r=7D 1h 0'), ['error 6 RFC 8866 §5.10']],
    ['r= with interval 0', added(5, 'r=0 1h 0'), ['error 6 RFC 8866 §5.10']],
    ['r= longer than its interval', added(5, 'r=1h 2h 0'), ['warning 6 RFC 8866 §5.10']],
    ['z= without r=', added(5, 'z=3900000000 1h'), ['error 6 RFC 8866 §5.11']],
    ['z= with an odd word', added(5, 'r=7d 1h 0', 'z=3900000000'), ['error 7 RFC 8866 §5.11']],
    ['z= not in order', added(5, 'r=7d 1h 0', 'z=3900000002 1h 3900000001 0'), ['warning 7 RFC 8866 §5.11']],
    ['z= before r=', added(5, 'r=7d 1h 0', 'z=3900000000 1h', 'r=1d 1h 0'), ['error 8 RFC 8866 §9']],
    [
      'z= at the end of all',
      added(5, 'r=7d 1h 0', 't=3910000000 0', 'z=3900000000 1h'),
      ['warning 8 RFC 8866 §5.11'],
    ],
    // §5.12 and other leftovers of RFC 2327
    ['k= at session level', added(5, 'k=prompt'), ['warning 6 RFC 8866 §5.12']],
    ['k= in a medium', [...GOOD, 'k=clear:x'], ['warning 7 RFC 8866 §5.12']],
    [
      'cat and keywds',
      added(5, 'a=cat:x', 'a=keywds:y'),
      ['warning 6 RFC 8866 §6.1', 'warning 7 RFC 8866 §6.2'],
    ],
    ['type that implied a direction', added(5, 'a=type:broadcast'), ['warning 6 RFC 8866 §6.7']],
    ['the same with a direction', added(5, 'a=type:broadcast', 'a=recvonly'), []],
    [
      'old media kinds',
      [...GOOD, 'm=data 7000 udp x', 'm=control 7002 udp x'],
      ['warning 7 RFC 8866 §5.14', 'warning 8 RFC 8866 §5.14'],
    ],
    // §5.13, §6: attributes
    ['no name', added(5, 'a=:x'), ['error 6 RFC 8866 §5.13']],
    ['unknown type', added(5, 'a=type:Meeting'), ['warning 6 RFC 8866 §6.9']],
    ['two directions', added(5, 'a=recvonly', 'a=sendonly'), ['warning 7 RFC 8866 §6.7']],
    ['media attribute at session level', added(5, 'a=ptime:20'), ['warning 6 RFC 8866 §6']],
    ['session attribute in a medium', [...GOOD, 'a=charset:UTF-8'], ['warning 7 RFC 8866 §6']],
    ['unknown charset', added(5, 'a=charset:EBCDIC'), ['warning 6 RFC 8866 §6.10']],
    ['not ASCII in structure', added(5, 'a=x:é', 'a=é:x'), ['error 7 RFC 8866 §5.13']],
    ['not ASCII in the origin', changed(1, 'o=é 1 1 IN IP4 192.0.2.1'), ['warning 2 RFC 8866 §5']],
    [
      'outside the charset',
      changed(2, 's=é').toSpliced(5, 0, 'a=charset:US-ASCII'),
      ['warning 3 RFC 8866 §6.10'],
    ],
    ['rtpmap nobody can read', [...GOOD, 'a=rtpmap:0 PCMU'], ['error 7 RFC 8866 §6.6']],
    ['rtpmap of another format', [...GOOD, 'a=rtpmap:96 L16/8000'], ['warning 7 RFC 8866 §6.6']],
    ['rtpmap against RFC 3551', [...GOOD, 'a=rtpmap:0 PCMA/8000'], ['warning 7 RFC 3551 §6']],
    ['two rtpmaps', [...GOOD, 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:0 PCMU/8000'], ['warning 8 RFC 8866 §6.6']],
    ['fmtp without value', [...GOOD, 'a=fmtp:0'], ['error 7 RFC 8866 §6.15']],
    ['ptime 0', [...GOOD, 'a=ptime:0'], ['error 7 RFC 8866 §6.4']],
    ['rtcp without port', [...GOOD, 'a=rtcp:x'], ['error 7 RFC 3605 §2.1']],
    ['PTP clock without standard', [...GOOD, 'a=ts-refclk:ptp=traceable'], ['warning 7 RFC 7273 §4.8']],
    // §5.14: media
    ['not a medium', changed(5, 'm=audio x RTP/AVP 0'), ['error 6 RFC 8866 §5.14']],
    ['port above 65535', changed(5, 'm=audio 65536 RTP/AVP 0'), ['error 6 RFC 8866 §5.14']],
    ['unknown kind', changed(5, 'm=smell 5004 RTP/AVP 0'), ['warning 6 RFC 8866 §5.14']],
    ['unknown transport', changed(5, 'm=audio 5004 vat 0'), ['warning 6 RFC 8866 §5.14']],
    ['no format', changed(5, 'm=audio 5004 RTP/AVP'), ['error 6 RFC 8866 §5.14']],
    ['format twice', changed(5, 'm=audio 5004 RTP/AVP 0 0'), ['warning 6 RFC 8866 §5.14']],
    ['odd RTP port', changed(5, 'm=audio 5005 RTP/AVP 0'), ['warning 6 RFC 3550 §11']],
    ['odd RTP port with a=rtcp is fine', [...changed(5, 'm=audio 5005 RTP/AVP 0'), 'a=rtcp:5006'], []],
    ['odd port without RTP is fine', changed(5, 'm=application 5005 udp wb'), []],
    ['ports past the end', changed(5, 'm=audio 65534/2 RTP/AVP 0'), ['error 6 RFC 8866 §5.14']],
    [
      '2 ports, 3 addresses',
      [...changed(5, 'm=audio 5004/2 RTP/AVP 0'), 'c=IN IP4 239.255.1.1/15/3'],
      ['error 6 RFC 8866 §5.14'],
    ],
    ['dynamic payload type without rtpmap', changed(5, 'm=audio 5004 RTP/AVP 96'), ['error 6 RFC 8866 §6.6']],
    ['no payload type', changed(5, 'm=audio 5004 RTP/AVP 128'), ['error 6 RFC 3551 §3']],
    [
      'payload type like RTCP',
      [...changed(5, 'm=audio 5004 RTP/AVP 72'), 'a=rtpmap:72 L16/8000'],
      ['warning 6 RFC 3551 §6'],
    ],
    ['two media in one place', [...GOOD, 'm=video 5004 RTP/AVP 34'], ['warning 7 RFC 3550 §5.2']],
    ['two media on one group', [...GOOD, 'm=video 5006 RTP/AVP 34'], []],
    // RFC 4570, RFC 4607
    ['good filter', [...GOOD, 'a=source-filter: incl IN IP4 239.255.1.1 10.0.0.1'], []],
    [
      'filter nobody can read',
      [...GOOD, 'a=source-filter: incl IN IP4 239.255.1.1'],
      ['error 7 RFC 4570 §3'],
    ],
    [
      'filter for another group',
      [...GOOD, 'a=source-filter: incl IN IP4 239.255.1.2 10.0.0.1'],
      ['warning 7 RFC 4570 §3'],
    ],
    [
      'filter with a slash',
      [...GOOD, 'a=source-filter: incl IN IP4 239.255.1.1/15 10.0.0.1'],
      ['error 7 RFC 4570 §3', 'warning 7 RFC 4570 §3'],
    ],
    [
      'filter type * with an address',
      [...GOOD, 'a=source-filter: incl IN * 239.255.1.1 10.0.0.1'],
      ['error 7 RFC 4570 §3'],
    ],
    [
      'filter of the other family',
      [...GOOD, 'a=source-filter: incl IN IP6 * 10.0.0.1'],
      ['error 7 RFC 4570 §3'],
    ],
    ['source is a group', [...GOOD, 'a=source-filter: incl IN IP4 * 239.1.1.1'], ['error 7 RFC 4570 §3']],
    [
      'two filters for one group',
      [...GOOD, 'a=source-filter: incl IN IP4 * 10.0.0.1', 'a=source-filter: incl IN IP4 * 10.0.0.2'],
      ['error 8 RFC 4570 §3'],
    ],
    ['SSM group without source', changed(3, 'c=IN IP4 232.1.1.1/15'), ['error 6 RFC 4607 §4.1']],
    [
      'SSM group with excl',
      [...changed(3, 'c=IN IP4 232.1.1.1/15'), 'a=source-filter: excl IN IP4 232.1.1.1 10.0.0.1'],
      ['error 6 RFC 4607 §4.1', 'error 7 RFC 4607 §4.1'],
    ],
    [
      'SSM group with incl at session level',
      changed(3, 'c=IN IP4 232.1.1.1/15').toSpliced(5, 0, 'a=source-filter: incl IN IP4 * 10.0.0.1'),
      [],
    ],
    // RFC 4568
    [
      'crypto in a group',
      [...changed(5, 'm=audio 5004 RTP/SAVP 0'), 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA'],
      ['warning 7 RFC 4568 §1'],
    ],
    [
      'crypto without SAVP',
      [...changed(3, 'c=IN IP4 192.0.2.5'), 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA'],
      ['warning 7 RFC 4568 §4'],
    ],
  ])('[SDP-01] %s', (_, lines, want) => {
    const issues = issuesOf(lines);
    expect(brief(issues)).toEqual(want);
    expect(issues.every(({ message, advice }) => message !== '' && advice !== '')).toBe(true);
  });

  test.each([
    ['LF only', `${GOOD.join('\n')}\n`, ['warning 1 RFC 8866 §5']],
    ['mixed', GOOD.map((line, i) => line + (i === 2 ? '\n' : '\r\n')).join(''), ['warning 3 RFC 8866 §5']],
    ['lone CR', `${GOOD.join('\r')}\r`, ['error 1 RFC 8866 §5']],
    ['CR inside a line', `${GOOD.join('\r\n').replace('s=x', 's=x\ra=evil')}\r\n`, ['error 3 RFC 8866 §9']],
    ['no final newline', GOOD.join('\r\n'), ['warning 6 RFC 8866 §5']],
    ['byte order mark', `\uFEFF${GOOD.join('\r\n')}\r\n`, ['warning 1 RFC 8866 §5']],
  ])('[SDP-01] line ends: %s', (_, text, want) => {
    expect(brief(parseSessionDescription(text).validate())).toEqual(want);
  });

  test.each([
    ['latin1.sdp', []],
    ['latin1-undeclared.sdp', ['error 3 RFC 8866 §6.10']],
    ['rfc8866-example.sdp', []],
    ['rfc2327-seminar.sdp', []],
    ['st2110-30-redundant.sdp', []],
    ['tapi-default-blob.sdp', ['warning 5 RFC 5771 §3']],
    ['dante-aes67.sdp', ['warning 1 RFC 8866 §5', 'warning 6 RFC 8866 §6.2']],
  ])('[SDP-01] %s', (name, want) => {
    const bytes = new Uint8Array(readFileSync(new URL(name, corpusFolder)));
    expect(brief(parseSessionDescription(bytes).validate())).toEqual(want);
  });

  test('a key never shows in a message', () => {
    const issues = issuesOf([
      ...changed(5, 'm=audio 5004 RTP/SAVP 0'),
      'a=crypto:1 inline:GEHEIM',
      'k=clear:GEHEIM',
    ]);
    expect(issues.length).toBeGreaterThan(1);
    expect(JSON.stringify(issues)).not.toContain('GEHEIM');
  });
});

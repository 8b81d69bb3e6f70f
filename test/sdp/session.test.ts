import { describe, expect, test } from 'vitest';
import { EncodeError, StateError } from '../../src/errors.ts';
import {
  compareDecimal,
  conferenceTypeHints,
  nextVersion,
  parseSessionDescription,
  type SessionDescription,
} from '../../src/sdp/index.ts';

/** RFC 8866 §5, the example, shortened. */
const EXAMPLE =
  'v=0\r\no=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\ns=Call to John Smith\r\ni=SDP Offer #1\r\n' +
  'u=http://www.jdoe.example.com/home.html\r\ne=Jane Doe <jane@jdoe.example.com>\r\np=+1 617 555-6011\r\n' +
  'c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n';
const example = (): SessionDescription => parseSessionDescription(EXAMPLE);

describe('session level', () => {
  test('[SDP-02] the protocol version is 0, or what is written', () => {
    expect(example().protocolVersion).toBe(0);
    expect(parseSessionDescription('v=1\r\n').protocolVersion).toBe(1);
    expect(parseSessionDescription('v=x\r\n').protocolVersion).toBeUndefined();
    expect(parseSessionDescription('o=x\r\n').protocolVersion).toBeUndefined();
  });

  test('[SDP-03] the session id is decimal text of any length, and not changed by edits', () => {
    const sdp = example();
    expect(sdp.sessionId).toBe('3724394400');
    sdp.name = 'x';
    sdp.commit(3_900_000_000);
    expect(sdp.sessionId).toBe('3724394400');
    const huge = parseSessionDescription('v=0\r\no=- 18446744073709551615 1 IN IP4 1.1.1.1\r\n');
    expect(huge.sessionId).toBe('18446744073709551615');
    expect(parseSessionDescription('v=0\r\no=- 1 1 IN\r\n').sessionId).toBeUndefined();
  });

  test('[SDP-04] commit raises the version once for each round of changes', () => {
    const sdp = example();
    expect(sdp.commit(3_900_000_000)).toBe(false); // nothing changed
    expect(sdp.sessionVersion).toBe('3724394405');
    sdp.name = 'changed';
    expect(sdp.modified).toBe(true);
    expect(sdp.commit(3_900_000_000)).toBe(true);
    expect(sdp.sessionVersion).toBe('3900000000');
    expect(sdp.commit(3_900_000_000)).toBe(false);
    sdp.name = 'again';
    expect(sdp.commit(1)).toBe(true); // a clock that went back must not lower it
    expect(sdp.sessionVersion).toBe('3900000001');
  });

  test('[SDP-04] the version can be set by hand', () => {
    const sdp = example();
    sdp.name = 'changed';
    sdp.sessionVersion = '7';
    expect(sdp.serialize()).toContain('o=jdoe 3724394400 7 IN IP4 198.51.100.1\r\n');
    expect(sdp.modified).toBe(false);
    expect(() => (sdp.sessionVersion = 'seven')).toThrow(EncodeError);
    expect(() => (parseSessionDescription('v=0\r\n').sessionVersion = '1')).toThrow(StateError);
  });

  test.each([
    ['1', 0, '2'],
    ['3900000000', 3_900_000_005, '3900000005'],
    ['99999999999999999999', 5, '100000000000000000000'],
    ['rubbish', 5, '5'],
  ])('[SDP-04] version after %s at %i is %s', (old, now, want) => expect(nextVersion(old, now)).toBe(want));

  test('[SDP-04] versions compare as numbers, and only of one session', () => {
    expect(compareDecimal('10', '9')).toBeGreaterThan(0);
    expect(compareDecimal('010', '10')).toBe(0);
    const [old, now] = [example(), example()];
    now.sessionVersion = '10000000000';
    expect(now.supersedes(old)).toBe(true);
    expect(old.supersedes(now)).toBe(false);
    expect(old.supersedes(old)).toBe(false);
    now.originator = 'someone';
    expect(now.supersedes(old)).toBe(false);
    expect(now.key).toBe('someone 3724394400 IN IP4 198.51.100.1');
  });

  test('[SDP-05] machine address: an IP sets its type, a host name keeps it', () => {
    const sdp = example();
    expect(sdp.machineAddress).toBe('198.51.100.1');
    sdp.machineAddress = '2001:db8::1';
    expect(sdp.serialize()).toContain('o=jdoe 3724394400 3724394405 IN IP6 2001:db8::1\r\n');
    sdp.machineAddress = 'host.example';
    expect(sdp.origin?.addressType).toBe('IP6');
    expect(sdp.machineAddress).toBe('host.example');
  });

  test('[SDP-05] changing one word keeps odd spacing', () => {
    const sdp = parseSessionDescription('v=0\r\no=-  1 2\tIN IP4 a.example \r\n');
    sdp.machineAddress = 'b.example';
    expect(sdp.serialize()).toBe('v=0\r\no=-  1 2\tIN IP4 b.example \r\n');
  });

  test('[SDP-06] [SDP-07] [SDP-08] name, description and URL', () => {
    const sdp = example();
    expect([sdp.name, sdp.description, sdp.uri]).toEqual([
      'Call to John Smith',
      'SDP Offer #1',
      'http://www.jdoe.example.com/home.html',
    ]);
    sdp.name = 'Süd';
    sdp.description = undefined;
    sdp.uri = 'https://x.example/?a=b';
    expect(sdp.serialize()).toContain('s=Süd\r\nu=https://x.example/?a=b\r\ne=');
    sdp.uri = undefined;
    expect(sdp.uri).toBeUndefined();
    expect(() => (sdp.name = '')).toThrow(EncodeError);
    expect(() => (sdp.uri = 'two words')).toThrow(/%20/);
  });

  test('[SDP-06] [SDP-07] a name outside the charset is refused', () => {
    const sdp = parseSessionDescription(EXAMPLE.replace('t=0 0\r\n', 't=0 0\r\na=charset:US-ASCII\r\n'));
    expect(() => (sdp.name = 'Süd')).toThrow(/outside US-ASCII.*UTF-8/);
    expect(() => (sdp.description = 'Süd')).toThrow(EncodeError);
    sdp.attributes.set('charset', 'UTF-8');
    sdp.name = 'Süd';
    expect(sdp.name).toBe('Süd');
  });

  test('[SDP-09] the originator is one word', () => {
    const sdp = example();
    expect(sdp.originator).toBe('jdoe');
    sdp.originator = 'alice';
    expect(sdp.origin?.username).toBe('alice');
    expect(() => (sdp.originator = 'alice smith')).toThrow(EncodeError);
    expect(() => (sdp.originator = '')).toThrow(EncodeError);
  });

  test.each([
    ['jane@jdoe.example.com', { address: 'jane@jdoe.example.com' }],
    ['jane@jdoe.example.com (Jane Doe)', { address: 'jane@jdoe.example.com', name: 'Jane Doe' }],
    ['Jane Doe <jane@jdoe.example.com>', { address: 'jane@jdoe.example.com', name: 'Jane Doe' }],
    ['<jane@jdoe.example.com>', { address: 'jane@jdoe.example.com' }],
    ['Jane (J.) Doe <jane@jdoe.example.com>', { address: 'jane@jdoe.example.com', name: 'Jane (J.) Doe' }],
    ['', { address: '' }],
  ])('[SDP-10] e=%s', (value, want) => {
    expect(parseSessionDescription(`v=0\r\ne=${value}\r\n`).emails).toEqual([want]);
  });

  test('[SDP-10] [SDP-11] lists of contacts replace the lines that differ', () => {
    const sdp = parseSessionDescription('v=0\r\ne=A <a@x.example>\r\ne=b@x.example\r\np=+1 2 (Desk)\r\n');
    sdp.emails = [...sdp.emails, { address: 'c@x.example', name: 'C (the third)' }];
    sdp.phones = [{ number: '+1 2', name: 'Desk' }, { number: '+3 4' }];
    expect(sdp.serialize()).toBe(
      'v=0\r\ne=A <a@x.example>\r\ne=b@x.example\r\ne=C (the third) <c@x.example>\r\np=+1 2 (Desk)\r\np=+3 4\r\n',
    );
    sdp.emails = [{ address: 'b@x.example' }];
    sdp.phones = [];
    expect(sdp.serialize()).toBe('v=0\r\ne=b@x.example\r\n');
    expect(() => (sdp.emails = [{ address: '' }])).toThrow(EncodeError);
    expect(() => (sdp.emails = [{ address: 'a@b', name: '(<>)' }])).toThrow(EncodeError);
  });

  test.each([
    ['+1 617 555-6011', { number: '+1 617 555-6011' }],
    ['+44-171-380-7777 (Mark Handley)', { number: '+44-171-380-7777', name: 'Mark Handley' }],
    ['Mark Handley <+44 171 380 7777>', { number: '+44 171 380 7777', name: 'Mark Handley' }],
  ])('[SDP-11] p=%s', (value, want) => {
    expect(parseSessionDescription(`v=0\r\np=${value}\r\n`).phones).toEqual([want]);
  });

  test('[SDP-12] [SDP-13] media and times are collections', () => {
    const sdp = example();
    expect([...sdp.media].map(({ kind, port }) => [kind, port])).toEqual([['audio', 49_170]]);
    expect([...sdp.times].map(({ start, stop }) => [start, stop])).toEqual([[0, 0]]);
  });

  test.each([
    ['broadcast', { direction: 'recvonly', startMuted: true, hidden: false }],
    ['meeting', { direction: 'sendrecv', startMuted: false, hidden: false }],
    ['moderated', { direction: 'sendrecv', startMuted: true, hidden: false }],
    ['test', { direction: 'sendrecv', startMuted: false, hidden: true }],
    ['H332', { direction: 'recvonly', startMuted: true, hidden: false }],
    ['Meeting', undefined],
    [undefined, undefined],
  ])('conference type %s hints', (type, want) => expect(conferenceTypeHints(type)).toEqual(want));

  test('the type hints without deciding', () => {
    const sdp = parseSessionDescription(EXAMPLE.replace('m=', 'a=type:broadcast\r\nm='));
    expect(sdp.conferenceTypeHints?.direction).toBe('recvonly');
    expect(sdp.media.at(0).effectiveDirection).toBe('sendrecv'); // RFC 8866 §6.7
  });

  test('a whole origin can be set where there is none', () => {
    const sdp = parseSessionDescription('v=0\r\ns=-\r\n');
    expect(sdp.origin).toBeUndefined();
    sdp.origin = {
      username: '-',
      sessionId: '1',
      sessionVersion: '2',
      netType: 'IN',
      addressType: 'IP4',
      address: 'h',
    };
    expect(sdp.serialize()).toBe('v=0\r\no=- 1 2 IN IP4 h\r\ns=-\r\n');
    expect(() => (sdp.origin = { ...sdp.origin!, sessionId: 'x' })).toThrow(EncodeError);
    expect(() => (sdp.origin = { ...sdp.origin!, username: 'a b' })).toThrow(EncodeError);
  });

  test('a copy is independent', () => {
    const sdp = example();
    const copy = sdp.clone();
    copy.name = 'copy';
    expect(sdp.serialize()).toBe(EXAMPLE);
  });
});

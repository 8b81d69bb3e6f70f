import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatMediaClock,
  formatReferenceClock,
  isTraceable,
  readMediaClock,
  readReferenceClock,
  sameReference,
  SessionDescription,
} from '../../src/sdp/index.ts';

const GMID = '39-A7-94-FF-FE-07-CB-D0';
const reference = (value: string) => readReferenceClock(`ts-refclk:${value}`);
const media = (value: string) => readMediaClock(`mediaclk:${value}`);

describe('a reference clock (RFC 7273 §4.8)', () => {
  test.each([
    ['ntp=/traceable/', true, { kind: 'ntp', server: undefined }],
    ['ntp=203.0.113.10', false, { server: '203.0.113.10' }],
    ['ntp=ntp.example.org:123', false, { server: 'ntp.example.org:123' }],
    ['ntp=[2001:db8::1]:123', false, { server: '[2001:db8::1]:123' }],
    [`ptp=IEEE1588-2008:${GMID}:37`, false, { version: 'IEEE1588-2008', clockId: GMID, domain: 37 }],
    [`ptp=IEEE1588-2008:${GMID.toLowerCase()}`, false, { clockId: GMID.toLowerCase(), domain: undefined }],
    [`ptp=IEEE1588-2002:${GMID}:_DFLT`, false, { version: 'IEEE1588-2002', domain: '_DFLT' }],
    [`ptp=IEEE802.1AS-2011:${GMID}`, false, { version: 'IEEE802.1AS-2011', domain: undefined }],
    ['ptp=IEEE1588-2008:traceable', true, { clockId: undefined, isTraceable: true }],
    ['ptp=IEEE1588-2008', false, { clockId: undefined, isTraceable: false }],
    ['ptp=traceable', true, { version: undefined }],
    ['gps', true, { kind: 'gps' }],
    ['gal', true, { kind: 'gal' }],
    ['glonass', true, { kind: 'glonass' }],
    ['local', false, { kind: 'local' }],
    ['private', false, { kind: 'private' }],
    ['private:traceable', true, { kind: 'private' }],
    ['localmac=00-1D-C1-12-00-A3', false, { kind: 'extension', name: 'localmac' }],
  ])('%s is read and written again', (text, traceable, expected) => {
    const clock = reference(text);
    expect(clock).toMatchObject(expected);
    expect(clock && formatReferenceClock(clock)).toBe(text);
    expect(clock && isTraceable(clock)).toBe(traceable);
  });

  test('the words before a domain are understood', () => {
    expect(reference(`ptp=IEEE1588-2008:${GMID}:domain-nmbr=1`)).toMatchObject({ domain: 1 });
    expect(reference(`ptp=IEEE1588-2002:${GMID}:domain-name=x`)).toMatchObject({ domain: 'x' });
  });

  test.each([
    '',
    'ntp',
    'ntp=',
    'ptp',
    'ptp=x',
    'ptp=IEEE1588-2008:39-A7:0',
    `ptp=IEEE1588-2008:${GMID}:256`,
    `ptp=IEEE1588-2008:${GMID}:x`,
    `ptp=IEEE1588-2008:${GMID}:`,
    'gps=1',
    'local=x',
    'private:x',
    'a b',
  ])('"%s" is none', (text) => expect(reference(text)).toBeUndefined());

  test.each([
    ['ntp=/traceable/', 'gps', true],
    [`ptp=IEEE1588-2008:${GMID}`, `ptp=IEEE1588-2008:${GMID.toLowerCase()}:0`, true],
    [`ptp=IEEE1588-2008:${GMID}:1`, `ptp=IEEE1588-2008:${GMID}:0`, false],
    ['ptp=IEEE1588-2008', 'ptp=IEEE1588-2008', false],
    ['ntp=a.example', 'ntp=A.example', true],
    ['ntp=a.example', 'ntp=/traceable/', false],
    ['local', 'local', false],
    ['private', 'private', false],
  ])('%s and %s have one time: %s', (a, b, same) => {
    const [one, other] = [reference(a), reference(b)];
    if (one === undefined || other === undefined) throw new Error('unread');
    expect(sameReference(one, other)).toBe(same);
    expect(sameReference(other, one)).toBe(same);
  });
});

describe('a media clock (RFC 7273 §5.4)', () => {
  test.each([
    ['sender', { kind: 'sender' }],
    ['direct', { kind: 'direct', offset: undefined, rate: undefined }],
    ['direct=0', { kind: 'direct', offset: 0 }],
    [
      'direct=963214424 rate=1000/1001',
      { offset: 963_214_424, rate: { numerator: 1000, denominator: 1001 } },
    ],
    ['direct rate=1000/1001', { offset: undefined }],
    ['IEEE1722=38-D6-6D-8E-D2-78-13-2F', { kind: 'ieee1722', streamId: '38-D6-6D-8E-D2-78-13-2F' }],
    ['id=src:MDA6NjA6MmI6MjA6MTI6MWY= direct=5', { id: 'src:MDA6NjA6MmI6MjA6MTI6MWY=', offset: 5 }],
    ['id=MDA6NjA6MmI6MjA6MTI6MWY= sender', { id: 'MDA6NjA6MmI6MjA6MTI6MWY=', kind: 'sender' }],
    ['new=x', { kind: 'extension', name: 'new', value: 'x' }],
  ])('%s is read and written again', (text, expected) => {
    const clock = media(text);
    expect(clock).toMatchObject(expected);
    expect(clock && formatMediaClock(clock)).toBe(text);
  });

  test.each([
    '',
    'sender=1',
    'direct=x',
    'direct=1 rate=1/0',
    'direct=1 rate=1',
    'direct=99999999999999999999',
    'IEEE1722=38-D6',
  ])('"%s" is none', (text) => expect(media(text)).toBeUndefined());
});

test('the source says more than its medium, the medium more than the session', () => {
  const texts = [
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.1',
    's=x',
    't=0 0',
    'a=ts-refclk:ntp=/traceable/',
    'a=ts-refclk:gps',
    'a=mediaclk:sender',
    'm=audio 5004 RTP/AVP 0',
    'c=IN IP4 239.1.1.1/15',
    'm=audio 5006 RTP/AVP 0',
    'c=IN IP4 239.1.1.1/15',
    `a=ts-refclk:ptp=IEEE1588-2008:${GMID}:0`,
    'a=mediaclk:direct=7',
    'a=ssrc:4294967295 cname:x',
    'a=ssrc:4294967295 ts-refclk:local',
    'a=ssrc:4294967295 mediaclk:sender',
  ];
  const description = SessionDescription.parse(`${texts.join('\r\n')}\r\n`);
  const [first, second] = description.media.toArray();
  expect(first?.referenceClocks().map(formatReferenceClock)).toEqual(['ntp=/traceable/', 'gps']);
  expect(first?.mediaClock()).toEqual({ kind: 'sender' });
  expect(second?.referenceClocks().map(formatReferenceClock)).toEqual([`ptp=IEEE1588-2008:${GMID}:0`]);
  expect(second?.mediaClock(1)).toMatchObject({ offset: 7 });
  expect(second?.referenceClocks(0xffff_ffff)).toEqual([{ kind: 'local' }]);
  expect(second?.mediaClock(0xffff_ffff)).toEqual({ kind: 'sender' });
});

test('what an edit does not touch stays as it was written', () => {
  const clock = `a=ts-refclk:ptp=IEEE1588-2008:${GMID.toLowerCase()}:domain-nmbr=0`;
  const text = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=x', 't=0 0', clock, 'a=mediaclk:direct= 0', ''].join(
    '\r\n',
  );
  const description = SessionDescription.parse(text);
  description.name = 'y';
  expect(description.toString()).toBe(text.replace('s=x', 's=y'));
});

test('no text makes a reader throw, and what it reads it writes so that it is read again', () => {
  const tail = fc.string({
    unit: fc.constantFrom(
      ...Array.from('0169 =/:-_AFIEgplid\t'),
      'ptp=',
      'IEEE1588-2008:',
      'ntp=',
      'direct=',
      GMID,
    ),
    maxLength: 12,
  });
  fc.assert(
    fc.property(fc.oneof(tail, fc.string({ unit: 'binary' })), (text) => {
      const [clock, medium] = [reference(text), media(text)];
      expect(clock && reference(formatReferenceClock(clock))).toEqual(clock);
      expect(medium && media(formatMediaClock(medium))).toEqual(medium);
    }),
    { numRuns: 1000 },
  );
});

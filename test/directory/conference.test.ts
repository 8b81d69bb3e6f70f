import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Conference,
  createConference,
  InvalidTimeError,
  PLACEHOLDER_GROUP,
  ttlUntilStop,
} from '../../directory/index.ts';
import { formatOrigin, parseOrigin } from '../../directory/origin.ts';
import { ADVERTISING_SCOPES } from '../../src/ip/index.ts';
import { InvalidValueError } from '../../src/errors.ts';

const now = new Date('2026-03-01T09:00:00.750Z');
const base = { name: 'Stand-up', now, machine: '192.0.2.1', originator: 'alice' } as const;
const seconds = (date: Date): number => Math.floor(date.getTime() / 1000) + 2_208_988_800;
const opaque = () => new Conference({ name: 'Odd', blob: Uint8Array.of(1, 2, 3) });

describe('createConference', () => {
  test('[RV-05] [CNF-01] [DEF-04] [BLB-01] a new one has one audio medium, starts now, lasts 30 minutes, scope site', () => {
    const conference = createConference(base);
    expect(conference.sdp?.serialize().split('\r\n')).toEqual([
      'v=0',
      `o=alice ${seconds(now)}750 ${seconds(now)}750 IN IP4 192.0.2.1`,
      's=Stand-up',
      `c=IN IP4 ${PLACEHOLDER_GROUP}/15`,
      `t=${seconds(now)} ${seconds(now) + 1800}`,
      'm=audio 5004 RTP/AVP 0',
      'a=rtpmap:0 PCMU/8000',
      '',
    ]);
    expect(conference).toMatchObject({ kind: 'conference', protocol: 'IP Conference', isEncrypted: false });
    expect(conference.dn).toBeUndefined();
    expect(conference.ttlSeconds).toBeUndefined();
    expect(conference.sdp?.modified).toBe(false);
  });

  test('two made in one second are two sessions', () => {
    const later = createConference({ ...base, now: new Date(now.getTime() + 1) });
    expect(later.sdp?.key).not.toBe(createConference(base).sdp?.key);
    expect(later.sdp?.sessionId).toMatch(/^\d{10}751$/);
  });

  test('every value can be given', () => {
    const conference = createConference({
      ...base,
      description: 'Daily',
      url: 'http://example.com/',
      scope: 'world',
      startTime: new Date('2026-04-01T08:00:00Z'),
      stopTime: null,
      isEncrypted: true,
      group: '224.2.200.1',
      media: [{ kind: 'audio', encoding: 'L16', clockRate: 48000, channels: 2, port: 6000 }],
      emails: [{ address: 'alice@example.com' }],
      phones: [{ number: '+1 617 555-6011' }],
      tool: 'test 1',
    });
    expect(conference.sdp?.isValid).toBe(true);
    expect(conference).toMatchObject({ description: 'Daily', advertisingScope: 'world', stopTime: null });
    expect([...conference.dialableAddresses('email')]).toEqual(['alice@example.com']);
    expect([...conference.dialableAddresses('phone')]).toEqual(['+1 617 555-6011']);
  });

  test('[BLB-03] [BLB-04] a given description is published as it is, but for what was said besides', () => {
    const text = 'v=0\no=bob 1 1 IN IP4 10.0.0.1\ns=Other\nt=0 0\nx=kept\nm=audio 5004/2 RTP/AVP 0\n';
    const same = createConference({ name: 'Other', sdp: text, now });
    expect(new TextDecoder().decode(same.blob)).toBe(text);
    const changed = createConference({ name: 'Mine', sdp: text, description: 'new', now });
    expect(changed.sdp?.serialize()).toBe(text.replace('s=Other\n', 's=Mine\ni=new\n'));
    expect(changed).toMatchObject({ originator: 'bob', startTime: undefined, stopTime: null });
    expect(() => createConference({ name: 'x', sdp: 'hello' })).toThrow(/SDP/);
  });

  test('[OBJ-02] a name must be one', () => {
    for (const name of ['', '  ', 'a\nb', 'x'.repeat(257)]) {
      expect(() => createConference({ ...base, name })).toThrow(InvalidValueError);
    }
  });

  test('an IPv6 group has its scope in itself', () => {
    const conference = createConference({ ...base, group: 'ff18::1234' });
    expect(conference.advertisingScope).toBe('region');
    expect(conference.sdp?.connection.field).toMatchObject({ addressType: 'IP6', address: 'ff18::1234' });
  });
});

describe('properties live in the description', () => {
  test('[CNF-02] [CNF-03] originator is the user name of o=', () => {
    const conference = createConference(base);
    expect(conference.originator).toBe('alice');
    conference.originator = 'bob';
    expect(conference.sdp?.originator).toBe('bob');
    conference.originator = undefined;
    expect(conference.sdp?.originator).toBe('-');
    expect(conference.originator).toBeUndefined();
    expect(() => {
      conference.originator = 'Bob Builder';
    }).toThrow(/originator/);
  });

  test('[CNF-04] [CNF-05] [DEF-08] the scope is the TTL of c=: 1, 15, 63, 127', () => {
    const conference = createConference({ ...base, group: '239.255.1.2' });
    const ttls = ADVERTISING_SCOPES.map((scope) => {
      conference.advertisingScope = scope;
      expect(conference.advertisingScope).toBe(scope);
      return conference.sdp?.connection.ttl;
    });
    expect(ttls).toEqual([1, 15, 63, 127]);
    conference.sdp?.media.add({ port: 5006 }).connection.setAddress('239.192.0.1', { ttl: 200 });
    conference.advertisingScope = 'local';
    expect(conference.sdp?.media.at(1).connection.ttl).toBe(1);
    expect(opaque().advertisingScope).toBeUndefined();
  });

  test('[CNF-06] [CNF-07] [CNF-08] [CNF-09] URL is u=, description is i=', () => {
    const conference = createConference(base);
    conference.url = 'http://example.com/x';
    conference.description = 'Grüße';
    expect(conference.sdp?.serialize()).toContain('s=Stand-up\r\ni=Grüße\r\nu=http://example.com/x\r\n');
    conference.url = undefined;
    conference.description = undefined;
    expect(conference.sdp?.serialize()).not.toMatch(/^[iu]=/m);
  });

  test('[CNF-10] [CNF-11] encryption is a flag, or shows in the description', () => {
    const conference = createConference(base);
    conference.isEncrypted = true;
    expect(conference.isEncrypted).toBe(true);
    conference.isEncrypted = false;
    expect(conference.isEncrypted).toBe(false);
    conference.sdp?.media.at(0).attributes.add('crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x');
    expect(conference.isEncrypted).toBe(true);
    const savp = createConference(base);
    if (savp.sdp !== undefined) savp.sdp.media.at(0).proto = 'RTP/SAVP';
    expect(savp.isEncrypted).toBe(true);
    const mikey = createConference(base);
    mikey.sdp?.attributes.add('key-mgmt:mikey AQAFgM0XflABAAAA');
    expect(mikey.isEncrypted).toBe(true);
  });

  test('[CNF-12] [CNF-13] [CNF-14] [CNF-15] times are dates; no start is always, null is no end', () => {
    const conference = createConference(base);
    expect(conference.startTime).toEqual(new Date('2026-03-01T09:00:00Z'));
    expect(conference.stopTime).toEqual(new Date('2026-03-01T09:30:00Z'));
    conference.stopTime = null;
    expect(conference.sdp?.times.at(0)).toMatchObject({ start: seconds(now), stop: 0 });
    conference.startTime = undefined;
    expect(conference.sdp?.times.at(0).permanent).toBe(true);
    const later = new Date('2040-01-01T00:00:00Z'); // beyond the 32 bits of NTP
    conference.setTimes(new Date('2037-01-01T00:00:00Z'), later);
    expect(conference.stopTime).toEqual(later);
    expect(conference.isActiveAt(new Date('2038-06-01T00:00:00Z'))).toBe(true);
    expect(conference.isActiveAt(later)).toBe(false);
  });

  test('[ERR-01] times that cannot be are refused, and nothing changes', () => {
    const conference = createConference(base);
    const before = conference.sdp?.serialize();
    expect(() => conference.setTimes(now, now)).toThrow(InvalidTimeError);
    expect(() => {
      conference.startTime = new Date('2027-01-01T00:00:00Z');
    }).toThrow(/not after/);
    expect(() => {
      conference.startTime = new Date(Number.NaN);
    }).toThrow(InvalidTimeError);
    expect(() => {
      conference.stopTime = new Date('1920-01-01T00:00:00Z');
    }).toThrow(/too long ago/);
    expect(conference.sdp?.serialize()).toBe(before);
    conference.sdp?.times.add({ start: seconds(now) + 9000, stop: 0 });
    expect(conference.stopTime).toBeNull(); // the latest of all
    expect(() => conference.setTimes(now, null)).toThrow(/2 times/);
  });

  test('[CNF-16] [OBJ-03] the name is s= too', () => {
    const conference = createConference(base);
    conference.name = 'Renamed';
    expect(conference.sdp?.name).toBe('Renamed');
  });

  test('[OBJ-04] [OBJ-05] [OBJ-10] it is dialled by its description', () => {
    const conference = createConference(base);
    expect([...conference.dialableAddresses('sdp')]).toEqual([conference.sdp?.serialize()]);
    for (const type of ['phone', 'email', 'domain', 'ip'] as const) {
      expect([...conference.dialableAddresses(type)]).toEqual([]);
    }
    expect([...opaque().dialableAddresses('sdp')]).toEqual([]);
  });
});

describe('blobs of strangers', () => {
  test('[BLB-05] one that is no description is kept, and its edits are refused', () => {
    const odd = opaque();
    expect(odd.sdp).toBeUndefined();
    expect(odd.sdpProblem).toMatch(/SDP/);
    expect(odd).toMatchObject({
      originator: undefined,
      startTime: undefined,
      stopTime: null,
      isEncrypted: false,
    });
    expect(odd.isActiveAt(now)).toBe(true);
    expect(() => {
      odd.url = 'http://x/';
    }).toThrow(/"Odd"/);
    odd.name = 'Odd too';
    expect(odd.blob).toEqual(Uint8Array.of(1, 2, 3));
    expect(odd.toJSON()).toMatchObject({ sdp: null, blobBase64: 'AQID' });
  });

  test('[BLB-05] no bytes crash a conference, and untouched ones come back as they were', () => {
    const line = fc.string({
      unit: fc.constantFrom(...Array.from('votscma=0123456789 /.:INP46RTPAV\r\n\u00e9')),
    });
    const blob = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      line.map((text) => new TextEncoder().encode(`v=0\r\n${text}`)),
    );
    fc.assert(
      fc.property(blob, (bytes) => {
        const conference = new Conference({ name: 'any', blob: bytes });
        expect(() => JSON.stringify(conference)).not.toThrow();
        expect(typeof conference.isActiveAt(now)).toBe('boolean');
        expect(conference.blob).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  test('a time far beyond every calendar is shown as none', () => {
    const blob = new TextEncoder().encode(
      'v=0\r\no=- 1 1 IN IP4 h\r\ns=x\r\nt=999999999999999 999999999999999\r\n',
    );
    expect(new Conference({ name: 'far', blob }).toJSON()).toMatchObject({ startTime: null, stopTime: null });
  });
});

test('toJSON has documented fields, null where there is nothing', () => {
  const conference = createConference({ ...base, group: '239.255.1.2', port: 6000 });
  const json: unknown = JSON.parse(JSON.stringify(conference));
  expect(json).toEqual({
    kind: 'conference',
    name: 'Stand-up',
    protocol: 'IP Conference',
    originator: 'alice',
    advertisingScope: 'site',
    url: null,
    description: null,
    isEncrypted: false,
    startTime: '2026-03-01T09:00:00.000Z',
    stopTime: '2026-03-01T09:30:00.000Z',
    times: [
      {
        start: '2026-03-01T09:00:00.000Z',
        stop: '2026-03-01T09:30:00.000Z',
        repeats: [],
        adjustments: [],
      },
    ],
    media: [
      {
        kind: 'audio',
        address: '239.255.1.2',
        port: 6000,
        protocol: 'RTP/AVP',
        formats: ['0'],
        ttl: 15,
        sources: [],
      },
    ],
    sdp: conference.sdp?.serialize(),
    sdpProblem: null,
    blobBase64: null,
    origin: null,
    dn: null,
    acl: null,
    sddl: null,
    ttlSeconds: null,
    expiresAt: null,
    attributes: {},
  });
  const attributes = new Map([['binary', ['text', Uint8Array.of(255)]]]);
  const other = new Conference({ name: 'x', blob: conference.blob, attributes });
  expect(other.toJSON().attributes).toEqual({ binary: ['text', 'base64:/w=='] });
});

test('ttlUntilStop covers the conference', () => {
  const conference = createConference(base); // 09:00 to 09:30
  expect(ttlUntilStop(conference, new Date('2026-03-01T09:00:00Z'), 600)).toBe(1800 + 600);
  expect(ttlUntilStop(conference, new Date('2026-03-02T09:00:00Z'), 600)).toBe(600);
  conference.stopTime = null;
  expect(ttlUntilStop(conference, now)).toBe(31_557_600);
});

test('where a conference comes from is one text, and no other text is read as it', () => {
  const origin = {
    kind: 'sap',
    source: '2001:db8::7',
    group: 'ff05::2:7ffe',
    hash: 7,
    session: 'a 1 IN IP6 ::1',
  } as const;
  for (const gateway of ['hall', null]) {
    expect(parseOrigin(formatOrigin({ ...origin, gateway }))).toEqual({ ...origin, gateway });
  }
  expect(formatOrigin({ ...origin, gateway: null })).toBe(
    'sap://[2001:db8::7]/?group=ff05%3A%3A2%3A7ffe&hash=0007&session=a+1+IN+IP6+%3A%3A1',
  );
  for (const text of [
    '',
    'http://example.com/',
    'sap://192.0.2.1/?group=x',
    'sap://192.0.2.1/?group=x&hash=zz&session=y',
  ]) {
    expect(parseOrigin(text)).toBeUndefined();
  }
});

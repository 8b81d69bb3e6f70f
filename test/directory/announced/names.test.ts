import { describe, expect, test } from 'vitest';
import type { Announcement } from '../../../directory/announced/announcement.ts';
import {
  AmbiguousNameError,
  designation,
  designations,
  findAnnouncement,
} from '../../../directory/announced/names.ts';
import { parseAnnouncedTarget } from '../../../directory/announced/target.ts';
import { InvalidValueError } from '../../../src/errors.ts';
import { SessionDescription } from '../../../src/sdp/index.ts';

interface Said {
  readonly name: string;
  readonly user?: string;
  readonly host?: string;
  readonly id?: string;
  readonly hash?: number;
  readonly sender?: string;
  readonly source?: string;
}

function announced(said: Said): Announcement {
  const {
    name,
    user = 'ann',
    host = '192.0.2.1',
    id = '1',
    hash = 0x3f2a,
    sender = host,
    source = sender,
  } = said;
  const sdp = `v=0\r\no=${user} ${id} 1 IN IP4 ${host}\r\ns=${name}\r\nc=IN IP4 239.1.2.3/15\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\n`;
  return {
    key: `${user} ${id} IN IP4 ${host}`,
    payload: Buffer.from(sdp),
    name,
    origin: SessionDescription.parse(sdp).origin,
    source,
    sender,
    heard: [{ group: '239.255.255.255' }],
    hash,
    count: 1,
    firstHeard: new Date(0),
    lastHeard: new Date(0),
    periodMs: undefined,
    nextExpected: undefined,
    expiresAt: new Date(3_600_000),
    authentication: undefined,
    isCompressed: false,
    isRecalled: false,
  };
}

const lecture = announced({ name: 'Lecture' });
const stage = announced({ name: 'Stage', user: '-', host: '192.0.2.9', hash: 0x00ff });
const twin = announced({ name: 'Lecture', user: 'bob', host: '192.0.2.2', hash: 0x3f2a });
const mute = announced({ name: 'No hash', host: '192.0.2.5', hash: 0, source: '0.0.0.0' });
const all = [lecture, stage, mute];

function messageOf(work: () => unknown): string {
  try {
    return String(work());
  } catch (error) {
    return String(error);
  }
}

describe('an announced session is named', () => {
  test.each([
    ['lecture', lecture],
    [' LECTURE ', lecture],
    ['ann@192.0.2.1', lecture],
    ['ANN@192.0.2.1/1', lecture],
    ['3f2a', lecture],
    ['0x3F2A', lecture],
    ['3f2a@192.0.2.1', lecture],
    ['-@192.0.2.9', stage],
    ['ff@192.0.2.9', stage],
    ['00ff', stage],
    ['ann@192.0.2.5', mute],
    ['0000', undefined],
    ['ff', undefined], // two digits are more likely a name
    ['3f2a@192.0.2.77', undefined],
    ['ann', undefined],
    ['', undefined],
  ])('%j', (wanted, expected) => {
    expect(findAnnouncement(all, wanted)).toBe(expected);
  });

  test('by its sender, also with the zone of a link-local address, and by what it says of itself', () => {
    const local = announced({ name: 'Local', host: 'dev', sender: 'fe80::1%eth0', source: '192.0.2.44' });
    for (const text of ['3f2a@fe80::1', '3f2a@FE80:0::1%eth0', '3f2a@192.0.2.44']) {
      expect(findAnnouncement([local], text)).toBe(local);
    }
  });

  test('and when two have the name, the error says how to choose, and what it says works', () => {
    const both = [...all, twin];
    const choosing = (): unknown => findAnnouncement(both, 'Lecture');
    expect(choosing).toThrow(AmbiguousNameError);
    const said = messageOf(choosing);
    expect(said).toMatch(/2 announced sessions are "Lecture"/);
    expect(said).toContain('3f2a@192.0.2.1 (239.1.2.3:5004 from 192.0.2.1)');
    expect(said).toContain('3f2a@192.0.2.2 (239.1.2.3:5004 from 192.0.2.2)');
    expect(findAnnouncement(both, '3f2a@192.0.2.2')).toBe(twin);
    expect(() => findAnnouncement(both, '3f2a')).toThrow(AmbiguousNameError);
  });

  test('a name comes before what looks like an origin or a hash', () => {
    const odd = announced({ name: '3f2a', host: '192.0.2.8', hash: 1 });
    const odder = announced({ name: 'ann@192.0.2.1', host: '192.0.2.7', hash: 2 });
    expect(findAnnouncement([lecture, odd], '3f2a')).toBe(odd);
    expect(findAnnouncement([lecture, odder], 'ann@192.0.2.1')).toBe(odder);
    expect(designation(lecture, [lecture, odd, odder])).toBe('Lecture');
  });

  test('each can be called something that no other is', () => {
    const again = announced({ name: 'No hash', host: '192.0.2.5', id: '2', hash: 0 });
    const many = [...all, twin, again];
    const calls = designations(many);
    expect([...calls.values()]).toEqual([
      '3f2a@192.0.2.1',
      'Stage',
      'ann@192.0.2.5/1',
      '3f2a@192.0.2.2',
      'ann@192.0.2.5/2',
    ]);
    for (const it of many) expect(findAnnouncement(many, calls.get(it) ?? '')).toBe(it);
  });
});

describe('the target sap:', () => {
  test.each([
    ['sap:', { interfaces: [], groups: [], waitMs: undefined }],
    ['SAP://', { interfaces: [], groups: [], waitMs: undefined }],
    [
      'sap:?interface=eth0&interface=192.0.2.1&group=239.255.255.255&group=ff05::2:7ffe&wait=1.5',
      { interfaces: ['eth0', '192.0.2.1'], groups: ['239.255.255.255', 'ff05::2:7ffe'], waitMs: 1500 },
    ],
    ['sap:?wait=5s', { waitMs: 5000 }],
    ['sap:?wait=0', { waitMs: 0 }],
  ])('%s', (target, expected) => {
    expect(parseAnnouncedTarget(target)).toMatchObject(expected);
  });

  test.each([
    ['sap://eth0', /names a host.*sap:\?interface=eth0/],
    ['sap:?group=10.0.0.1', /no multicast group/],
    ['sap:?wait=soon', /no number of seconds/],
    ['sap:?wait=-1', /no number of seconds/],
    ['sap:?iface=eth0', /"iface=eth0" means nothing/],
  ])('%s is refused', (target, message) => {
    expect(() => parseAnnouncedTarget(target)).toThrow(InvalidValueError);
    expect(() => parseAnnouncedTarget(target)).toThrow(message);
  });
});

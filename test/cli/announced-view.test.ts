import { describe, expect, test } from 'vitest';
import { remarks } from '../../cli/run/discover.ts';
import { withoutCopies } from '../../cli/view/copies.ts';
import { ANNOUNCEMENT_FIELDS, announcementColumns, announcementJson } from '../../cli/view/announcement.ts';
import { tableLines, tabLines } from '../../cli/output/table.ts';
import { type Announcement, conferenceOf, createConference } from '../../directory/index.ts';
import { SapListener } from '../../src/sap/index.ts';
import { SessionDescription } from '../../src/sdp/index.ts';

const NOW = new Date('2026-11-21T10:30:00Z');
const at = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

function announced(name: string, more: Partial<Announcement> = {}): Announcement {
  const sdp = [
    'v=0',
    `o=ann ${name.length} 1 IN IP4 192.0.2.1`,
    `s=${name}`,
    'c=IN IP4 239.1.2.3/15',
    't=0 0',
    'm=audio 5004 RTP/AVP 0',
    '',
  ].join('\r\n');
  return {
    key: `ann ${name.length} IN IP4 192.0.2.1`,
    payload: Buffer.from(sdp),
    name,
    origin: SessionDescription.parse(sdp).origin,
    source: '1.2.3.4',
    sender: '192.0.2.9',
    heard: [
      { group: '239.255.255.255', interface: 'eth0' },
      { group: '239.255.255.255', interface: 'eth1' },
    ],
    hash: 0x3f,
    count: 2,
    firstHeard: at(-600),
    lastHeard: at(-3),
    periodMs: 30_000,
    nextExpected: at(27),
    expiresAt: at(3597),
    authentication: undefined,
    isCompressed: false,
    isRecalled: false,
    ...more,
  };
}

describe('announced sessions as they are shown', () => {
  test('on a terminal: who, when last and next; what else it is called only where the name is not enough', () => {
    const [hall, late] = [announced('Hall'), announced('Late', { nextExpected: at(-60), periodMs: 20_000 })];
    const calls = new Map([
      [hall, 'Hall'],
      [late, '003f@192.0.2.9'],
    ]);
    const [header, ...rows] = tableLines(announcementColumns(NOW, true, calls), [hall, late], 300);
    expect(header).toMatch(/^NAME +CALL IT +GROUP +MEDIA +ORIGIN +SENDER +HEARD +NEXT +HASH/);
    expect(rows[0]).toMatch(
      /^Hall +239\.1\.2\.3:5004 +audio PCMU\/8000 +ann@192\.0\.2\.1 +192\.0\.2\.9 +3 s ago +in 27 s/,
    );
    expect(rows[0]).toMatch(/003f +30 s +10 min +in 1 h +239\.255\.255\.255 +eth0 eth1$/);
    expect(rows[1]).toMatch(/^Late +003f@192\.0\.2\.9 .*late by 1 min/);
  });

  test('in a pipe and as JSON: documented fields', () => {
    const hall = announced('Hall\u001b[31m', {
      authentication: 'PGP',
      nextExpected: undefined,
      periodMs: undefined,
    });
    const [line = ''] = tabLines(ANNOUNCEMENT_FIELDS, [hall]);
    expect(line.split('\t').slice(1)).toEqual([
      '239.1.2.3:5004',
      'audio PCMU/8000',
      'ann@192.0.2.1',
      '192.0.2.9',
      '003f',
      '2026-11-21T10:20:00.000Z',
      '2026-11-21T10:29:57.000Z',
      '',
      '2026-11-21T11:29:57.000Z',
      '239.255.255.255',
      'eth0 eth1',
      'PGP',
    ]);
    expect(announcementJson(announced('Hall'), 'call')).toMatchObject({
      kind: 'announcement',
      call: 'call',
      source: '1.2.3.4',
      periodSeconds: 30,
      media: [{ address: '239.1.2.3', port: 5004 }],
      authentication: null,
    });
  });

  test('a session that is in a directory too is told once, and others are kept', () => {
    const [hall, stage] = [conferenceOf(announced('Hall')), conferenceOf(announced('Stage'))];
    const entry = createConference({ name: 'Hall', now: NOW, sdp: hall.blob });
    expect(withoutCopies([hall, stage, entry])).toEqual([stage, entry]);
    expect(withoutCopies([hall, hall])).toHaveLength(2);
  });

  test('what could not be read is told with its senders, the busiest first', () => {
    const from = (sender: string, encrypted: number, malformed = 0) => {
      return { sender, encrypted, malformed, version0: 0, otherPayloads: 0 };
    };
    const senders = [from('192.0.2.7', 12, 1), ...[1, 2, 3, 4, 5].map((n) => from(`192.0.2.1${n}`, n))];
    const stats = { ...new SapListener().stats, encrypted: 27, malformed: 1 };
    expect(remarks({ stats, unreadSenders: senders }, [])).toEqual([
      '27 announcements were encrypted: nobody here has their keys, from 192.0.2.7 (12), 192.0.2.15 (5), 192.0.2.14 (4), 192.0.2.13 (3) and 2 more.',
      '1 datagram was no announcement of a session description (1 damaged), from 192.0.2.7 (1).',
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import {
  FINDING_CODES,
  FINDING_KINDS,
  FindingBook,
  type FindingCode,
} from '../../conference/monitor/index.ts';
import { type Habits, Monitored } from '../support/monitored.ts';

const sdp = (media: string, times = 't=0 0', connection = 'c=IN IP4 239.255.3.4/15'): string =>
  `v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=Test\r\n${connection}\r\n${times}\r\n${media}\r\n`;
const PCMU = sdp('m=audio 5004 RTP/AVP 0\r\na=ptime:20');
const LECTURE = sdp('m=audio 5004 RTP/AVP 0\r\na=recvonly');
const AES67 = sdp('m=audio 5004 RTP/AVP 97\r\na=rtpmap:97 L24/48000/2\r\na=ptime:1\r\na=recvonly');

/** Everything that can be made to go wrong with one sender, and what is found. */
const FAULTS: readonly {
  readonly name: string;
  readonly sdp?: string;
  readonly habits?: Habits;
  readonly more?: Habits;
  readonly dscp?: number;
  readonly near?: boolean;
  readonly mark?: { dscp: number; ttl: number };
  readonly seconds?: number;
  readonly want: readonly FindingCode[];
  readonly says?: RegExp;
}[] = [
  { name: 'nothing wrong', want: [] },
  { name: 'nothing wrong with AES67', sdp: AES67, habits: aes67({}), want: [] },
  {
    name: 'loss of 2 %',
    habits: { skip: (n) => n % 50 === 49 },
    want: ['loss'],
    says: /2\.0 % of the packets of c4660 at 10\.0\.0\.1:5004 \(SSRC 00001234\) are lost, up to 1 in a row/,
  },
  { name: 'one packet in a thousand lost', habits: { skip: (n) => n % 1000 === 999 }, want: [] },
  { name: 'out of order', habits: { delay: (n) => (n % 20 === 0 ? 30 : 0) }, want: ['reordered'] },
  { name: 'everything twice', habits: { twice: (n) => n % 4 === 0 }, want: ['duplicates'], says: /20 %/ },
  {
    name: 'uneven',
    habits: { delay: (n) => Math.abs((n % 20) - 10) * 12 },
    want: [],
  },
  { name: 'bursts of ten', habits: { delay: (n) => (9 - (n % 10)) * 20 }, want: ['jitter'] },
  {
    name: 'stands still',
    habits: { delay: (n) => (n > 300 && n < 350 ? (350 - n) * 20 : 0) },
    want: ['stalls'],
  },
  {
    name: 'payload type of another description',
    habits: { payloadType: 8 },
    want: ['payloadType'],
    says: /sends payload type 8 \(PCMA\/8000\), the description has 0 \(PCMU\/8000\)/,
  },
  {
    name: 'packets of 40 ms',
    habits: { everyMs: 40, step: 320, bytes: 320 },
    want: ['packetTime'],
    says: /last 40 ms, and a=ptime says 20/,
  },
  {
    name: 'timestamps of 16 kHz',
    habits: { step: 320, bytes: 160 },
    want: ['clockRate', 'packetSize'],
    says: /run at 16000 Hz, and PCMU\/8000 has 8000/,
  },
  {
    name: '44.1 kHz in place of 48',
    sdp: sdp('m=audio 5004 RTP/AVP 96\r\na=rtpmap:96 L16/48000'),
    habits: { payloadType: 96, everyMs: 10, step: 441, bytes: 882 },
    want: ['clockRate'],
    says: /44100 Hz/,
  },
  {
    name: 'mono in place of stereo',
    sdp: AES67,
    habits: aes67({ bytes: 144 }),
    want: ['packetSize'],
    says: /144 bytes for 48 ticks, and L24\/48000\/2 takes 288: it looks like 1 channel/,
  },
  {
    name: 'a fast clock',
    habits: { everyMs: 19.99 },
    seconds: 120,
    want: ['clockDrift'],
    says: /500 ppm fast/,
  },
  { name: 'no RTCP', habits: { rtcp: false }, seconds: 45, want: ['rtcpMissing'] },
  {
    name: 'no RTCP where it is off',
    sdp: `${PCMU}b=RS:0\r\nb=RR:0\r\n`.replace(/(a=ptime:20\r\n)(b=.*)/s, '$2$1'),
    habits: { rtcp: false },
    seconds: 45,
    want: [],
  },
  {
    name: 'RTCP alone',
    habits: { skip: () => true },
    want: ['rtpMissing'],
    says: /c4660 at 10\.0\.0\.1 reports that it has sent \d+ packets, and none has arrived/,
  },
  {
    name: 'more than b=',
    sdp: sdp('m=audio 5004 RTP/AVP 0\r\nb=AS:32'),
    seconds: 40,
    want: ['bandwidth'],
    says: /80 kbit\/s arrive at 239\.255\.3\.4:5004, and b= allows 32/,
  },
  {
    name: 'two where one is expected',
    sdp: LECTURE,
    more: { ssrc: 0x5678, address: '10.0.0.2' },
    want: ['tooManySenders'],
    says: /2 send to .* and the description is one sender’s/,
  },
  { name: 'two in a conversation', more: { ssrc: 0x5678, address: '10.0.0.2' }, want: [] },
  {
    name: 'two with one SSRC',
    more: { address: '10.0.0.2' },
    want: ['ssrcCollision'],
    says: /another sender at 10\.0\.0\.2 uses the SSRC of c4660 at 10\.0\.0\.1/,
  },
  {
    name: 'a source that the filter excludes',
    sdp: sdp('m=audio 5004 RTP/AVP 0\r\na=source-filter: incl IN IP4 239.255.3.4 10.0.0.9'),
    want: ['foreignSource'],
    says: /lets only 10\.0\.0\.9 send/,
  },
  { name: 'unmarked', mark: { dscp: 0, ttl: 15 }, want: ['dscp'], says: /arrive unmarked/ },
  { name: 'marked', mark: { dscp: 46, ttl: 15 }, want: [] },
  {
    name: 'marked otherwise than wanted',
    dscp: 46,
    mark: { dscp: 34, ttl: 15 },
    want: ['dscp'],
    says: /DSCP 34 in place of 46/,
  },
  {
    name: 'TTL 1 from next door',
    mark: { dscp: 46, ttl: 1 },
    want: ['ttlLow'],
    says: /TTL 1, and the description says 15/,
  },
  { name: 'TTL 12 from afar', near: false, mark: { dscp: 46, ttl: 12 }, want: [] },
  {
    name: 'TTL 1 from afar',
    near: false,
    mark: { dscp: 46, ttl: 1 },
    want: ['ttlLow'],
    says: /no further router/,
  },
  { name: 'TTL 64', mark: { dscp: 46, ttl: 64 }, want: ['ttlHigh'] },
  {
    name: 'over, and still sending',
    sdp: sdp('m=audio 5004 RTP/AVP 0', 't=3900000000 3900003600'),
    seconds: 45,
    want: ['sendingAfterEnd'],
  },
];

function aes67(habits: Habits): Habits {
  return { payloadType: 97, everyMs: 1, step: 48, bytes: 288, fill: 0, ...habits };
}

describe('a finding', () => {
  test.each(FAULTS)(
    '$name',
    ({ sdp: text = PCMU, habits, more, mark, seconds = 20, want, says = /^/, ...settings }) => {
      const watched = new Monitored(text, settings);
      watched.send(habits);
      if (more !== undefined) watched.send(more);
      if (mark !== undefined) {
        watched.run(2);
        watched.medium.mark('10.0.0.1', 5004, mark, watched.now);
      }
      watched.run(seconds);
      expect(watched.codes.toSorted()).toEqual(want.toSorted());
      expect(watched.figures.findings.find(({ code }) => code === want[0])?.message ?? '').toMatch(says);
    },
  );

  test('every code is made to appear by these tests', () => {
    const elsewhere: FindingCode[] = [
      'notWatched',
      'nothingHeard',
      'silent',
      'senderLost',
      'announcementStale',
      'sharedGroup',
      'localDrops',
      'sequenceJumps',
      'foreignTraffic',
      'dscpChanged',
    ];
    const here = FAULTS.flatMap(({ want }) => want);
    expect(new Set([...here, ...elsewhere])).toEqual(new Set(FINDING_CODES));
  });
});

describe('a conference', () => {
  test('that nobody sends to is unheard after ten seconds, and alive as soon as somebody does', () => {
    const watched = new Monitored(PCMU);
    expect(watched.run(5).figures.state).toBe('unheard');
    expect(watched.codes).toEqual([]);
    expect(watched.run(10).codes).toEqual(['nothingHeard']);
    watched.send();
    watched.run(2);
    expect([watched.figures.state, watched.codes]).toEqual(['alive', []]);
    expect(watched.events.map(({ type }) => type)).toEqual([
      'conferenceAdded',
      'stateChanged',
      'findingRaised',
      'stateChanged',
      'senderAppeared',
      'findingCleared',
    ]);
  });

  test('is silent when its one sender stops, which is then told as lost', () => {
    const watched = new Monitored(LECTURE);
    const stop = watched.send();
    watched.run(10);
    stop();
    expect(watched.run(12).codes).toEqual(['silent']);
    expect(watched.finding('silent')?.message).toMatch(
      /nothing has come from the sender of 239\.255\.3\.4:5004 for 1\d s/,
    );
    watched.run(60);
    expect(watched.codes).toContain('senderLost');
    expect(watched.events.filter(({ type }) => type === 'senderGone')).toMatchObject([{ cause: 'silent' }]);
    watched.run(120);
    expect(watched.codes).toEqual(['silent']);
  });

  test('in which nobody talks for a while is none to worry about', () => {
    const watched = new Monitored(PCMU);
    const stop = watched.send();
    watched.run(10);
    stop();
    expect(watched.run(15).codes).toEqual([]);
    expect(watched.figures.state).toBe('silent');
  });

  test('that has no media, or shares its group, says so', () => {
    const watched = new Monitored(sdp('m=audio 5004 RTP/AVP 0'));
    watched.add('other', PCMU);
    watched.add('empty', sdp('a=x'));
    watched.run(1);
    const findings = watched.monitor.figures(watched.now, watched.wall).map((it) => it.findings);
    expect(findings.map((all) => all.map(({ code }) => code))).toEqual([
      ['sharedGroup'],
      ['sharedGroup'],
      ['notWatched'],
    ]);
    expect(findings[0]?.[0]?.message).toBe('"other" uses 239.255.3.4:5004 too');
  });

  test('whose entry is gone, and a medium that cannot be opened', () => {
    const watched = new Monitored(PCMU);
    const { description } = watched.monitor.watches.get('test')?.subject ?? {};
    if (description === undefined) throw new Error('nothing is watched');
    watched.monitor.set('test', { name: 'test', description, withdrawn: true }, watched.now, watched.wall);
    watched.medium.failure = 'eth7 is down';
    expect(watched.run(1).codes).toEqual(['announcementStale', 'notWatched']);
    expect(watched.figures.state).toBe('failed');
  });

  test('that drops here is not told to lose in the network', () => {
    const watched = new Monitored(PCMU);
    watched.send({ skip: (n) => n % 10 === 0 });
    watched.run(3);
    watched.drops = 50;
    expect(watched.run(5).codes).toEqual(['localDrops']);
    expect(watched.run(20).codes).toContain('loss');
  });
});

describe('a sender', () => {
  test('that is marked anew on the way, and then as before', () => {
    const watched = new Monitored(PCMU);
    watched.send();
    watched.run(3);
    const mark = (dscp: number): void =>
      watched.medium.mark('10.0.0.1', 5004, { dscp, ttl: 15 }, watched.now);
    mark(46);
    expect(watched.run(3).codes).toEqual([]);
    mark(10);
    expect(watched.run(3).finding('dscpChanged')?.message).toMatch(/with DSCP 10 now, and came with 46/);
    mark(46);
    watched.run(3);
    expect(watched.codes).toEqual(['dscpChanged']); // held, so that it is seen in the morning
    expect(watched.run(700).codes).toEqual([]);
  });

  test('with others behind its address jumps', () => {
    const watched = new Monitored(PCMU);
    watched.send({ skip: (n) => n % 2 === 0 });
    watched.send({ skip: (n) => n % 2 === 1, ssrc: 0x1234, step: 160 });
    watched.run(3);
    const jump = (sequence: number): void => {
      const packet = new Uint8Array(172);
      packet.set([0x80, 0, sequence >> 8, sequence & 0xff, 0, 0, 0, 0, 0, 0, 0x12, 0x34]);
      watched.medium.handleRtp(packet, { address: '10.0.0.1', port: 5004 }, watched.now, watched.wall);
    };
    for (let n = 0; n < 5; n++) jump(20_000 + 1000 * n);
    watched.run(2);
    expect(watched.finding('sequenceJumps')?.message).toMatch(/jumped 5 times in ten seconds/);
  });

  test('that encrypts has RTCP, and nothing in that is read', () => {
    const watched = new Monitored(LECTURE.replace('RTP/AVP', 'RTP/SAVP'));
    const stop = watched.send();
    watched.medium.handleRtcp(
      new Uint8Array(3),
      { address: '10.0.0.66', port: 9 },
      watched.now,
      watched.wall,
    );
    const [sender] = watched.run(45).figures.media[0]?.senders ?? [];
    expect(sender).toMatchObject({ rtcp: true, cname: undefined });
    expect(watched.codes).toEqual([]);
    stop(); // with a goodbye, for all we know
    expect(watched.run(180).codes).toEqual(['silent']);
    expect(watched.medium.session.stats).toMatchObject({ rtcpMalformed: 0, rtcpReceived: 0 });
  });

  test('of something that is not RTP is foreign traffic', () => {
    const watched = new Monitored(PCMU);
    watched.send();
    for (let second = 0; second < 6; second++) {
      watched.medium.handleRtp(
        new Uint8Array(4),
        { address: '10.0.0.66', port: 9 },
        watched.now,
        watched.wall,
      );
      watched.run(1);
    }
    expect(watched.finding('foreignTraffic')?.message).toMatch(/are not RTP, from 10\.0\.0\.66/);
  });

  test('is measured: rate, packet time, clock, jitter, loss', () => {
    const watched = new Monitored(PCMU);
    watched.send({ fill: 0x80 }); // the loudest sample of the law
    const [sender] = watched.run(30).figures.media[0]?.senders ?? [];
    expect(sender).toMatchObject({
      format: 'PCMU/8000',
      packetMs: 20,
      lossShare: 0,
      rtcp: true,
      sending: true,
    });
    expect(sender?.packetsPerSecond).toBeCloseTo(50, 0);
    expect(sender?.bitsPerSecond).toBeCloseTo(80_000, -3);
    expect(sender?.clockRate).toBeCloseTo(8000, 0);
    expect(sender?.jitter95Ms).toBe(0);
    expect(sender?.levelsDbfs?.[0]).toBeCloseTo(-0.17, 1);
    expect(sender?.talking).toBe(true);
  });

  const LEVEL = 'a=extmap:5 urn:ietf:params:rtp-hdrext:ssrc-audio-level';

  test.each([
    { name: 'of a codec that is not decoded', media: '96\r\na=rtpmap:96 opus/48000/2', payloadType: 96 },
    { name: 'of one that could be', media: '0', payloadType: 0 },
  ])('the level that packets carry is told $name (RFC 6464)', ({ media, payloadType }) => {
    const watched = new Monitored(sdp(`m=audio 5004 RTP/AVP ${media}\r\n${LEVEL}`));
    watched.send({ payloadType, step: 960, extension: [{ id: 5, data: Uint8Array.of(0x80 | 23) }] });
    const [sender] = watched.run(5).figures.media[0]?.senders ?? [];
    expect([sender?.levelsDbfs, sender?.talking]).toEqual([[-23], true]);
  });

  test('other header extensions do not hide the level of the sound itself', () => {
    const watched = new Monitored(sdp(`m=audio 5004 RTP/AVP 0\r\n${LEVEL}`));
    watched.send({ fill: 0x80, extension: [{ id: 6, data: Uint8Array.of(1) }] });
    const [sender] = watched.run(5).figures.media[0]?.senders ?? [];
    expect(sender?.levelsDbfs?.[0]).toBeCloseTo(-0.17, 1);
  });

  test('beyond those that are measured is counted', () => {
    const watched = new Monitored(PCMU);
    for (let n = 0; n < 70; n++) watched.send({ ssrc: 0x1000 + n, port: 6000 + 2 * n });
    const [medium] = watched.run(5).figures.media;
    expect([medium?.senders.length, medium?.otherSenders]).toEqual([64, 6]);
  });
});

test('findings wait, worsen and go on for a while', () => {
  const book = new FindingBook();
  const { raiseMs, clearMs } = FINDING_KINDS.loss;
  const seen = (severity: 'warning' | 'error') => [
    { code: 'loss', severity, message: 'm', tryThis: 't' } as const,
  ];
  expect(book.take(seen('warning'), 0, 0)).toEqual([]);
  expect(book.take([], 1000, 1000)).toEqual([]); // it was nothing
  expect(book.take(seen('warning'), 2000, 2000)).toEqual([]);
  expect(book.take(seen('warning'), 2000 + raiseMs, 9000)).toMatchObject([
    { type: 'findingRaised', finding: { severity: 'warning', since: 2000, last: 9000 } },
  ]);
  expect(book.take(seen('error'), 8000, 10_000)).toMatchObject([
    { type: 'findingChanged', finding: { severity: 'error' } },
  ]);
  expect(book.take(seen('warning'), 9000, 11_000)).toEqual([]);
  expect(book.findings).toHaveLength(1);
  expect(book.take([], 9000 + clearMs - 1, 12_000)).toEqual([]);
  expect(book.take([], 9000 + clearMs, 13_000)).toMatchObject([{ type: 'findingCleared' }]);
  expect(book.findings).toEqual([]);
});

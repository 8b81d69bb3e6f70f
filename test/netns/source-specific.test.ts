import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ParticipantJson } from '../../conference/index.ts';
import { type Capture, type Lab, openLab, send } from '../kit/index.ts';
import { type Ended, PROGRAM, Running } from '../net/cli-program.ts';

const FAMILIES = [
  { family: 'IPv4', type: 'IP4', group: '232.7.7.7', suffix: '/15', source: '10.77.0.1', port: 17_700 },
  { family: 'IPv6', type: 'IP6', group: 'ff35::8000:77', suffix: '', source: 'fd77::1', port: 17_710 },
] as const;

const WRONG = '10.77.0.9';

interface Event {
  readonly type: string;
  readonly participant?: ParticipantJson;
  readonly reasons?: readonly { code: string; message: string; tryThis: string }[];
  readonly media?: readonly { filtered: number; rtcpTo: string | null; rtcpReflected: number }[];
}

const eventsOf = ({ out }: Pick<Ended, 'out'>): Event[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Event => JSON.parse(line));

describe('three hosts on a switch that snoops IGMPv3 and MLDv2', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rendezvous-source-'));
  let lab: Lab;
  let capture: Capture;
  /** By family: the source, two who listen, and with IPv4 one who was told the wrong source. */
  let ended: Ended[][];

  const takePart = (host: number, family: string, ...args: readonly string[]): Running => {
    const file = join(folder, `${family}.sdp`);
    const common = ['--json', '--name', `N${host}`, '--receive', 'null'];
    return new Running(lab.host(host).spawn(process.execPath, [PROGRAM, 'join', file, ...common, ...args]));
  };

  beforeAll(async () => {
    for (const { family, type, group, suffix, source, port } of FAMILIES) {
      const session = [
        'v=0',
        'o=- 1 1 IN IP4 10.77.0.1',
        's=Lecture',
        `c=IN ${type} ${group}${suffix}`,
        't=0 0',
      ];
      const filter = `a=source-filter: incl IN ${type} ${group} ${source}`;
      const lines = [...session, `m=audio ${port} RTP/AVP 0`, filter, 'a=rtcp-unicast:reflection', ''];
      writeFileSync(join(folder, `${family}.sdp`), lines.join('\r\n'));
    }
    lab = await openLab({ hosts: 3 });
    capture = await lab.host(2).capture('udp or igmp or (ip6[6] == 0)');
    const running = FAMILIES.map(({ family }) => [
      takePart(1, family, '--send', 'tone:440'),
      takePart(2, family, '--listen'),
      takePart(3, family, '--listen'),
    ]);
    running[0]?.push(takePart(3, 'IPv4', '--listen', '--source', WRONG, '--name', 'Lost'));
    await Promise.all(
      running.map(async ([speaker, ...others]) => {
        await speaker?.printed(/"type":"joined"/);
        await others[0]?.printed(/"type":"verdict".*"hearing":1/);
      }),
    );
    // somebody else sends to the same groups
    for (const { group, port } of FAMILIES) await send(lab.host(3), { group, port, count: 30 });
    await Promise.all(
      running.map(async ([, anna, bert, lost]) => {
        await anna?.printed(/"type":"participant-joined".*"name":"N3"/);
        await bert?.printed(/"type":"participant-joined".*"name":"N2"/);
        await lost?.printed(/"type":"verdict"/);
        for (const one of [anna, bert])
          await one?.printed(/"type":"participant-(joined|updated)".*"name":"N1"/);
      }),
    );
    for (const one of running.flat()) one.child.kill('SIGINT');
    ended = await Promise.all(running.map((all) => Promise.all(all.map(({ end }) => end))));
    await capture.stop();
  });
  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  describe.each(FAMILIES)('$family', ({ group, source, port, type }) => {
    const of = (index: number): Event[] => {
      const found = ended[type === 'IP4' ? 0 : 1]?.[index];
      return found === undefined ? [] : eventsOf(found);
    };
    const last = (events: readonly Event[]): Event | undefined =>
      events.findLast((event) => event.type === 'statistics');
    const address = type === 'IP4' ? 'ip' : 'ipv6';

    test('the source sees who listens, and they see each other', () => {
      const names = [0, 1, 2].map((i) => {
        // not from the end, when those who went first are gone
        const seen = of(i).flatMap(({ participant }) => (participant?.local === false ? [participant] : []));
        return [...new Set(seen.flatMap(({ name }) => name ?? []))].sort();
      });
      // the one who wants another source reports to the right one all the same, by the description
      expect(names.map((all) => all.filter((name) => name !== 'Lost'))).toEqual([
        ['N2', 'N3'],
        ['N1', 'N3'],
        ['N1', 'N2'],
      ]);
      expect(last(of(0))?.media?.[0]?.rtcpReflected).toBeGreaterThanOrEqual(2);
    });

    test('on the wire: RTP and RTCP reach the group from the source alone, reports go to it by unicast', async () => {
      const rows = await capture.rows(`${address}.src`, `${address}.dst`, 'udp.dstport');
      const kinds = new Set(rows.filter((row) => row[2] !== '').map((row) => row.join(' ')));
      const own = [...kinds].filter((kind) => kind.includes(` ${port}`) || kind.includes(` ${port + 1}`));
      const listener = lab.host(2)[type === 'IP4' ? 'ipv4' : 'ipv6'][0];
      expect(own.sort()).toEqual(
        [
          `${source} ${group} ${port}`,
          `${source} ${group} ${port + 1}`,
          `${listener} ${source} ${port + 1}`,
        ].sort(),
      );
    });

    test('the join and the leave name the source', async () => {
      const [kind, about, from, host] =
        type === 'IP4'
          ? ['igmp.record_type', 'igmp.maddr', 'igmp.saddr', '10.77.0.2']
          : [
              'icmpv6.mldr.mar.record_type',
              'icmpv6.mldr.mar.multicast_address',
              'icmpv6.mldr.mar.source_address',
            ];
      const rows = await capture.rows(`${address}.src`, kind ?? '', about ?? '', from ?? '');
      const own = rows.filter(
        ([who, , what, sources]) =>
          what === group && sources === source && (host === undefined ? who !== '' : who === host),
      );
      const kinds = own.map((row) => row[1]);
      expect(kinds[0]).toBe('5'); // ALLOW_NEW_SOURCES
      expect(kinds.at(-1)).toBe('6'); // BLOCK_OLD_SOURCES
      expect(new Set(kinds.filter((it) => it !== '1'))).toEqual(new Set(['5', '6']));
    });
  });

  test('who was told the wrong source hears why there is silence', () => {
    const lost = ended[0]?.[3];
    const events = lost === undefined ? [] : eventsOf(lost);
    const verdict = events.find(({ type }) => type === 'verdict');
    const reason = verdict?.reasons?.find(({ code }) => code === 'sourceFilter');
    expect(reason?.message).toBe(`packets come from 10.77.0.1, but only ${WRONG} may be heard`);
    expect(reason?.tryThis).toContain('--source 10.77.0.1');
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ParticipantJson } from '../../conference/index.ts';
import { type Ended, PROGRAM, Running } from '../net/cli-program.ts';
import { decibels, powerAt } from '../support/tone-meter.ts';
import { type Capture, type Lab, openLab } from '../kit/netns.ts';

interface Event {
  readonly type: string;
  readonly time: string;
  readonly participant?: ParticipantJson;
  readonly [field: string]: unknown;
}

const URL = 'ldap://10.77.0.1:1389';
const PEOPLE = [
  { name: 'Ann', hz: 400 },
  { name: 'Bob', hz: 700 },
  { name: 'Cyd', hz: 1100 },
] as const;

/** The highest level that a frequency has in any half second of a recording, dB. */
function loudest(path: string, hz: number): number {
  const bytes = readFileSync(path);
  const samples = Float32Array.from(
    new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1),
    (n) => n / 32_768,
  );
  let highest = Number.NEGATIVE_INFINITY;
  for (let at = 0; at + 4000 <= samples.length; at += 4000) {
    highest = Math.max(highest, decibels(powerAt(samples.subarray(at, at + 4000), 8000, hz)));
  }
  return highest;
}

describe('three hosts, one of which keeps the directory', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rendezvous-hosts-'));
  let lab: Lab;
  let server: Running;

  /** Starts the program on a host, with nothing but the directory on the first host configured. */
  const start = (host: number, ...args: readonly string[]): Running =>
    new Running(
      lab.host(host).spawn(process.execPath, [PROGRAM, '--data-dir', join(folder, `${host}`), ...args]),
    );
  const ask = async (host: number, ...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await start(host, '--directory', URL, ...args).end;
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err}`);
    return out;
  };
  const recording = (name: string): string => join(folder, `${name}.pcm`);
  const takePart = (host: number, { name, hz }: (typeof PEOPLE)[number], conference = 'Round'): Running =>
    start(
      host,
      ...`--directory ${URL} join ${conference} --json --name ${name} --send tone:${hz},-20`.split(' '),
      '--receive',
      `pcm:${recording(name)}`,
    );

  beforeAll(async () => {
    lab = await openLab({ hosts: 3 });
    server = start(1, 'serve', '--listen', URL, '--anonymous-write', '--json');
    await server.printed(/"type":"listening"/);
  });
  afterAll(async () => {
    server.child.kill('SIGTERM');
    const { code } = await server.end;
    await lab[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`serve ended with ${code}`);
  });

  describe('who was published by the second and is joined by all', () => {
    let capture: Capture;
    let group: string;
    let port: number;
    let ended: Ended[];
    let leftWithinMs: number;
    const eventsOf = (person: number): Event[] =>
      (ended[person]?.out ?? '')
        .split('\n')
        .filter((line) => line !== '')
        .map((line): Event => JSON.parse(line));

    beforeAll(async () => {
      await ask(2, 'create', 'Round', '--local', '--scope', 'site', '--description', 'three hosts');
      const { media }: { media: { address: string; port: number }[] } = JSON.parse(
        await ask(3, 'show', 'Round', '--json'),
      );
      group = media[0]?.address ?? '';
      port = media[0]?.port ?? 0;
      capture = await lab.host(3).capture(`udp portrange ${port}-${port + 1} or igmp`);
      const running = PEOPLE.map((person, i) => takePart(i + 1, person));
      await Promise.all(running.map((one) => one.printed(/"type":"verdict".*"hearing":2/)));
      await new Promise((resolve) => setTimeout(resolve, 1500)); // something to measure in the recordings
      const [ann, ...others] = running;
      const asked = performance.now();
      ann?.child.kill('SIGINT');
      await ann?.end;
      leftWithinMs = performance.now() - asked;
      await Promise.all(others.map((one) => one.printed(/"type":"participant-left".*"name":"Ann"/)));
      for (const { child } of others) child.kill('SIGINT');
      ended = await Promise.all(running.map(({ end }) => end));
      await capture.stop();
    });

    test('[APP-01] [DIR-13] the third host finds what the second published', async () => {
      expect(await ask(3, 'list', 'rou*')).toMatch(new RegExp(`^Round\t${group}:${port}\tsite\t`));
    });

    test.each([0, 1, 2])(
      '[PIN-02] [PEV-01] participant %i sees the two others by name, without loss',
      (i) => {
        const others = PEOPLE.filter((_, k) => k !== i).map(({ name }) => name);
        const verdict = eventsOf(i).findLast(({ type }) => type === 'verdict');
        expect(verdict).toMatchObject({ outcome: 'hearing', participants: 2, hearing: 2 });
        const seen = eventsOf(i).flatMap(({ participant }) =>
          participant === undefined || participant.local ? [] : [participant],
        );
        expect([...new Set(seen.map(({ name }) => name))].filter((name) => name !== null).sort()).toEqual(
          others,
        );
        expect(
          seen.flatMap(({ substreams }) => substreams).filter(({ packetsLost }) => packetsLost > 0),
        ).toEqual([]);
      },
    );

    test.each([0, 1, 2])(
      '[CAL-09] participant %i has heard the tones of the two others and not its own',
      (i) => {
        const levels = PEOPLE.map(({ hz }) => loudest(recording(PEOPLE[i]?.name ?? ''), hz));
        // the level of a tone is its mean square; what is left of ours is the rounding of PCMU
        const heard = levels.map((level) => (level < -55 ? 'silent' : Math.round(level)));
        expect(heard).toEqual(PEOPLE.map((_, k) => (k === i ? 'silent' : -20)));
      },
    );

    test('[QOS-01] [DEF-08] on the wire: DSCP 46 and TTL 15, from every host', async () => {
      const rows = await capture.rows('ip.src', 'ip.dst', 'udp.dstport', 'ip.dsfield.dscp', 'ip.ttl');
      const media = rows.filter(([, to, at]) => to === group && at === String(port));
      const kinds = new Set(media.map(([from, , , dscp, ttl]) => `${from} ${dscp} ${ttl}`));
      expect([...kinds].sort()).toEqual(['10.77.0.1 46 15', '10.77.0.2 46 15', '10.77.0.3 46 15']);
    });

    test('[CAL-04] [PEV-03] Ctrl-C leaves within two seconds, and the others hear the goodbye', async () => {
      expect(leftWithinMs).toBeLessThan(2000);
      expect(ended.map(({ code }) => code)).toEqual([130, 130, 130]);
      for (const i of [1, 2]) {
        const left = eventsOf(i).filter(({ type }) => type === 'participant-left');
        expect(left[0]?.participant?.name).toBe('Ann');
      }
      expect(eventsOf(0).at(-1)).toMatchObject({ type: 'left', cause: 'interrupted' });
    });

    test('the membership is reported and given back (IGMPv3)', async () => {
      const rows = await capture.rows('ip.src', 'igmp.type', 'igmp.record_type', 'igmp.maddr');
      const own = rows.filter(
        ([from, type, , about]) => from === '10.77.0.3' && type === '0x22' && about === group,
      );
      const kinds = own.map(([, , kind]) => kind);
      expect(kinds).toContain('4'); // change to exclude nothing: joined
      expect(kinds.at(-1)).toBe('3'); // change to include nothing: left
    });
  });

  test('[QOS-01] a conference on an IPv6 group is found, heard, marked and left', async () => {
    const [group, port] = ['ff15::2:9a', 31_006];
    await ask(3, 'create', 'Six', '--group', `[${group}]:${port}`);
    const capture = await lab.host(1).capture(`ip6 and udp portrange ${port}-${port + 1}`);
    const running = [PEOPLE[0], PEOPLE[1]].map((person, i) => takePart(i + 1, person, 'Six'));
    await Promise.all(running.map((one) => one.printed(/"type":"verdict".*"hearing":1/)));
    const [ann, bob] = running;
    await Promise.all(running.map((one) => one.printed(/"type":"statistics"/)));
    ann?.child.kill('SIGINT');
    await bob?.printed(/"type":"participant-left"/);
    bob?.child.kill('SIGINT');
    await Promise.all(running.map(({ end }) => end));
    await capture.stop();
    const rows = await capture.rows('ipv6.src', 'ipv6.dst', 'udp.dstport', 'ipv6.tclass.dscp', 'ipv6.hlim');
    const kinds = new Set(
      rows.filter(([, to]) => to === group).map(([from, , at, ...it]) => [from, at, ...it].join(' ')),
    );
    expect([...kinds].sort()).toEqual(
      ['fd77::1', 'fd77::2'].flatMap((host) => [port, port + 1].map((at) => `${host} ${at} 46 15`)),
    );
    const heard = [loudest(recording('Bob'), PEOPLE[0].hz), loudest(recording('Ann'), PEOPLE[1].hz)];
    expect(heard.map(Math.round)).toEqual([-20, -20]);
  });

  test('[DIR-12] what one host deletes is gone for all', async () => {
    await ask(3, 'create', 'Short', '--local');
    await ask(1, 'delete', 'Short');
    expect(await ask(2, 'list', 'Short', '--json')).toBe('[]\n');
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, openLab } from '../kit/index.ts';
import { PROGRAM, Running } from '../net/cli-program.ts';

const FAMILIES = [
  { family: 'IPv4', group: '239.255.7.7', connection: 'IP4 239.255.7.7/15', port: 17_780 },
  { family: 'IPv6', group: 'ff15::7:7', connection: 'IP6 ff15::7:7', port: 17_790 },
] as const;

/** Once the return was told, which takes a second or two. */
const SOON_MS = 3000;

/** One program in a conference, and what it has told so far. */
class Member {
  readonly running: Running;
  constructor(running: Running) {
    this.running = running;
  }

  get events(): { type: string; [field: string]: unknown }[] {
    const lines = this.running.out.split('\n').slice(0, -1);
    return lines.map((line): { type: string } => JSON.parse(line));
  }
  count(type: string): number {
    return this.events.filter((event) => event.type === type).length;
  }
  /** Times that the other one has begun to be heard. */
  get heard(): number {
    return this.events.filter((it) => it.type === 'talking' && !/"local":true/.test(JSON.stringify(it)))
      .length;
  }
}

async function until(what: string, seconds: number, condition: () => boolean): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await delay(20);
  }
}

describe('two hosts in an IPv4 and an IPv6 conference, one of which loses its interface', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rendezvous-interfaces-'));
  let lab: Lab;
  let far: Member[];
  let near: Member[];
  const everybody = (): Member[] => [...far, ...near];
  const onHost = (script: string): Promise<string> => lab.host(2).run('sh', ['-e', '-c', script]);

  beforeAll(async () => {
    lab = await openLab({ hosts: 2 });
    const takePart = (host: number, family: (typeof FAMILIES)[number]): Member => {
      const file = join(folder, `${family.family}.sdp`);
      const lines = ['v=0', 'o=- 1 1 IN IP4 10.77.0.1', 's=Round', `c=IN ${family.connection}`, 't=0 0'];
      writeFileSync(file, [...lines, `m=audio ${family.port} RTP/AVP 0`, ''].join('\r\n'));
      const args = ['join', file, '--json', '--name', `N${host}`, '--send', 'tone:440', '--receive', 'null'];
      return new Member(new Running(lab.host(host).spawn(process.execPath, [PROGRAM, ...args])));
    };
    far = FAMILIES.map((family) => takePart(1, family));
    near = FAMILIES.map((family) => takePart(2, family));
    await until('all hear each other', 30, () => everybody().every((it) => it.heard > 0));
  });
  afterAll(async () => {
    for (const { running } of everybody()) running.child.kill('SIGINT');
    await Promise.all(everybody().map(({ running }) => running.end));
    await lab[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Takes the network away and gives it back, which is told. @returns ms from then until all hear each other again */
  async function outage(
    away: () => Promise<unknown>,
    back: () => Promise<unknown>,
    members = everybody(),
  ): Promise<number> {
    const before = new Map(members.map((it) => [it, it.heard]));
    const there = members.filter((it) => near.includes(it));
    const told = (type: string): number => Math.min(...there.map((it) => it.count(type)));
    const [lost, found] = [told('interface-lost'), told('interface-back')];
    await away();
    await until('the loss is told', 15, () => told('interface-lost') > lost);
    await until('silence', 15, () => members.every((it) => it.count('silent') >= (before.get(it) ?? 0)));
    await back();
    await until('the return is told', 15, () => told('interface-back') > found);
    const at = performance.now();
    await until('all hear each other', 15, () => members.every((it) => it.heard > (before.get(it) ?? 0)));
    return performance.now() - at;
  }

  test('down and up again', async () => {
    const took = await outage(
      () => lab.host(2).setLink('down'),
      () => lab.host(2).setLink('up'),
    );
    expect(took).toBeLessThan(SOON_MS);
  });

  test('the cable pulled and plugged in', async () => {
    const took = await outage(
      () => lab.host(2).setCable('out'),
      () => lab.host(2).setCable('in'),
    );
    expect(took).toBeLessThan(SOON_MS);
  });

  test('the address taken away, and another one given', async () => {
    const four = everybody().filter((_, i) => i % 2 === 0);
    const took = await outage(
      () => onHost('ip -4 addr flush dev eth0'),
      () => onHost('ip addr add 10.77.0.22/24 dev eth0'),
      four,
    );
    expect(took).toBeLessThan(SOON_MS);
  });

  test('removed, and another one of the same name in its place', async () => {
    const took = await outage(
      () => onHost('ip link del eth0'),
      async () => {
        await lab.switchScript(
          'ip link add p2n0 type veth peer name eth0 netns h2; ip link set p2n0 master br0; ip link set p2n0 up',
        );
        await onHost(
          'ip link set eth0 up; ip addr add 10.77.0.2/24 dev eth0; ip -6 addr add fd77::2/64 dev eth0 nodad',
        );
      },
    );
    expect(took).toBeLessThan(SOON_MS);
  });

  test('through all of it each was one participant, with one SSRC', () => {
    for (const member of everybody()) {
      expect(member.count('participant-joined')).toBe(1);
      expect(member.count('participant-left')).toBe(0);
      const ssrcs = member.events.flatMap(({ media }) =>
        Array.isArray(media) ? media.map(({ ssrc }: { ssrc: number }) => ssrc) : [],
      );
      expect(new Set(ssrcs).size).toBe(1);
      const codes = member.events.filter(({ type }) => type === 'warning').map(({ code }) => code);
      expect(codes).toEqual([]);
    }
  });
});

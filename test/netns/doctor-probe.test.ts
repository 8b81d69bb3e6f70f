import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatProbeMessage } from '../../src/probe/index.ts';
import { blocksOf } from '../interop/operations-guide.ts';
import { type Lab, openLab } from '../kit/index.ts';
import { Home, PROGRAM, Running } from '../net/cli-program.ts';

interface Way {
  sent: number;
  heard: number;
  ttlSent: number;
  ttlHeard: number | null;
  hops: number | null;
  dscpSent: number;
  dscpHeard: number | null;
  lossPercent: number;
  fromAddress: string;
  toInterface: string;
  sources: string[];
}
interface Report {
  ok: boolean;
  there: Way | null;
  back: Way | null;
  checks: { id: string; status: string; detail: string; why?: string; tryThis?: string }[];
}

const home = new Home();
let lab: Lab;
let listener: Running;
const start = (host: number, ...args: readonly string[]): Running =>
  new Running(lab.host(host).spawn(process.execPath, [PROGRAM, '--data-dir', home.path, 'doctor', ...args]));
beforeAll(async () => {
  lab = await openLab({ hosts: 2 });
  listener = start(2, '--listen', '--json');
  await listener.printed(/"type":"listening","port":57171/);
});
afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

async function probe(
  ...args: readonly string[]
): Promise<{ code: number | null; err: string; report: Report }> {
  const { code, out, err } = await start(1, '--probe', ...args, '--count', '20', '--json').end;
  return { code, err, report: JSON.parse(out) };
}

describe('doctor --probe and --listen', () => {
  test.each([
    ['10.77.0.2', '10.77.0.1'],
    ['fd77::2', 'fd77::1'],
  ])('a good path to %s: everything arrives both ways with its marks', async (host, own) => {
    const { code, report } = await probe(host);
    const way = { sent: 20, heard: 20, ttlSent: 15, ttlHeard: 15, hops: 0, dscpSent: 46, dscpHeard: 46 };
    expect(report).toMatchObject({
      ok: true,
      there: { ...way, fromAddress: own, sources: [own], toInterface: 'eth0' },
      back: { ...way, fromAddress: host, sources: [host] },
    });
    expect(code).toBe(0);
    await listener.printed(
      new RegExp(`"type":"ended","from":"${own}","heard":20,"sentBack":20,"ttlHeard":15`),
    );
  });

  test('who asks from port 0, which cannot be answered, does not end the listener', async () => {
    await using _ = await filter(2, 'ip daddr 10.77.0.2 udp dport 57171 udp sport set 0');
    const hello = formatProbeMessage({ type: 'hello', session: 7n }).toHex();
    const escaped = hello.replaceAll(/../g, '\\x$&');
    await lab.host(1).run('bash', ['-c', `printf '${escaped}' > /dev/udp/10.77.0.2/57171`]);
    expect(listener.child.exitCode).toBeNull(); // and the next tests ask it
  });

  test('one direction dropped: which one, and what it may be', async () => {
    // unicast still passes: this is what a switch does that has forgotten who has joined
    await using _ = await filter(1, 'ip daddr 239.0.0.0/8 udp dport >= 20000 drop');
    const { code, err, report } = await probe('10.77.0.2');
    expect([code, report.there?.heard, report.back?.heard]).toEqual([1, 20, 0]);
    expect(report.checks).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 'there', status: 'ok' }),
        expect.objectContaining({
          id: 'back',
          status: 'fail',
          detail: 'from 10.77.0.2: none of 20 packets arrived',
          tryThis: expect.stringContaining('snoops without a querier'),
        }),
      ]),
    );
    expect(err).toContain('Multicast does not get from 10.77.0.2');
  });

  test('loss, and a mark that is rewritten on the way, are told for the direction that they are in', async () => {
    await using _ = await filter(2, 'ip daddr 239.0.0.0/8 ip dscp set cs0 numgen inc mod 4 0 drop');
    const { code, report } = await probe('10.77.0.2', '--dscp', '34');
    expect(code).toBe(0);
    expect(report.there).toMatchObject({ heard: 15, lossPercent: 25, dscpHeard: 0 });
    expect(report.back).toMatchObject({ heard: 20, lossPercent: 0, dscpHeard: 34 });
    expect(report.checks).toMatchObject([
      { id: 'there', status: 'warn', detail: expect.stringContaining('25.0 % were lost') },
      { id: 'there', status: 'warn', detail: 'they left with DSCP 34 and arrive with 0' },
      { id: 'back', status: 'ok' },
    ]);
  });

  test('for people: the lines of the guide; and where nobody listens, what to do', async () => {
    const [alone = '', pair = ''] = blocksOf('Nothing is heard: the doctor');
    const words = (line: string): string[] => line.replace(/#.*$/, '').trim().split(/ +/).slice(2);
    const [listening = [], probing = []] = pair.trim().split('\n').map(words);
    expect(listening).toEqual(['--listen']);
    const nobody = start(1, '--probe', '10.77.0.1', '--json');
    const own = start(1, ...words(alone.trim().split('\n')[1] ?? '').map((it) => it.replace('eth1', 'eth0')));
    const { out, err, code } = await start(
      1,
      ...probing.map((it) => it.replace('there.example.org', '10.77.0.2')),
    ).end;
    expect(code).toBe(0);
    expect(err).toMatch(/^Probing 239\.255\..* with 10\.77\.0\.2, through eth0 \(10\.77\.0\.1\), because/);
    expect(out).toContain('TTL\t15 → 15 (same network)\t15 → 15 (same network)');
    expect(out).toMatch(/ ✓ There .*\n ✓ Back /);
    const ended = await nobody.end;
    expect(ended.code).toBe(1);
    expect(ended.err).toContain('run rendezvous doctor --listen there');
    expect(JSON.parse((await own.end).out)).toMatchObject({ checks: expect.any(Array) });
  });
});

/** A rule on what arrives at a host. */
async function filter(host: number, rule: string): Promise<AsyncDisposable> {
  const there = lab.host(host);
  await there.run('nft', [
    `add table netdev test; add chain netdev test arriving { type filter hook ingress device eth0 priority 0; }; add rule netdev test arriving ${rule}`,
  ]);
  return {
    async [Symbol.asyncDispose]() {
      await there.run('nft', ['delete table netdev test']);
    },
  };
}

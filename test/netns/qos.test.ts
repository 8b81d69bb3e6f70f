import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, openLab } from '../kit/netns.ts';
import { PROGRAM, Running } from '../net/cli-program.ts';

let lab: Lab;
const folder = mkdtempSync(join(tmpdir(), 'rendezvous-qos-'));
beforeAll(async () => {
  lab = await openLab({ hosts: 2 });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

let conferences = 0;
/** A conference of its own. */
function describe(): { readonly sdp: string; readonly port: number } {
  const number = conferences++;
  const [sdp, port] = [join(folder, `${number}.sdp`), 5100 + 2 * number];
  const lines = ['v=0', `o=- ${number} 1 IN IP4 10.77.0.1`, 's=x', 'c=IN IP4 239.255.40.1/8', 't=0 0'];
  writeFileSync(sdp, [...lines, `m=audio ${port} RTP/AVP 0`, ''].join('\r\n'));
  return { sdp, port };
}
const take = (host: number, sdp: string, ...args: readonly string[]): Running =>
  new Running(
    lab
      .host(host)
      .spawn(process.execPath, [
        PROGRAM,
        '--data-dir',
        join(folder, `${host}`),
        'join',
        sdp,
        '--json',
        ...args,
      ]),
  );
interface Event {
  readonly type: string;
  readonly [field: string]: unknown;
}
const events = (out: string): Event[] =>
  out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): Event => JSON.parse(line));

test('[QOS-02] a mark that the network changes on the way is told as policy failure', async () => {
  const { sdp, port } = describe();
  await lab
    .host(1)
    .run('nft', [
      `add table ip remark; add chain ip remark out { type route hook output priority mangle; };` +
        ` add rule ip remark out udp dport ${port} ip dscp set cs1`,
    ]);
  await using capture = await lab.host(2).capture(`udp port ${port}`);
  const talking = take(1, sdp, '--send', 'tone:440', '--receive', 'null', '--duration', '5s');
  const listening = take(2, sdp, '--listen', '--qos', 'needed', '--receive', 'null', '--duration', '4500ms');
  const [talked, listened] = await Promise.all([talking.end, listening.end]);
  await lab.host(1).run('nft', ['delete table ip remark']);
  expect(new Set((await capture.rows('ip.dsfield.dscp')).flat())).toEqual(new Set(['8']));
  expect(events(talked.out).find(({ type }) => type === 'joined')).toMatchObject({ media: [{ dscp: 46 }] });
  expect(events(listened.out).filter(({ type }) => type === 'qos')).toMatchObject([
    {
      kind: 'policyFailure',
      cause: 'remarked',
      message: expect.stringContaining('from 10.77.0.1 arrives with DSCP 8 and not 46'),
    },
  ]);
});

test('[QUA-06] DSCP, priority and mark of an application are seen by the network and by this host', async () => {
  const { sdp, port } = describe();
  const host = lab.host(1);
  await host.run('nft', [
    'add table ip marks; add chain ip marks out { type filter hook output priority 0; };' +
      ` add rule ip marks out meta mark 0x42 meta priority 0:3 udp dport ${port} counter`,
  ]);
  await using capture = await host.capture(`udp port ${port}`);
  const labels = ['--dscp', 'CS5', '--socket-priority', '3', '--socket-mark', '0x42'];
  const sounds = ['--send', 'tone:440', '--receive', 'null', '--duration', '1s'];
  const { code, out } = await take(1, sdp, ...sounds, ...labels).end;
  expect(code).toBe(0);
  const counted = await host.run('nft', ['list', 'table', 'ip', 'marks']);
  await host.run('nft', ['delete table ip marks']);
  expect(Number(/counter packets (\d+)/.exec(counted)?.[1])).toBeGreaterThan(30);
  const rows = (await capture.rows('ip.dsfield.dscp')).flat();
  expect(rows.length).toBeGreaterThan(30);
  expect(new Set(rows)).toEqual(new Set(['40']));
  expect(events(out).filter(({ type }) => type === 'qos' || type === 'warning')).toEqual([]);
  expect(events(out).find(({ type }) => type === 'joined')).toMatchObject({ media: [{ dscp: 40 }] });
});

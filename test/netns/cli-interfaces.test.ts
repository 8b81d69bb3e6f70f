import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROGRAM, Running } from '../net/cli-program.ts';
import { type Lab, openLab } from '../kit/netns.ts';

/** Each test has its own: they run side by side. */
const [WRONG, BOTH, LINK] = [17_770, 17_780, 17_790];

describe.concurrent('two hosts on two networks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rendezvous-interfaces-'));
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab({ hosts: 2, networks: 2 });
  });
  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  /** @returns the path of a description */
  const described = (name: string, port: number, connection: string): string => {
    const path = join(folder, `${name}.sdp`);
    const lines = ['v=0', 'o=- 1 1 IN IP4 10.77.0.1', `s=${name}`, `c=IN ${connection}`, 't=0 0'];
    writeFileSync(path, [...lines, `m=audio ${port} RTP/AVP 0`, ''].join('\r\n'));
    return path;
  };
  const takePart = (host: number, path: string, name: string, ...args: readonly string[]): Running => {
    const all = ['join', path, '--json', '--receive', 'null', '--name', name, ...args];
    return new Running(lab.host(host).spawn(process.execPath, [PROGRAM, ...all]));
  };

  test('who listens on the wrong interface is told which others there are; on the right one it hears', async () => {
    const file = described('Round', WRONG, 'IP4 239.192.7.7/15');
    await using talker = takePart(1, file, 'Talker', '--send', 'tone:440', '--interface', 'eth0');
    await talker.printed(/"type":"joined"/);
    await using wrong = takePart(2, file, 'Wrong', '--listen', '--interface', 'eth1');
    const [line = ''] = await wrong.printed(/.*"type":"verdict".*\n/);
    const verdict: { outcome: string; reasons: { code: string; message: string; tryThis: string }[] } =
      JSON.parse(line);
    expect(verdict.outcome).toBe('nothing');
    expect(verdict.reasons.find(({ code }) => code === 'wrongInterface')).toMatchObject({
      message: expect.stringContaining('eth1 (10.78.0.2), because you named it'),
      tryThis: expect.stringContaining('--interface eth0'),
    });
    await using right = takePart(2, file, 'Right', '--listen');
    await right.printed(/"type":"verdict".*"outcome":"hearing","participants":1,"hearing":1/);
    expect(right.out).toMatch(
      /"interface":"eth0","interfaceAddress":"10\.77\.0\.2","interfaceReason":"route"/,
    );
  });

  test('who names both hears both, and sends on the one that is to send, alone', async () => {
    const file = described('Both', BOTH, 'IP4 239.192.8.8/15');
    await using capture = await lab.host(1).capture(`udp port ${BOTH}`, 'eth1');
    await using first = takePart(1, file, 'First', '--send', 'tone:440', '--interface', 'eth0');
    await using second = takePart(1, file, 'Second', '--send', 'tone:660', '--interface', '10.78.0.1');
    await Promise.all([first, second].map((it) => it.printed(/"type":"joined"/)));
    const interfaces = ['--interface', 'eth0', '--interface', 'eth1', '--send-interface', 'eth1'];
    await using both = takePart(2, file, 'Both', '--send', 'tone:880', ...interfaces);
    await both.printed(/"type":"verdict".*"outcome":"hearing","participants":2,"hearing":2/);
    expect(both.out).toMatch(
      /"interface":"eth1","interfaceAddress":"10\.78\.0\.2","interfaceReason":"several"/,
    );
    expect(both.out).toMatch(/"interfaces":\["eth1","eth0"\]/);
    await second.printed(/"type":"verdict".*"outcome":"hearing","participants":1/);
    expect(first.out).not.toMatch(/"type":"participant-joined"/);
    const senders = await capture.rows('ip.src');
    expect(new Set(senders.flat())).toEqual(new Set(['10.78.0.1', '10.78.0.2']));
  });

  test('a group of link-local scope is joined on the interface named, from its link-local address', async () => {
    const file = described('Link', LINK, 'IP6 ff12::99');
    await using talker = takePart(1, file, 'Talker', '--send', 'tone:440', '--interface', 'eth1');
    await using hearer = takePart(2, file, 'Hearer', '--listen', '--interface', 'eth1');
    await hearer.printed(/"type":"verdict".*"outcome":"hearing","participants":1,"hearing":1/);
    expect(talker.out).toMatch(/"interface":"eth1","interfaceAddress":"fe80:/);
    await hearer.printed(/"type":"participant-updated".*"name":"Talker".*"address":"fe80:[^"]*%eth1"/);
  });
});

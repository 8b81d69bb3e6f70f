import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROGRAM, Running } from '../net/cli-program.ts';
import { type Lab, openLab } from '../kit/netns.ts';

const [GROUP, PORT] = ['239.192.7.7', 17_770];

describe('two hosts on two networks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rendezvous-verdict-'));
  const file = join(folder, 'round.sdp');
  let lab: Lab;
  beforeAll(async () => {
    const lines = ['v=0', 'o=- 1 1 IN IP4 10.77.0.1', 's=Round', `c=IN IP4 ${GROUP}/15`, 't=0 0'];
    writeFileSync(file, [...lines, `m=audio ${PORT} RTP/AVP 0`, ''].join('\r\n'));
    lab = await openLab({ hosts: 2, networks: 2 });
  });
  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const takePart = (host: number, ...args: readonly string[]): Running =>
    new Running(
      lab.host(host).spawn(process.execPath, [PROGRAM, 'join', file, '--json', '--receive', 'null', ...args]),
    );

  test('who listens on the wrong interface is told which others there are; on the right one it hears', async () => {
    await using talker = takePart(1, '--send', 'tone:440', '--interface', 'eth0');
    await talker.printed(/"type":"joined"/);
    await using wrong = takePart(2, '--listen', '--interface', 'eth1');
    const [line = ''] = await wrong.printed(/.*"type":"verdict".*\n/);
    const verdict: { outcome: string; reasons: { code: string; message: string; tryThis: string }[] } =
      JSON.parse(line);
    expect(verdict.outcome).toBe('nothing');
    expect(verdict.reasons.find(({ code }) => code === 'wrongInterface')).toMatchObject({
      message: expect.stringContaining('eth1 (10.78.0.2), because you named it'),
      tryThis: expect.stringContaining('--interface eth0'),
    });
    await using right = takePart(2, '--listen');
    await right.printed(/"type":"verdict".*"outcome":"hearing","participants":1,"hearing":1/);
    expect(right.out).toMatch(
      /"interface":"eth0","interfaceAddress":"10\.77\.0\.2","interfaceReason":"route"/,
    );
  });
});

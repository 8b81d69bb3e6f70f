import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readExposition } from '../support/exposition.ts';
import { Home } from './cli-program.ts';
import { drawGroup } from './loopback.ts';

const home = new Home();
afterAll(() => home[Symbol.dispose]());

test('join --metrics offers the figures of the call while it lasts', async () => {
  const { group, port } = drawGroup();
  const file = join(home.path, 'metrics.sdp');
  writeFileSync(
    file,
    `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Round\r\nc=IN IP4 ${group}/1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`,
  );
  const here = ['--interface', 'lo', '--loopback', 'selective', '--receive', 'null'];
  await using _bob = home.start(['join', file, ...here, '--send', 'tone:440', '--name', 'Bob']);
  await using anna = home.start(['join', file, ...here, '--send', 'null', '--metrics', '127.0.0.1:0']);
  const [, url = ''] = await anna.printed(/(http:\/\/127\.0\.0\.1:\d+\/metrics)/);
  const scrape = async (): Promise<Map<string, number>> => {
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    return readExposition(await response.text());
  };
  const find = (series: ReadonlyMap<string, number>, name: string): number | undefined =>
    [...series].find(
      ([key]) => key.startsWith(`rendezvous_call_${name}{`) && key.includes('participant="Bob"'),
    )?.[1];
  await expect
    .poll(async () => find(await scrape(), 'participant_mos_lq'), { timeout: 20_000 })
    .toBeGreaterThan(4);
  const series = await scrape();
  expect(find(series, 'participant_received_packets_total')).toBeGreaterThan(50);
  expect(find(series, 'participant_loss_ratio')).toBe(0);
  expect(find(series, 'participant_playout_delay_seconds')).toBeGreaterThan(0);
  expect(series.get('rendezvous_call_participants{conference="Round"}')).toBe(1);
  anna.child.kill('SIGINT');
  await anna.end;
  await expect(fetch(url)).rejects.toThrow(/fetch failed/);
});

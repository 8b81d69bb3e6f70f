import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Ran } from '../cli/host.ts';
import { cliOnData } from '../cli/data-dir.ts';

const data = cliOnData({ env: { NO_COLOR: '1' } });
const cli = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  data.cli(args, { env: { NO_COLOR: '1', ...env } });
const ok = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  data.ok(args, { env: { NO_COLOR: '1', ...env } });
const sdpOf = async (name: string): Promise<string> => (await ok(['show', name, '--sdp'])).out;

describe('edit --editor', () => {
  beforeEach(async () => {
    await ok([
      'create',
      'Studio',
      '--description',
      'before',
      '--acl',
      'everyone:read,owner:all',
      '--encrypted',
    ]);
  });

  test('[APP-02] the description in an editor: what is saved is published, as a newer version', async () => {
    const before = await sdpOf('Studio');
    const ran = await ok(['edit', 'Studio', '--editor'], { EDITOR: 'sed -i s/before/after/' });
    expect(ran.err).toContain('Changed on');
    const after = await sdpOf('Studio');
    expect(after).toContain('i=after\r\n');
    const version = (sdp: string): bigint => BigInt(/^o=\S+ \S+ (\d+)/m.exec(sdp)?.[1] ?? 0);
    expect(version(after)).toBeGreaterThan(version(before));
    const rest = (sdp: string): string[] => sdp.split('\r\n').filter((line) => !/^[io]=/.test(line));
    expect(rest(after)).toEqual(rest(before));
    // what is not in the description stays
    expect(JSON.parse((await ok(['show', 'Studio', '--json'])).out)).toMatchObject({ isEncrypted: true });
    expect((await ok(['show', 'Studio', '--sddl'])).out).toContain('D:');
  });

  test('an editor that changes nothing changes nothing', async () => {
    const before = await sdpOf('Studio');
    expect((await ok(['edit', 'Studio', '--editor'], { VISUAL: 'true', EDITOR: 'false' })).err).toBe(
      'Nothing was changed.\n',
    );
    expect(await sdpOf('Studio')).toBe(before);
  });

  test('what cannot be taken is kept for another try', async () => {
    const { code, err } = await cli(['edit', 'Studio', '--editor'], { EDITOR: 'cp /dev/null' });
    expect(code).toBe(1);
    expect(err).toContain('SDP:');
    const [, command = ''] = /Once it is right: rendezvous edit Studio .*(--sdp \S+)/.exec(err) ?? [];
    expect(command).toMatch(/description\.sdp$/);
    rmSync(join(command.slice('--sdp '.length), '..'), { recursive: true });
  });

  test('an editor that fails', async () => {
    const { code, err } = await cli(['edit', 'Studio', '--editor'], { EDITOR: 'false' });
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('The editor false failed; nothing was changed.'),
    ]);
  });
});

test('[CNF-10] [CNF-11] the flag of encryption is a word alone, and says so', async () => {
  const flag = async (): Promise<boolean> => JSON.parse((await ok(['show', 'A', '--json'])).out).isEncrypted;
  expect((await ok(['create', 'A', '--encrypted'])).err).toContain('has neither keys nor RTP/SAVP');
  expect(await flag()).toBe(true);
  await ok(['edit', 'A', '--description', 'x']);
  expect(await flag()).toBe(true);
  await ok(['edit', 'A', '--no-encrypted']);
  expect(await flag()).toBe(false);
  const file = data.path('savp.sdp');
  writeFileSync(file, (await sdpOf('A')).replace('RTP/AVP', 'RTP/SAVP'));
  await ok(['edit', 'A', '--sdp', file]);
  expect(await flag()).toBe(true);
  expect((await ok(['edit', 'A', '--no-encrypted'])).err).toContain('"A" stays encrypted');
});

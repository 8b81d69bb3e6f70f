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
    const acl = 'everyone:read,owner:all';
    await ok(['create', 'Studio', '--description', 'before', '--acl', acl, '--encrypted']);
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

test('[CNF-10] [CNF-11] encrypted or not is what the description says, or else a flag', async () => {
  const flag = async (): Promise<boolean> => JSON.parse((await ok(['show', 'A', '--json'])).out).isEncrypted;
  await ok(['create', 'A']);
  expect(await flag()).toBe(false);
  const file = data.path('savp.sdp');
  writeFileSync(file, (await sdpOf('A')).replace('RTP/AVP', 'RTP/SAVP'));
  await ok(['edit', 'A', '--sdp', file]);
  expect(await flag()).toBe(true);
  expect((await ok(['edit', 'A', '--no-encrypted'])).err).toContain('"A" stays encrypted');
  const keyless = await cli(['show', 'A', '--key']);
  expect([keyless.code, keyless.err]).toEqual([1, expect.stringContaining('does not show us the key')]);
});

test('[CNF-10] --encrypted makes a key that nothing shows but show --key, and edit gives others', async () => {
  await ok(['create', 'B', '--encrypted', 'AEAD_AES_128_GCM', '--acl', 'everyone:read,owner:all']);
  const key = async (): Promise<string> =>
    / inline:(\S+)/.exec((await ok(['show', 'B', '--key'])).out)?.[1] ?? '';
  const first = await key();
  expect(Buffer.from(first, 'base64')).toHaveLength(28);
  for (const args of [
    ['show', 'B'],
    ['show', 'B', '--sdp'],
    ['show', 'B', '--json'],
    ['list', '--json'],
    ['export'],
  ]) {
    const { out, err } = await ok(args);
    expect(out).toMatch(/B/);
    expect(out + err).not.toContain(first.slice(0, 12));
  }
  expect((await ok(['export', '--with-keys'])).out).toContain('rdvMediaKey: 0 0 crypto:1 AEAD_AES_128_GCM');
  await ok(['edit', 'B', '--rekey', '1s', '--description', 'x']);
  await expect.poll(key, { timeout: 20_000 }).not.toBe(first);
  expect(await key()).toMatch(/\|2:1$/);
  const file = data.path('keyed.sdp');
  writeFileSync(file, (await ok(['show', 'B', '--key'])).out);
  const taken = await ok(['create', 'C', '--sdp', file]);
  expect(taken.err).toContain('is kept apart from it');
  expect((await ok(['show', 'C', '--sdp'])).out).not.toContain('crypto');
  expect((await cli(['create', 'D', '--encrypted', 'ROT13'])).err).toContain('is no suite');
  expect((await ok(['create', 'E', '--encrypted', '--acl', 'everyone:read'])).err).toContain(
    'add the right to join',
  );
});

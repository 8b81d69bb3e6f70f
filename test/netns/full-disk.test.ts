import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-full-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a full disk: what was acknowledged is there, reads go on, changes are refused in words until there is room', async () => {
  const program = fileURLToPath(new URL('full-disk.ts', import.meta.url));
  // A disk of its own, in a namespace of its own: it is gone with the process.
  const script = 'mount -t tmpfs -o size=1m tmpfs "$1" && exec "$2" "$3" "$1"';
  const flags = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
  const { stdout } = await promisify(execFile)('unshare', [
    ...flags,
    'sh',
    '-c',
    script,
    'sh',
    folder,
    process.execPath,
    program,
  ]);
  const result: {
    acknowledged: number;
    found: number;
    refusal: { code: number; message: string };
    told: string[];
  } = JSON.parse(stdout);
  expect(result).toMatchObject({ missing: [], again: 52, afterwards: 0, notices: 0 });
  expect(result.refusal).toEqual({
    code: 52,
    message: expect.stringMatching(/no room on the disk.*Nothing was changed/),
  });
  expect(result.acknowledged).toBeGreaterThan(10);
  expect(result.found).toBe(result.acknowledged);
  expect(result.told).toEqual([
    expect.stringMatching(/no room on the disk/),
    'the store can be written again',
  ]);
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Home } from '../net/cli-program.ts';
import { blocksOf } from './operations-guide.ts';

test('every command of the guide on what plays where does what it says', async () => {
  await using resources = new AsyncDisposableStack();
  const home = resources.use(new Home());
  const sample = new URL('../corpus/quirks/pipewire-aes67.sdp', import.meta.url);
  writeFileSync(join(home.path, 'stage.sdp'), readFileSync(sample));
  const commands = blocksOf('Will it play there?').flatMap((block) => block.trim().split('\n'));
  expect(commands.length).toBeGreaterThan(5);
  const failed: unknown[] = [];
  for (const command of commands) {
    const { code, err } = await home.shell(`set -o pipefail; cd "${home.path}"; ${command}`);
    if (code !== 0) failed.push([command, code, err]);
  }
  expect(failed).toEqual([]);
});

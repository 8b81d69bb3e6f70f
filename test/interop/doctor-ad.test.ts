import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Check } from '../../cli/doctor/check.ts';
import { Home } from '../net/cli-program.ts';
import { type Samba, startSamba } from '../support/samba.ts';

let samba: Samba;
let home: Home;
beforeAll(async () => {
  samba = await startSamba();
  home = new Home();
  writeFileSync(join(home.path, 'right'), `${samba.adminPassword}\n`, { mode: 0o600 });
}, 240_000);
afterAll(async () => {
  await samba?.stop();
  home?.[Symbol.dispose]();
});

async function consult(...args: readonly string[]): Promise<Map<string, Check>> {
  const where = ['--directory', samba.url, '--interface', 'lo'];
  const { out } = await home.run(['doctor', ...where, '--json', ...args]);
  const { checks }: { checks: Check[] } = JSON.parse(out);
  return new Map(checks.map((it) => [it.id, it]));
}

test('[APP-07] the doctor on Active Directory: its clock, its mechanisms, its own way to end entries', async () => {
  const checks = await consult('--bind-dn', samba.adminDn, '--password-file', join(home.path, 'right'));
  expect(checks.get('directory')).toMatchObject({
    status: 'ok',
    detail: expect.stringContaining('Active Directory'),
  });
  expect(checks.get('directoryClock')).toMatchObject({ status: 'ok' });
  expect(checks.get('directoryBind')?.detail).toMatch(/the server also offers .*GSS/);
  expect(checks.get('directoryWrite')).toMatchObject({ status: 'ok' });
  expect(checks.get('directoryExpiry')?.detail).toMatch(/does not end entries/);
});

test('who is nobody there is told to bind', async () => {
  const checks = await consult();
  const failed = [...checks.values()].filter(
    ({ id, status }) => id.startsWith('directory') && status === 'fail',
  );
  expect(failed).toHaveLength(1);
  expect(failed[0]?.tryThis).toMatch(/--bind-dn|right to read/);
});

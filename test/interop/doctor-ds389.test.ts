import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Check } from '../../cli/doctor/check.ts';
import { schemaText } from '../../directory/schema/index.ts';
import { Home } from '../net/cli-program.ts';
import { type Ds389, startDs389 } from '../support/ds389.ts';

let server: Ds389;
let home: Home;
beforeAll(async () => {
  server = await startDs389();
  await server.modify(schemaText('389ds'));
  home = new Home();
  writeFileSync(join(home.path, 'right'), `${server.adminPassword}\n`, { mode: 0o600 });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  home?.[Symbol.dispose]();
});

test('[APP-07] the doctor on 389 Directory Server: who may publish, and who may not', async () => {
  const consult = async (...args: readonly string[]): Promise<Map<string, Check>> => {
    const where = ['--directory', server.url, '--interface', 'lo'];
    const { out } = await home.run(['doctor', ...where, '--json', ...args]);
    const { checks }: { checks: Check[] } = JSON.parse(out);
    return new Map(checks.map((it) => [it.id, it]));
  };
  const admin = await consult('--bind-dn', server.adminDn, '--password-file', join(home.path, 'right'));
  for (const id of ['Reach', 'Bind', 'Write', 'Expiry', 'Clock', 'Limits']) {
    expect([id, admin.get(`directory${id}`)?.status]).toEqual([id, 'ok']);
  }
  expect(admin.get('directory')).toMatchObject({ status: 'ok', detail: expect.stringContaining('389') });
  expect(admin.get('directoryExpiry')?.detail).toMatch(/does not end entries/);
  const nobody = await consult();
  const failed = [...nobody.values()].filter(
    ({ id, status }) => id.startsWith('directory') && status === 'fail',
  );
  expect(failed).toHaveLength(1);
  expect(failed[0]?.tryThis).toMatch(/--bind-dn|right to read/);
});

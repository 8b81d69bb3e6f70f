/**
 * `npm run bench -- [name…] [--quick|--long] [--write]`: measures us beside others in the same run.
 *
 * Multicast stays on the machine: where it can, everything runs in a network namespace of its own in which loopback is
 * the only interface. `--write` puts the results into `docs/benchmarks.md`, replacing the programs that were run.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Bench, Row } from './harness.ts';
import { commandPath } from './harness.ts';
import { formatRow, writeResults } from './results.ts';

const PROGRAMS: Record<string, () => Promise<{ bench: Bench }>> = {
  sdp: () => import('./sdp.ts'),
  rtp: () => import('./rtp.ts'),
  sockets: () => import('./sockets.ts'),
  join: () => import('./join.ts'),
  pacing: () => import('./pacing.ts'),
  streams: () => import('./streams.ts'),
  playout: () => import('./playout.ts'),
  monitor: () => import('./monitor.ts'),
  srtp: () => import('./srtp.ts'),
  delay: () => import('./delay.ts'),
  soak: () => import('./soak.ts'),
  sap: () => import('./sap.ts'),
  madcap: () => import('./madcap.ts'),
  ldap: () => import('./ldap.ts'),
  abuse: () => import('./ldap-abuse.ts'),
};
const INSIDE = 'RENDEZVOUS_BENCH_NAMESPACE';

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in PROGRAMS));
if (unknown.length > 0) {
  console.error(`No such benchmark: ${unknown.join(', ')}. There are: ${Object.keys(PROGRAMS).join(', ')}`);
  process.exitCode = 2;
} else if (process.env[INSIDE] === undefined && process.platform === 'linux' && commandPath('unshare')) {
  process.exitCode = runInNamespace();
} else {
  await runAll(positionals.length > 0 ? positionals : Object.keys(PROGRAMS));
}

function runInNamespace(): number {
  const setup = 'ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo && exec "$@"';
  const flags = process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net'];
  const again = [process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const { status, error } = spawnSync('unshare', [...flags, 'sh', '-c', setup, 'sh', ...again], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  if (error) throw error;
  return status ?? 1;
}

async function runAll(names: readonly string[]): Promise<void> {
  const results: { name: string; bench: Bench; rows: Row[] }[] = [];
  for (const name of names) {
    const load = PROGRAMS[name];
    if (!load) continue;
    const { bench } = await load();
    console.log(`\n${bench.title}  (${name})`);
    try {
      const rows = await bench.run({
        quick: values.quick,
        long: values.long,
        note: (text) => console.error(`  … ${text}`),
      });
      for (const row of rows) console.log(formatRow(row));
      results.push({ name, bench, rows });
    } catch (error) {
      console.error(`  failed: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
  if (values.write) writeResults(results);
}

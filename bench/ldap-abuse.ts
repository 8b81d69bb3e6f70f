import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { utf8Bytes } from '../src/ldap/index.ts';
import {
  type Bench,
  commandPath,
  endChild,
  median,
  percentile,
  residentMb,
  type Row,
  sleep,
} from './harness.ts';
import { LdapLoad } from './ldap-client.ts';
import * as request from './ldap-requests.ts';
import { startOurs } from './peers/locator-service.ts';
import { ADMIN, startSlapd } from './peers/slapd.ts';

/** What an honest client sees, and what the server takes for it. */
export interface Figures {
  /** Milliseconds for one request, of reads and changes by turns. */
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly worstMs: number;
  readonly rssMb: number;
}
type Server = Awaited<ReturnType<typeof startOurs>>;

/** Abusers, by the way they abuse. */
export const ABUSERS = { none: 0, slow: 1000, storm: 50 } as const;
/** Of the slow ones, those that never read an answer. */
const DEAF = 200;
type Way = keyof typeof ABUSERS;

export const bench: Bench = {
  title: 'LDAP: an honest client among others',
  method:
    'One client connects and binds, reads a conference, refreshes it and finds it by name, one request at a time, in a directory of 2000: ' +
    'alone, beside 1000 connections that are silent, half done, slow or never read their answers, and beside 50 that ' +
    'search without an index as fast as they are answered. Each server has a process of its own, and the abusers one ' +
    'together. For the 1000 our limits of connections were raised to 1100; they are 1000, and 250 from one address.',
  async run({ quick, note }) {
    const rounds = quick ? 100 : 700;
    const ours = await inFolder((folder) => measureAll(() => startOurs(folder, 'process', 1100), rounds));
    const hasSlapd = commandPath('slapd') !== undefined;
    if (!hasSlapd) note('slapd is not installed: nothing to compare with');
    const theirs = hasSlapd
      ? await inFolder((folder) => measureAll(() => startSlapd(folder, { sync: false }), rounds))
      : undefined;
    return TITLES.flatMap(([way, title]) => {
      const row = (what: string, key: keyof Figures, unit: string): Row => ({
        what: `${title}: ${what}`,
        ours: ours[way][key],
        unit,
        ...(theirs && { peer: { name: 'slapd', value: theirs[way][key] } }),
      });
      return [
        row('median', 'medianMs', 'ms'),
        row('99th percentile', 'p99Ms', 'ms'),
        row('worst', 'worstMs', 'ms'),
        row('resident memory', 'rssMb', 'MB'),
      ];
    });
  },
};

const TITLES = [
  ['none', 'alone'],
  ['slow', 'beside 1000 half-open, slow and deaf connections'],
  ['storm', 'beside a storm of 50 searching clients'],
] as const;

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'rendezvous-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureAll(start: () => Promise<Server>, rounds: number): Promise<Record<Way, Figures>> {
  const server = await start();
  try {
    await fill(server.port, 2000);
    const none = await measureAmong(server, 'none', rounds);
    return {
      none,
      slow: await measureAmong(server, 'slow', rounds),
      storm: await measureAmong(server, 'storm', rounds),
    };
  } finally {
    await server.stop();
  }
}

/** Adds the container where it is missing, and `count` conferences. */
export async function fill(port: number, count: number): Promise<void> {
  using client = await honest(port);
  await client.run(
    [
      request.add('o=Intranet', ['organization'], { o: 'Intranet' }),
      request.add(request.BASE, ['organizationalUnit'], { ou: 'Dynamic' }),
    ],
    1,
    [68], // there already
  );
  await client.run(request.sequence(count, (index) => request.conference(request.name(index))));
}

async function honest(port: number): Promise<LdapLoad> {
  const client = await LdapLoad.connect(port);
  const authentication = { kind: 'simple', password: utf8Bytes(ADMIN.password) } as const;
  await client.run([{ type: 'bindRequest', version: 3, name: ADMIN.name, authentication }]);
  return client;
}

/** How an honest client fares while others abuse the server in that way. It connects after them. */
export async function measureAmong(
  { port, pid }: Pick<Server, 'port' | 'pid'>,
  way: Way,
  rounds: number,
  deaf = DEAF,
): Promise<Figures> {
  const program = fileURLToPath(new URL('subjects/ldap-abusers.ts', import.meta.url));
  const args = [program, String(port), way, String(ABUSERS[way]), String(deaf)];
  const abusers = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await once(abusers.stdout, 'data');
    await sleep(200);
    const connecting = performance.now();
    using client = await honest(port);
    const took = [performance.now() - connecting];
    for (let round = 0; round < rounds; round++) {
      const name = request.name(round % 2000);
      for (const op of [request.read(name), request.refresh(name), request.search(`(uid=${name})`)]) {
        const start = performance.now();
        await client.run([op]);
        took.push(performance.now() - start);
      }
    }
    return {
      medianMs: median(took),
      p99Ms: percentile(took, 0.99),
      worstMs: Math.max(...took),
      rssMb: residentMb(pid),
    };
  } finally {
    await endChild(abusers);
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import {
  type Bench,
  type BenchContext,
  endChild,
  median,
  outputOf,
  residentMb,
  type Row,
  spawnOn,
} from './harness.ts';
import { GENERATOR_CORE, startSubject } from './load.ts';

const PORT = 2535;
const OUTSTANDING = 256;
const LEASES = 100_000;

interface Asked {
  readonly done: number;
  readonly resent: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

interface Served extends Asked {
  readonly rssMb: number;
}

export const bench: Bench = {
  title: 'Address server: leasing groups',
  method:
    `Loopback, one program that keeps ${OUTSTANDING} requests under way, on a core of its own; interleaved rounds, medians. ` +
    'Every lease is granted and released again; what is granted is in the file, flushed to the disk, before it is ' +
    'answered, those together that came together. No MADCAP server of others is alive to be held against: beside it a ' +
    'program that sends back whatever comes, with `node:dgram` and nothing else.',
  async run(context) {
    const folder = mkdtempSync(join(tmpdir(), 'rendezvous-madcap-'));
    try {
      return [...(await throughput(context, folder)), ...(await memory(context, folder))];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function serve(
  mode: 'ours' | 'echo',
  path: string,
  kind: string,
  seconds: number,
  outstanding: number,
  count = '',
): Promise<Served> {
  const server = startSubject('madcap-server', mode, PORT, path);
  try {
    await new Promise((resolve) => server.stdout?.once('data', resolve));
    const program = fileURLToPath(new URL('subjects/madcap-clients.ts', import.meta.url));
    const args = [program, kind, PORT, seconds, outstanding, count].map(String);
    const options = { stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'] };
    const asked: Asked = JSON.parse(
      await outputOf(spawnOn(GENERATOR_CORE, process.execPath, args, options), 'clients'),
    );
    return { ...asked, rssMb: server.pid === undefined ? Number.NaN : residentMb(server.pid) };
  } finally {
    await endChild(server);
  }
}

async function throughput({ quick, note }: BenchContext, folder: string): Promise<Row[]> {
  const results = new Map<string, Served[]>();
  const rounds = quick ? 1 : 3;
  for (let round = 0; round < rounds; round++) {
    for (const [name, mode, kind, outstanding] of [
      ['lease', 'ours', 'lease', OUTSTANDING],
      ['info', 'ours', 'info', OUTSTANDING],
      ['one', 'ours', 'lease', 1],
      ['echo', 'echo', 'lease', OUTSTANDING],
      ['echo one', 'echo', 'lease', 1],
    ] as const) {
      note(`${name}, round ${round + 1}`);
      const path = join(folder, `${round}-${name}.db`);
      results.set(name, [
        ...(results.get(name) ?? []),
        await serve(mode, path, kind, quick ? 1 : 3, outstanding),
      ]);
    }
  }
  const of = (name: string, value: (it: Served) => number): number =>
    median((results.get(name) ?? []).map(value));
  const rate = ({ done, seconds }: Served): number => done / seconds;
  const lost = (results.get('lease') ?? []).reduce((sum, { resent }) => sum + resent, 0);
  const leases = of('lease', rate);
  return [
    {
      what: 'leases granted or released a second',
      ours: leases,
      unit: 'requests/s',
      peer: { name: 'UDP echo', value: of('echo', rate) },
      note: `${lost} sent again`,
    },
    {
      what: 'scopes asked for a second',
      ours: of('info', rate),
      unit: 'requests/s',
      peer: { name: 'UDP echo', value: of('echo', rate) },
    },
    {
      what: `a request among ${OUTSTANDING}, median`,
      ours: of('lease', ({ p50 }) => p50),
      unit: 'ms',
      peer: { name: 'UDP echo', value: of('echo', ({ p50 }) => p50) },
      note: `99th percentile ${of('lease', ({ p99 }) => p99).toPrecision(3)} ms`,
    },
    {
      what: 'a request alone, flushed, median',
      ours: of('one', ({ p50 }) => p50),
      unit: 'ms',
      peer: { name: 'UDP echo', value: of('echo one', ({ p50 }) => p50) },
    },
  ];
}

async function memory({ quick, note }: BenchContext, folder: string): Promise<Row[]> {
  const count = quick ? LEASES / 10 : LEASES;
  note(`${count} leases`);
  const path = join(folder, 'many.db');
  const full = await serve('ours', path, 'fill', 120, OUTSTANDING, String(count));
  const empty = await serve('ours', join(folder, 'few.db'), 'fill', 120, 1, '1');
  return [
    {
      what: `memory at ${count.toLocaleString('en-US')} leases`,
      ours: full.rssMb,
      unit: 'MB',
      peer: { name: 'with one lease', value: empty.rssMb },
      note: `filled at ${Math.round(full.done / full.seconds).toLocaleString('en-US')} leases/s`,
    },
  ];
}

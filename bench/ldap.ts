import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LdapRequest, pagedResultsControl, utf8Bytes } from '../src/ldap/index.ts';
import { type Bench, type BenchContext, commandPath, cpuSeconds, residentMb, type Row } from './harness.ts';
import { LdapLoad, type Outcome } from './ldap-client.ts';
import * as request from './ldap-requests.ts';
import { startOurs } from './peers/locator-service.ts';
import { ADMIN, startSlapd } from './peers/slapd.ts';

/** A server under test, on a port of this machine. */
interface Subject {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** What was done in a phase: operations (or entries, for a walk) per second, and the server's CPU time for each. */
interface Figure {
  readonly perSecond: number;
  readonly cpuMicros: number;
}
/** In the order in which they run. */
const PHASES = [
  ['add', 'add'],
  ['base', 'read by DN'],
  ['find', 'find by name'],
  ['prefix', 'find ten by the start of the name'],
  ['first', 'the first search by an attribute without index since the start'],
  ['unindexed', 'find ten by an attribute without index'],
  ['part', 'find ten by a part of an attribute without index'],
  ['walk', 'walk through all in pages of 500, entries'],
  ['refresh', 'refresh'],
  ['hundred', '100 clients at once: find by name, every tenth request a refresh'],
] as const;
type Phase = (typeof PHASES)[number][0];
/** What looks at all entries, and grows with them. */
const SCANS: readonly Phase[] = ['first', 'unindexed', 'part'];
interface Figures {
  phase(name: Phase): Figure;
  readonly rssMb: number;
  readonly startMs: number;
}

/** Slower than slapd by more than this is short of the goal. */
const MOST_TIMES_SLOWER = 2;
const START_MS = 1000;

export const bench: Bench = {
  title: 'LDAP: adding, finding, refreshing conferences',
  method:
    'The same client sends the same requests to our embedded service on TCP and to slapd, up to 200 at a time on one ' +
    'connection, or one at a time on each of 100; entries of about 0.6 kB. slapd has the dds overlay, an mdb database ' +
    'and an index on `uid`; ours is as `serve` runs it but for what is acknowledged: first neither flushes the disk ' +
    'for each change (slapd `dbnosync`, ours durability `process`), then both do. CPU is that of the server, kernel ' +
    'included, for one operation.',
  async run(context) {
    const rows: Row[] = [];
    const hasSlapd = commandPath('slapd') !== undefined;
    if (!hasSlapd) context.note('slapd is not installed: nothing to compare with');
    const cost = new Map<number, Figures>();
    for (const entries of context.quick ? [1000, 10_000] : [1000, 10_000, 100_000]) {
      const title = entries.toLocaleString('en-US');
      context.note(`${title} entries`);
      const ours = await inFolder((folder) => measure(() => startOurs(folder, 'process'), entries, context));
      const theirs = hasSlapd
        ? await inFolder((folder) => measure(() => startSlapd(folder, { sync: false }), entries, context))
        : undefined;
      cost.set(entries, ours);
      rows.push(...compare(title, ours, theirs));
    }
    rows.push(...growth(cost));
    rows.push(...(await flushed(context, hasSlapd)));
    return rows;
  },
};

function compare(title: string, ours: Figures, theirs: Figures | undefined): Row[] {
  const rows = PHASES.map(([phase, what]): Row => {
    const [our, their] = [ours.phase(phase), theirs?.phase(phase)];
    const cpu = (figure: Figure): string => `${Math.round(figure.cpuMicros).toLocaleString('en-US')} µs`;
    return {
      what: `${title} entries: ${what}`,
      ours: our.perSecond,
      unit: 'per second',
      ...(their && {
        peer: { name: 'slapd', value: their.perSecond },
        target: {
          id: 'L1',
          text: `at most ${MOST_TIMES_SLOWER} × slower`,
          met: our.perSecond * MOST_TIMES_SLOWER >= their.perSecond,
        },
      }),
      note: `CPU ${cpu(our)}${their === undefined ? '' : `, slapd ${cpu(their)}`}`,
    };
  });
  const peer = (key: 'rssMb' | 'startMs'): Pick<Row, 'peer'> =>
    theirs === undefined ? {} : { peer: { name: 'slapd', value: theirs[key] } };
  return [
    ...rows,
    {
      what: `${title} entries: started again, until the first answer`,
      ours: ours.startMs,
      unit: 'ms',
      ...peer('startMs'),
      target: { id: 'L2', text: `at most ${START_MS} ms`, met: ours.startMs <= START_MS },
    },
    {
      what: `${title} entries: resident memory after all this`,
      ours: ours.rssMb,
      unit: 'MB',
      ...peer('rssMb'),
    },
  ];
}

/** The server's CPU for one operation may grow as log n does, from the middle size to the largest. */
function growth(cost: ReadonlyMap<number, Figures>): Row[] {
  const sizes = [...cost.keys()];
  const [few, many] = [sizes.at(-2)!, sizes.at(-1)!];
  const [less, more] = [cost.get(few)!, cost.get(many)!];
  const most = (Math.log(many) / Math.log(few)) * 1.15;
  const title = `from ${few.toLocaleString('en-US')} to ${many.toLocaleString('en-US')} entries`;
  return PHASES.filter(([phase]) => !SCANS.includes(phase)).map(([phase, what]) => {
    const times = more.phase(phase).cpuMicros / less.phase(phase).cpuMicros;
    return {
      what: `${title}: CPU, ${what}`,
      ours: times,
      unit: 'times',
      target: {
        id: 'L3',
        text: `at most ${most.toFixed(2)} (log n, and 15 % for noise)`,
        met: times <= most,
      },
    };
  });
}

/** Both with every acknowledged change on the disk. */
async function flushed(context: BenchContext, hasSlapd: boolean): Promise<Row[]> {
  const count = context.quick ? 500 : 3000;
  const rows: Row[] = [];
  for (const { clients, inFlight, adds, how } of [
    { clients: 1, inFlight: 200, adds: count, how: 'up to 200 at a time on one connection' },
    { clients: 1, inFlight: 1, adds: count / 5, how: 'one after the other' },
    { clients: 100, inFlight: 1, adds: count, how: 'one at a time on each of 100 connections' },
  ]) {
    const add = (start: (folder: string) => Promise<Subject>): Promise<number> =>
      inFolder((folder) => addsPerSecond(() => start(folder), clients, inFlight, adds / clients));
    const bare = await add((folder) => startOurs(folder, 'process'));
    rows.push({
      what: `flushed to the disk: add, ${how}`,
      ours: await add((folder) => startOurs(folder, 'power')),
      unit: 'per second',
      ...(hasSlapd && {
        peer: { name: 'slapd', value: await add((folder) => startSlapd(folder, { sync: true })) },
      }),
      note: `without a flush ours does ${Math.round(bare).toLocaleString('en-US')}`,
    });
  }
  return rows;
}

async function addsPerSecond(
  start: () => Promise<Subject>,
  connections: number,
  inFlight: number,
  each: number,
): Promise<number> {
  const subject = await start();
  try {
    using clients = await many(subject.port, connections);
    const begun = performance.now();
    await Promise.all(
      clients.all.map((client, k) =>
        client.run(
          request.sequence(each, (index) => request.conference(request.name(k * each + index))),
          inFlight,
        ),
      ),
    );
    return (each * connections * 1000) / (performance.now() - begun);
  } finally {
    await subject.stop();
  }
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'rendezvous-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A client that may write, and the tree where it does. */
async function prepare(port: number): Promise<LdapLoad> {
  const client = await LdapLoad.connect(port);
  const authentication = { kind: 'simple', password: utf8Bytes(ADMIN.password) } as const;
  await client.run([{ type: 'bindRequest', version: 3, name: ADMIN.name, authentication }]);
  // Ours has the tree from the start.
  const tree = [
    request.add('o=Intranet', ['organization'], { o: 'Intranet' }),
    request.add(request.BASE, ['organizationalUnit'], { ou: 'Dynamic' }),
  ];
  for (const each of tree) await client.run([each], 1, [32, 68]);
  return client;
}

async function measure(
  start: () => Promise<Subject>,
  count: number,
  { quick }: BenchContext,
): Promise<Figures> {
  let subject = await start();
  try {
    const figures = new Map<Phase, Figure>();
    {
      using client = await prepare(subject.port);
      using clients = await many(subject.port, 100);
      const work = phases(client, clients.all, count, quick);
      await work.warmUp();
      for (const [phase] of PHASES) {
        const before = cpuSeconds(subject.pid);
        const { perSecond, operations } = await work[phase]();
        const cpuMicros = ((cpuSeconds(subject.pid) - before) * 1e6) / operations;
        figures.set(phase, { perSecond, cpuMicros });
      }
    }
    const rssMb = residentMb(subject.pid);
    await subject.stop();
    const begun = performance.now();
    subject = await start();
    using client = await LdapLoad.connect(subject.port);
    const { entries } = await client.run([request.search(`(uid=${request.name(count - 1)})`)]);
    if (entries !== 1) throw new Error('the entries are gone after a restart');
    const startMs = performance.now() - begun;
    return { phase: (name) => figures.get(name)!, rssMb, startMs };
  } finally {
    await subject.stop();
  }
}

type Measured = Outcome & { readonly operations: number };

function phases(
  client: LdapLoad,
  clients: readonly LdapLoad[],
  count: number,
  quick: boolean,
): Record<Phase | 'warmUp', () => Promise<Measured>> {
  const { name, originator, sequence, search, conference } = request;
  const repeat = quick ? 2000 : 20_000;
  const anywhere = (index: number): number => (index * 7919) % count; // all over the directory
  const some = (index: number): string => name(anywhere(index));
  const run = async (times: number, make: (index: number) => LdapRequest, each?: number) => {
    const outcome = await client.run(sequence(times, make));
    if (each !== undefined && outcome.entries !== times * each) {
      throw new Error(`${outcome.entries} entries were found instead of ${times * each}`);
    }
    return { ...outcome, operations: times };
  };
  return {
    /** Both servers come to speed on entries that are gone before anything is counted. */
    async warmUp() {
      await run(2000, (index) => conference(`warm-${index}`));
      await run(2000, (index) => search(`(uid=warm-${index})`), 1);
      return run(2000, (index) => request.remove(`warm-${index}`));
    },
    add: () => run(count, (index) => conference(name(index), originator(index))),
    base: () => run(repeat, (index) => request.read(some(index)), 1),
    find: () => run(repeat, (index) => search(`(uid=${some(index)})`), 1),
    prefix: () => run(repeat / 10, (index) => search(`(uid=${some(index).slice(0, -1)}*)`), 10),
    first: () => run(1, () => search(`(originator=${originator(0)})`), 10),
    unindexed: () => run(20, (index) => search(`(originator=${originator(anywhere(index))})`), 10),
    part: () => run(20, (index) => search(`(originator=*r-${originator(anywhere(index)).slice(-6)})`), 10),
    async walk() {
      const outcome = await client.walk(search('(objectClass=rtConference)'), (cookie) =>
        pagedResultsControl({ size: 500, cookie }),
      );
      if (outcome.entries !== count) throw new Error('entries are missing in the walk');
      return { ...outcome, operations: count };
    },
    refresh: () => run(repeat, (index) => request.refresh(some(index))),
    hundred: () => together(clients, repeat / clients.length, some),
  };
}

async function many(
  port: number,
  count: number,
): Promise<Disposable & { readonly all: readonly LdapLoad[] }> {
  const all: LdapLoad[] = [];
  while (all.length < count) all.push(await prepare(port));
  return {
    all,
    [Symbol.dispose]() {
      for (const client of all) client[Symbol.dispose]();
    },
  };
}

/** Requests per second of connections that each wait for every answer. */
async function together(
  clients: readonly LdapLoad[],
  each: number,
  some: (index: number) => string,
): Promise<Measured> {
  const start = performance.now();
  const outcomes = await Promise.all(
    clients.map((client, k) =>
      client.run(
        request.sequence(each, (index) => {
          const which = some(k * each + index);
          return index % 10 === 9 ? request.refresh(which) : request.search(`(uid=${which})`);
        }),
        1,
      ),
    ),
  );
  const operations = each * clients.length;
  const perSecond = (operations * 1000) / (performance.now() - start);
  const entries = outcomes.reduce((sum, outcome) => sum + outcome.entries, 0);
  return { perSecond, entries, operations };
}

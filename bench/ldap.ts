import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import {
  encodeRefreshRequest,
  EXTENDED,
  type LdapRequest,
  parseFilter,
  textAttribute,
  utf8Bytes,
} from '../src/ldap/index.ts';
import { type Bench, type BenchContext, commandPath, endChild, residentMb, type Row } from './harness.ts';
import { LdapLoad } from './ldap-client.ts';
import { ADMIN, startSlapd } from './peers/slapd.ts';

const BASE = 'ou=Dynamic,o=Intranet';

interface Figures {
  add: number;
  find: number;
  prefix: number;
  refresh: number;
  rssMb: number;
}

export const bench: Bench = {
  title: 'LDAP: adding, finding, refreshing conferences',
  method:
    'The same client sends the same requests to our embedded service on TCP and to slapd, up to 200 at a time on one ' +
    'connection; entries of about 0.6 kB. slapd has the dds overlay, an mdb database with `dbnosync` and an index on ' +
    '`uid`; our store has SQLite in WAL mode with synchronous=NORMAL: neither flushes the disk for each change.',
  async run(context) {
    const rows: Row[] = [];
    for (const entries of context.quick ? [1000] : [1000, 100_000]) {
      const ours = await inFolder((folder) => measureOurs(folder, entries, context));
      const theirs =
        commandPath('slapd') === undefined
          ? undefined
          : await inFolder((folder) => measureSlapd(folder, entries, context));
      if (!theirs) context.note('slapd is not installed: nothing to compare with');
      const row = (what: string, key: keyof Figures, unit = 'per second'): Row => ({
        what: `${entries.toLocaleString('en-US')} entries: ${what}`,
        ours: ours[key],
        unit,
        ...(theirs && { peer: { name: 'slapd', value: theirs[key] } }),
      });
      rows.push(
        row('add', 'add'),
        row('find by name', 'find'),
        row('find ten by the start of the name', 'prefix'),
        row('refresh', 'refresh'),
        row('resident memory afterwards', 'rssMb', 'MB'),
      );
    }
    return rows;
  },
};

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'rendezvous-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureOurs(folder: string, entries: number, context: BenchContext): Promise<Figures> {
  const program = fileURLToPath(new URL('subjects/locator-service.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [port]: unknown[] = await once(child.stdout, 'data');
    using client = await LdapLoad.connect(Number(String(port)));
    return { ...(await measure(client, entries, context)), rssMb: residentMb(child.pid ?? 0) };
  } finally {
    await endChild(child);
  }
}

async function measureSlapd(folder: string, entries: number, context: BenchContext): Promise<Figures> {
  const slapd = await startSlapd(folder);
  try {
    using client = await LdapLoad.connect(slapd.port);
    const authentication = { kind: 'simple', password: utf8Bytes(ADMIN.password) } as const;
    await client.run([{ type: 'bindRequest', version: 3, name: ADMIN.name, authentication }]);
    await client.run([add('o=Intranet', ['organization'], { o: 'Intranet' })]);
    await client.run([add(BASE, ['organizationalUnit'], { ou: 'Dynamic' })]);
    return { ...(await measure(client, entries, context)), rssMb: residentMb(slapd.pid) };
  } finally {
    await slapd.stop();
  }
}

async function measure(
  client: LdapLoad,
  count: number,
  { quick }: BenchContext,
): Promise<Omit<Figures, 'rssMb'>> {
  const repeat = quick ? 2000 : 20_000;
  const some = (index: number): string => name((index * 7919) % count); // all over the directory
  // Both servers come to speed on entries that are gone before anything is counted.
  await client.run(sequence(2000, (index) => conference(`warm-${index}`)));
  await client.run(sequence(2000, (index) => search(`(uid=warm-${index})`)));
  await client.run(sequence(2000, (index) => ({ type: 'delRequest', entry: `uid=warm-${index},${BASE}` })));
  const added = await client.run(sequence(count, (index) => conference(name(index))));
  const found = await client.run(sequence(repeat, (index) => search(`(uid=${some(index)})`)));
  const prefixed = await client.run(
    sequence(repeat / 10, (index) => search(`(uid=${some(index).slice(0, -1)}*)`)),
  );
  const refreshed = await client.run(sequence(repeat, (index) => refresh(some(index))));
  if (found.entries !== repeat || prefixed.entries !== repeat) throw new Error('entries were not found');
  return {
    add: added.perSecond,
    find: found.perSecond,
    prefix: prefixed.perSecond,
    refresh: refreshed.perSecond,
  };
}

function* sequence(count: number, make: (index: number) => LdapRequest): Generator<LdapRequest> {
  for (let index = 0; index < count; index++) yield make(index);
}

const name = (index: number): string => `conference-${String(index).padStart(6, '0')}`;

function add(
  entry: string,
  classes: readonly string[],
  texts: Readonly<Record<string, string>>,
): LdapRequest {
  const attributes = Object.entries(texts).map(([type, value]) => textAttribute(type, value));
  return { type: 'addRequest', entry, attributes: [textAttribute('objectClass', ...classes), ...attributes] };
}

function conference(uid: string): LdapRequest {
  const conferenceBlob = [
    'v=0',
    'o=alice 3927000000 1 IN IP4 host.example',
    `s=${uid}`,
    'i=A conference that exists to be counted, with a description of ordinary length',
    'c=IN IP4 239.255.17.4/15',
    't=3927000000 3927001800',
    'm=audio 22716 RTP/AVP 0',
    'a=rtpmap:0 PCMU/8000',
    'a=ptime:20',
    '',
  ].join('\r\n');
  const fields = { uid, cn: uid, protocolID: 'IP Conference', originator: 'alice', conferenceBlob };
  return add(`uid=${uid},${BASE}`, ['rtConference', 'dynamicObject'], fields);
}

const search = (filter: string): LdapRequest => ({
  type: 'searchRequest',
  baseObject: BASE,
  scope: 'one',
  derefAliases: 'never',
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
  filter: parseFilter(filter),
  attributes: [],
});

const refresh = (uid: string): LdapRequest => ({
  type: 'extendedRequest',
  requestName: EXTENDED.refresh,
  requestValue: encodeRefreshRequest({ entryName: `uid=${uid},${BASE}`, requestTtl: 1800 }),
});

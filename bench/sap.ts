import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Bench, type BenchContext, median, outputOf, type Row, sleep, spawnOn } from './harness.ts';
import { GENERATOR_CORE, type LoadResult, startSubject } from './load.ts';
import { VlcListener } from './peers/vlc.ts';

const GROUP = '224.2.127.254'; // VLC listens to no other
const SESSIONS = 20_000;

interface ListenResult extends LoadResult {
  readonly sessions: number;
}

/** What `subjects/sap-cache.ts` says. */
interface CacheResult {
  readonly megabytes: number;
  readonly firstMicros: number;
  readonly againMicros: number;
  readonly bytes: number;
}

export const bench: Bench = {
  title: 'Session announcements: listening',
  method:
    'Loopback, 20,000 sessions of 270 bytes announced in turn by one program with `node:dgram` on a core of its own; ' +
    'interleaved rounds, medians. Ours is the sockets and the listener with its cache, expiry, shares and counts. "Bare" ' +
    'counts datagrams; sdp-transform reads each description, which is then kept by its origin. The memory is that of a ' +
    'process that listens to 100,000 sessions of 1,000 hosts, without sockets.',
  async run(context) {
    return [...(await intake(context)), ...(await listing(context)), ...(await inProcess(context))];
  },
};

async function listen(mode: string, rate: number, seconds: number): Promise<ListenResult> {
  const listener = startSubject('sap-listener', mode, GROUP, seconds);
  const output = outputOf(listener, `${mode} listener`);
  await new Promise((resolve) => listener.stdout?.once('data', resolve));
  await outputOf(announcers(rate, seconds), 'announcers');
  const result: ListenResult = JSON.parse((await output).replace('ready\n', ''));
  return result;
}

function announcers(rate: number, seconds: number): ReturnType<typeof spawnOn> {
  const program = fileURLToPath(new URL('subjects/sap-announcers.ts', import.meta.url));
  const args = [program, GROUP, SESSIONS, rate, seconds].map(String);
  return spawnOn(GENERATOR_CORE, process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function intake({ quick, note }: BenchContext): Promise<Row[]> {
  const modes = ['ours', 'bare', 'parsed'];
  const paced = new Map<string, ListenResult[]>();
  const flooded = new Map<string, ListenResult[]>();
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    for (const mode of modes) {
      note(`${mode}, round ${round + 1}`);
      paced.set(mode, [...(paced.get(mode) ?? []), await listen(mode, 50_000, 2)]);
      flooded.set(mode, [...(flooded.get(mode) ?? []), await listen(mode, 0, 1)]);
    }
  }
  const of = (from: Map<string, ListenResult[]>, mode: string, value: (it: ListenResult) => number): number =>
    median((from.get(mode) ?? []).map(value));
  const perSecond = ({ packets, seconds }: ListenResult): number => packets / seconds;
  const load = ({ cpuSeconds, seconds }: ListenResult): number => (100 * cpuSeconds) / seconds;
  const cost = ({ cpuSeconds, packets }: ListenResult): number => (1e6 * cpuSeconds) / packets;
  const rate = of(paced, 'ours', perSecond);
  const busy = of(paced, 'ours', load);
  const listed = of(paced, 'ours', ({ sessions }) => sessions);
  return [
    {
      what: 'a core, at 50,000 announcements/s',
      ours: busy,
      unit: '%',
      peer: { name: 'bare dgram', value: of(paced, 'bare', load) },
      target: { id: 'P9', text: 'at most 40 % of a core', met: busy <= 40 && rate >= 49_000 },
      note: `${Math.round(rate).toLocaleString('en-US')} announcements/s taken`,
    },
    {
      what: 'CPU for each announcement, at 50,000/s',
      ours: of(paced, 'ours', cost),
      unit: 'µs',
      peer: { name: 'sdp-transform', value: of(paced, 'parsed', cost) },
    },
    {
      what: 'listed of 20,000 sessions at 50,000 announcements/s',
      ours: listed,
      unit: 'sessions',
      target: { id: 'P9', text: 'all', met: listed === SESSIONS },
    },
    ...[
      { mode: 'bare', name: 'bare dgram' },
      { mode: 'parsed', name: 'sdp-transform' },
    ].map(({ mode, name }) => ({
      what: 'flooded',
      ours: of(flooded, 'ours', perSecond),
      unit: 'announcements/s',
      peer: { name, value: of(flooded, mode, perSecond) },
    })),
  ];
}

/** VLC shows what it hears, so it has to do more with each; the number of sessions is what counts. */
async function listing({ quick, note }: BenchContext): Promise<Row[]> {
  const rate = 10_000;
  const seconds = quick ? 3 : 6;
  note('VLC');
  await using vlc = await VlcListener.start();
  if (vlc === undefined) return [];
  const before = vlc.cpuSeconds;
  await outputOf(announcers(rate, seconds), 'announcers');
  await sleep(1000);
  const spent = vlc.cpuSeconds - before;
  const theirs = await vlc.listed('Bench session');
  const { sessions, cpuSeconds, packets } = await listen('ours', rate, seconds);
  const each = (1e6 * cpuSeconds) / packets;
  return [
    {
      what: 'listed of 20,000 sessions at 10,000 announcements/s',
      ours: sessions,
      unit: 'sessions',
      peer: { name: 'VLC', value: theirs },
      target: { id: 'P9', text: 'all', met: sessions === SESSIONS },
      note: `CPU for each announcement ${each.toPrecision(2)} µs, VLC ${((1e6 * spent) / (rate * seconds)).toPrecision(2)} µs`,
    },
  ];
}

async function inProcess({ note }: BenchContext): Promise<Row[]> {
  note('memory');
  const output = await outputOf(startSubject('sap-cache', 100_000, 1000), 'cache');
  const { megabytes, firstMicros, againMicros, bytes }: CacheResult = JSON.parse(output);
  return [
    {
      what: 'memory for 100,000 sessions',
      ours: megabytes,
      unit: 'MB',
      note: `${Math.round(megabytes * 10)} bytes for an announcement of ${bytes}`,
    },
    { what: 'a new session, without socket', ours: firstMicros, unit: 'µs' },
    { what: 'one of 100,000 sessions heard again, without socket', ours: againMicros, unit: 'µs' },
  ];
}

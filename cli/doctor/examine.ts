import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createConference, type Directory, STORE_FILE } from '../../directory/index.ts';
import { randomGroup } from '../../src/ip/index.ts';
import {
  chooseInterface,
  type Clock,
  DSCP,
  inspectHost,
  kernelHoldsMembership,
  observeDscp,
  openMulticastSocket,
} from '../../src/net/index.ts';
import type { CliContext } from '../context.ts';
import { FailedError } from '../errors.ts';
import { soundHere } from '../join/terminals.ts';
import { messageOf } from '../output/output.ts';
import { printable } from '../output/printable.ts';
import type { DirectoryTrial, DoctorFacts, MulticastTrial, StoreTrial, Tried } from './facts.ts';

export interface ExamineOptions {
  /** Default one drawn from scope local. */
  readonly group?: string | undefined;
  readonly port?: number | undefined;
  readonly interface?: string | undefined;
}

const PROBES = 10;
const SPACING_MS = 5;
/** Longest wait for the last probe to come back. */
const PATIENCE_MS = 500;
/** Conferences counted at most: the doctor needs to know that a search works, not how much there is. */
const MOST_COUNTED = 1000;
const PROBE_TTL_SECONDS = 300;
const SOUND_PROGRAMS = ['pw-cat', 'arecord', 'aplay', 'sox', 'ffmpeg'];

/** Tries everything that the checks ask about. Sends a few packets to one group, and one entry to the directory. */
export async function examine(ctx: CliContext, options: ExamineOptions): Promise<DoctorFacts> {
  const { random, env } = ctx.host;
  const group = options.group ?? randomGroup('local', random);
  const port = options.port ?? 20_000 + 2 * Math.floor(random() * 6000);
  const place = { group, port, ...(options.interface === undefined ? {} : { interface: options.interface }) };
  const [chosen, multicast] = await tryMulticast(place, ctx.clock);
  const { target } = await ctx.firstDirectory();
  const { directory, store } = await examineDirectory(ctx, target);
  return {
    node: process.versions.node,
    platform: process.platform,
    host: inspectHost(),
    group,
    port,
    chosen,
    multicast,
    directoryTarget: target,
    directory,
    store,
    soundPrograms: SOUND_PROGRAMS.filter((name) => isOnPath(name, env['PATH'] ?? '')),
    soundHere: soundHere(env),
  };
}

async function attempt<T>(work: () => Promise<T> | T): Promise<Tried<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: printable(messageOf(error)) };
  }
}

interface Place {
  readonly group: string;
  readonly port: number;
  readonly interface?: string;
}

async function tryMulticast(
  place: Place,
  clock: Clock,
): Promise<[DoctorFacts['chosen'], Tried<MulticastTrial>]> {
  const chosen = await attempt(() => chooseInterface(place.interface, place.group));
  if (chosen.value === undefined) return [chosen, { error: chosen.error }];
  return [chosen, await attempt(() => sendAndHear(place, clock))];
}

/**
 * One socket sends to the group with DSCP EF, another hears, a third looks at the marks. TTL 0 keeps the packets on this
 * host: what is examined is this host, and nobody else is to hear of it.
 */
async function sendAndHear(place: Place, clock: Clock): Promise<MulticastTrial> {
  await using hearer = await openMulticastSocket(place);
  await using sender = await openMulticastSocket({ ...place, ttl: 0, dscp: DSCP.EF, join: false });
  const stop = new AbortController();
  const arrival = observeDscp({
    ...place,
    enough: PROBES,
    durationMs: PROBES * SPACING_MS + PATIENCE_MS,
    signal: stop.signal,
  });
  arrival.catch(() => {}); // asked for below
  let received = 0;
  hearer.onDatagram(({ bytes }) => {
    if (bytes.length === 1) received++;
  });
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      clock.timer(resolve).set(clock.now() + ms);
    });
  await pause(50); // the observer looks up its interface first
  for (let i = 0; i < PROBES; i++) {
    sender.send(Uint8Array.of(i));
    await pause(SPACING_MS);
  }
  const end = clock.now() + PATIENCE_MS;
  const isOver = (): boolean => received >= PROBES || clock.now() >= end;
  while (!isOver()) await pause(10);
  stop.abort();
  const { name } = hearer.interface;
  return {
    sent: PROBES,
    received,
    receiveBuffer: hearer.receiveBuffer,
    qos: sender.qos,
    membership: kernelHoldsMembership(place.group, name),
    warnings: [...new Set([...hearer.warnings, ...sender.warnings])],
    arrival: await arrival,
  };
}

async function examineDirectory(
  ctx: CliContext,
  target: string,
): Promise<Pick<DoctorFacts, 'directory' | 'store'>> {
  const begun = ctx.clock.now();
  const opened = await attempt(() => ctx.openDirectory());
  if (opened.value === undefined) {
    return { directory: { error: opened.error }, store: undefined };
  }
  await using open = opened.value;
  const trial = await attempt(() => tryDirectory(ctx, open, begun));
  const folder = target === 'embedded' ? /^embedded:(.*)$/s.exec(open.url)?.[1] : undefined;
  const store = folder === undefined ? undefined : await attempt(() => tryStore(join(folder, STORE_FILE)));
  return { directory: trial, store };
}

async function tryDirectory(ctx: CliContext, directory: Directory, begun: number): Promise<DirectoryTrial> {
  const found = await directory.search({ sizeLimit: MOST_COUNTED }).toArray();
  const tookMs = ctx.clock.now() - begun;
  const { displayName, type, isDynamic } = directory;
  return {
    displayName,
    type,
    isDynamic,
    conferences: found.length,
    tookMs,
    probe: await attempt(() => tryPublishing(ctx, directory)),
  };
}

/** Makes an entry with a name that nobody else uses, finds it, removes it. */
async function tryPublishing(ctx: CliContext, directory: Directory): Promise<true> {
  const unique = Math.floor(ctx.host.random() * 2 ** 32).toString(16);
  const { now } = ctx;
  const name = `rendezvous-doctor-${unique}`;
  const probe = createConference({ name, now, stopTime: new Date(now.getTime() + 60_000) });
  await directory.add(probe, { ttlSeconds: PROBE_TTL_SECONDS });
  try {
    if ((await directory.get(name)) === undefined) throw new FailedError('it was accepted and is not found');
  } finally {
    await directory.delete(probe);
  }
  if ((await directory.get(name)) !== undefined) throw new FailedError('it was deleted and is still found');
  return true;
}

/** SQLite's own look at the file. */
async function tryStore(path: string): Promise<StoreTrial> {
  const { DatabaseSync } = await import('node:sqlite');
  using database = new DatabaseSync(path, { readOnly: true });
  const row = database.prepare('PRAGMA quick_check(1)').get();
  return { path, bytes: statSync(path).size, verdict: String(row?.['quick_check']) };
}

function isOnPath(program: string, path: string): boolean {
  const names = process.platform === 'win32' ? [`${program}.exe`, `${program}.cmd`] : [program];
  return path
    .split(delimiter)
    .some((folder) => names.some((name) => folder !== '' && isExecutable(join(folder, name))));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

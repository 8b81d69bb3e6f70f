import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { randomGroup } from '../../src/ip/index.ts';
import {
  chooseInterface,
  type Clock,
  DSCP,
  inspectHost,
  kernelHoldsMembership,
  observeDscp,
  openMulticastSocket,
  readFirewall,
} from '../../src/net/index.ts';
import type { CliContext } from '../context.ts';
import { type DirectoryChoice, isAnnounced } from '../directories.ts';
import { soundHere } from '../join/terminals.ts';
import { attempt } from './attempt.ts';
import { findClashes, type Occupied, occupiedIn } from './clashes.ts';
import { examineDirectory } from './examine-directory.ts';
import { lookForQueriers, scopeRoutes, tryReach } from './examine-network.ts';
import type { DirectoryFacts, DoctorFacts, MulticastTrial, Tried } from './facts.ts';

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
const SOUND_PROGRAMS = ['pw-cat', 'arecord', 'aplay', 'sox', 'ffmpeg'];

/** Tries everything that the checks ask about. Sends a few packets to one group, and one entry to the directory. */
export async function examine(ctx: CliContext, options: ExamineOptions): Promise<DoctorFacts> {
  const { random, env } = ctx.host;
  const group = options.group ?? randomGroup('local', random);
  const port = options.port ?? 20_000 + 2 * Math.floor(random() * 6000);
  const place = { group, port, ...(options.interface === undefined ? {} : { interface: options.interface }) };
  const host = inspectHost();
  const [chosen, multicast] = await tryMulticast(place, ctx.clock);
  const onLoopback = chosen.value?.internal === true && options.interface !== undefined;
  // who asks for loopback wants nothing sent elsewhere
  const network = onLoopback ? [] : lookForQueriers(host, options.interface, ctx.clock, random);
  const reach =
    chosen.value === undefined || chosen.value.internal
      ? undefined
      : await attempt(() => tryReach(place, chosen.value.name, host, ctx.clock));
  const [queriers, scopes, firewallRules] = await Promise.all([network, scopeRoutes(), readFirewall()]);
  const directories: DirectoryFacts[] = [];
  const announced: (readonly Occupied[])[] = [];
  for (const choice of await ctx.directories()) {
    if (isAnnounced(choice.target)) announced.push(await announcedGroups(ctx, choice));
    else directories.push(await examineDirectory(ctx, choice));
  }
  const occupied = [
    ...announced,
    ...directories.flatMap((it) => (it.occupied === undefined ? [] : [it.occupied])),
  ];
  return {
    now: ctx.now,
    node: process.versions.node,
    platform: process.platform,
    host,
    group,
    port,
    chosen,
    multicast,
    scopes,
    reach: reach?.value,
    queriers,
    firewallRules,
    clashes: occupied.length === 0 ? undefined : findClashes(occupied.flat()),
    directories,
    soundPrograms: SOUND_PROGRAMS.filter((name) => isOnPath(name, env['PATH'] ?? '')),
    soundHere: soundHere(env),
  };
}

/** Announced sessions are in the way of others like any conference; nothing else of them is a matter of this computer. */
async function announcedGroups(ctx: CliContext, choice: DirectoryChoice): Promise<readonly Occupied[]> {
  const { value } = await attempt(async () => {
    await using directory = await ctx.openChoice(choice);
    return occupiedIn(directory);
  });
  return value ?? [];
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

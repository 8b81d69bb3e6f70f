import type { Announcement, Listening } from '../../directory/index.ts';
import type { SapUnreadSender } from '../../src/sap/index.ts';
import type { DiscoverOptions } from '../commands/discover.ts';
import { parseWait } from '../config-sap.ts';
import type { CliContext } from '../context.ts';
import { Interrupts } from '../interrupts.ts';
import { printable } from '../output/printable.ts';
import { spanText } from '../output/times.ts';
import { ANNOUNCEMENT_FIELDS, announcementColumns, announcementJson } from '../view/announcement.ts';
import { compareNames } from '../view/conference.ts';

const DEFAULT_WAIT_MS = 5000;
/** Hosts that a remark names at most. */
const MOST_NAMED = 4;

export async function runDiscover(ctx: CliContext, options: DiscoverOptions): Promise<void> {
  const waitMs = options.wait === undefined ? DEFAULT_WAIT_MS : parseWait(options.wait);
  const { openListening } = await import('../../directory/index.ts');
  const { interface: interfaces, group: groups } = options;
  await using listening = await openListening({
    ...(await ctx.announcedOptions({
      ...(interfaces === undefined ? {} : { interfaces }),
      ...(groups === undefined ? {} : { groups }),
      fromCacheOnly: waitMs === 0 && options.watch !== true,
    })),
    dataDir: await ctx.requireDataDir(),
    clock: ctx.clock,
  });
  if (options.watch === true) {
    const { watchAnnouncements } = await import('./discover-watch.ts');
    return await watchAnnouncements(ctx, listening, options);
  }
  using interrupts = new Interrupts(ctx.host);
  if (waitMs > 0) {
    ctx.err.note(`Listening for ${spanText(waitMs)} ${placesText(listening)}; Ctrl-C ends it sooner …`);
  }
  await Promise.race([listening.until(waitMs), interrupts.interrupted]);
  await tellAll(ctx, listening, waitMs, options);
}

async function tellAll(
  ctx: CliContext,
  listening: Listening,
  waitMs: number,
  { json, long = false }: DiscoverOptions,
): Promise<void> {
  const { designations } = await import('../../directory/index.ts');
  const all = listening.announcements.sort(byName);
  const calls = designations(all);
  if (json === true) {
    const heard = { kind: 'listening', seconds: waitMs / 1000, ...heardJson(listening) };
    return ctx.out.json([...all.map((it) => announcementJson(it, calls.get(it))), heard]);
  }
  if (!ctx.out.isTerminal) ctx.out.table(ANNOUNCEMENT_FIELDS, all);
  else if (all.length > 0) ctx.out.table(announcementColumns(ctx.now, long, calls), all);
  for (const text of [
    ...remarks(listening, all),
    ...(all.length === 0 ? [silence(listening, waitMs)] : []),
  ]) {
    ctx.err.note(text);
  }
}

export const byName = (a: Announcement, b: Announcement): number =>
  compareNames(a, b) || a.firstHeard.getTime() - b.firstHeard.getTime();

/** Where is listened, for people. */
export function placesText({ interfaces, groups }: Listening): string {
  const where = interfaces.length === 0 ? 'no interface' : interfaces.join(', ');
  const named = groups.length > 4 ? `${groups.length} SAP groups` : groups.join(', ');
  return `on ${where} to ${named}`;
}

/** What was listened to, and what was heard that is no session to be shown. */
export function heardJson({ interfaces, groups, stats, unreadSenders }: Listening): object {
  return {
    interfaces,
    groups,
    received: stats?.received ?? 0,
    encrypted: stats?.encrypted ?? 0,
    undecodable: undecodable(stats),
    refused: stats?.overQuota ?? 0,
    unreadSenders,
  };
}

function undecodable(stats: Listening['stats']): number {
  return (stats?.malformed ?? 0) + (stats?.version0 ?? 0) + (stats?.otherPayloads ?? 0);
}

/** What a person should know beyond the sessions. */
export function remarks(
  { stats, unreadSenders }: Pick<Listening, 'stats' | 'unreadSenders'>,
  all: readonly Announcement[],
): string[] {
  const recalled = all.filter(({ isRecalled }) => isRecalled).length;
  const count = (n: number, one: string, many: string): string[] =>
    n === 0 ? [] : [n === 1 ? `1 ${one}` : `${n} ${many}`];
  const encrypted = sendersText(unreadSenders, (it) => it.encrypted);
  const damaged = sendersText(unreadSenders, (it) => it.malformed + it.version0 + it.otherPayloads);
  return [
    ...count(
      recalled,
      'session is known from before; it was not announced while we listened.',
      'sessions are known from before; they were not announced while we listened.',
    ),
    ...count(
      stats?.encrypted ?? 0,
      `announcement was encrypted: nobody here has its key${encrypted}.`,
      `announcements were encrypted: nobody here has their keys${encrypted}.`,
    ),
    ...count(
      undecodable(stats),
      `datagram was no announcement of a session description${kindsText(stats)}${damaged}.`,
      `datagrams were no announcements of session descriptions${kindsText(stats)}${damaged}.`,
    ),
    ...count(
      stats?.overQuota ?? 0,
      'announcement was left out: its sender announces too many.',
      'announcements were left out: their senders announce too many.',
    ),
  ];
}

/** The hosts that sent most of it: `, from 192.0.2.7 (12), 192.0.2.8 (3) and 2 more`. */
function sendersText(
  senders: Listening['unreadSenders'],
  countOf: (sender: SapUnreadSender) => number,
): string {
  const guilty = senders.filter((it) => countOf(it) > 0).sort((a, b) => countOf(b) - countOf(a));
  if (guilty.length === 0) return '';
  const named = guilty.slice(0, MOST_NAMED).map((it) => `${printable(it.sender)} (${countOf(it)})`);
  const more = guilty.length > named.length ? ` and ${guilty.length - named.length} more` : '';
  return `, from ${named.join(', ')}${more}`;
}

function kindsText(stats: Listening['stats']): string {
  const kinds = [
    [stats?.malformed ?? 0, 'damaged'],
    [stats?.version0 ?? 0, 'of the older version 0'],
    [stats?.otherPayloads ?? 0, 'with another payload'],
  ] as const;
  const named = kinds.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`);
  return named.length === 0 ? '' : ` (${named.join(', ')})`;
}

function silence(listening: Listening, waitMs: number): string {
  if (waitMs === 0) return 'No announced session is known from before. Listen: rendezvous discover';
  return `Nothing was announced within ${spanText(waitMs)} ${placesText(listening)}. Audio devices announce every few seconds to half a minute, programs that follow RFC 2974 every 5 to 10 minutes: wait longer with --wait 10m or --watch, and see whether multicast arrives at all with rendezvous doctor.`;
}

import { formatEndpoint } from '../../src/ip/index.ts';
import type { AccessRights, Conference, Directory, GroupChoice, TimeZone } from '../../directory/index.ts';
import type { AdvertisingScope } from '../../src/ip/index.ts';
import { SCOPE_RANGES } from '../../src/ip/index.ts';
import type { EmailContact, MediaInit, PhoneContact } from '../../src/sdp/index.ts';
import type { ConferenceOptions } from '../commands/conference-options.ts';
import type { CliContext } from '../context.ts';
import { FailedError, UsageError } from '../errors.ts';
import { parseEmail, parsePhone } from '../input/contact.ts';
import { parseDuration } from '../input/duration.ts';
import { type GroupSpec, parseGroup } from '../input/group.ts';
import { type MediaSpec, parseMedia } from '../input/media.ts';
import { parseSeconds } from '../input/seconds.ts';
import { parseRepeatRule } from '../input/repeat.ts';
import { parseStop, type parseTime } from '../input/time.ts';
import { dayAfter, parseTimeIn } from '../input/zone-time.ts';
import { messageOf } from '../output/output.ts';
import type { RepeatPlan } from './repeat-plan.ts';

/** The options of `create` and `edit` as values; absent ones were not given. */
export interface ConferencePlan {
  readonly media?: readonly MediaSpec[];
  readonly groups: readonly GroupSpec[];
  readonly scope?: AdvertisingScope;
  readonly emails?: readonly EmailContact[];
  readonly phones?: readonly PhoneContact[];
  readonly ttlSeconds?: number;
  readonly acl?: AccessRights;
  /** Text of `--sdp`. */
  readonly sdp?: Uint8Array;
  /** How often; undefined when nothing was said of that. */
  readonly repeat?: RepeatPlan;
  /** Start and stop for a conference that had these; undefined when no time was given. */
  times(before: Times | undefined, now: Date): Times | undefined;
}

export interface Times {
  readonly start: Date | undefined;
  readonly stop: Date | null;
}

const MAX_SDP_BYTES = 1024 * 1024;

/** @throws {UsageError} when an option cannot be understood, or two exclude each other */
export async function readPlan(ctx: CliContext, options: ConferenceOptions): Promise<ConferencePlan> {
  const { scope, sdp, media, group = [], email, phone, ttl } = options;
  const zone = await readZone(options);
  if (sdp !== undefined && media !== undefined) {
    throw new UsageError('--sdp brings its own media: leave out --media');
  }
  const nonEmpty = (values: readonly string[]): readonly string[] => values.filter((value) => value !== '');
  return {
    groups: group.map(parseGroup),
    ...(media === undefined ? {} : { media: media.map(parseMedia) }),
    ...(scope === undefined ? {} : { scope }),
    ...(email === undefined ? {} : { emails: nonEmpty(email).map(parseEmail) }),
    ...(phone === undefined ? {} : { phones: nonEmpty(phone).map(parsePhone) }),
    ...(ttl === undefined ? {} : { ttlSeconds: parseSeconds(ttl) }),
    ...(await readAcl(options)),
    ...(sdp === undefined ? {} : { sdp: await readDescription(ctx, sdp) }),
    ...readRepeat(options, zone, ctx.now),
    times: (before, now) => readTimes(options, zone, before, now),
  };
}

/** @throws {InvalidValueError} when a list or SDDL cannot be read */
export async function readAcl({
  acl,
  sddl,
}: Pick<ConferenceOptions, 'acl' | 'sddl'>): Promise<Pick<ConferencePlan, 'acl'>> {
  if (acl === undefined && sddl === undefined) return {};
  const { AccessRights } = await import('../../directory/index.ts');
  return { acl: sddl === undefined ? AccessRights.parse(acl ?? '') : AccessRights.fromSddl(sddl) };
}

/**
 * The bytes of a session description in a file, or on standard input with `-`.
 *
 * @throws {FailedError} when it is none, naming the file
 */
async function readDescription(ctx: CliContext, path: string): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises');
  const bytes = path === '-' ? await readStandardInput(ctx) : await readFile(path);
  const { SessionDescription } = await import('../../src/sdp/index.ts');
  try {
    SessionDescription.parse(bytes);
  } catch (error) {
    const where = path === '-' ? 'Standard input' : path;
    throw new FailedError(`${where} is no session description: ${messageOf(error)}`, { cause: error });
  }
  return bytes;
}

async function readStandardInput({ host, err }: CliContext): Promise<Uint8Array> {
  if (host.stdin.isTTY) err.note('Reading a session description from the terminal; end it with Ctrl-D.');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of host.stdin) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    chunks.push(bytes);
    length += bytes.length;
    if (length > MAX_SDP_BYTES) throw new UsageError('Standard input is too long for a session description');
  }
  return Buffer.concat(chunks);
}

/** Zone of the times given; undefined for the one of this computer. */
async function readZone({ zone, repeat }: ConferenceOptions): Promise<TimeZone | undefined> {
  if (zone === undefined && repeat === undefined) return undefined;
  const { TimeZone } = await import('../../directory/index.ts');
  return new TimeZone(zone);
}

function readRepeat(
  { repeat, until }: ConferenceOptions,
  zone: TimeZone | undefined,
  now: Date,
): { readonly repeat?: RepeatPlan } {
  if (repeat === undefined || zone === undefined) {
    if (until !== undefined) throw new UsageError('--until ends a series: give --repeat too');
    return {};
  }
  const rule = parseRepeatRule(repeat);
  if (rule === null && until !== undefined) throw new UsageError('--repeat never has no --until');
  return { repeat: { rule, until: until === undefined ? null : readUntil(until, zone, now), zone } };
}

/** A day is meant as a whole. */
function readUntil(text: string, zone: TimeZone, now: Date): Date | null {
  if (/^never$/i.test(text.trim())) return null;
  const moment = parseTimeIn(zone, text, now);
  const isDay = !/\d:\d|^now|^\+|^in\s/i.test(text.trim());
  return isDay ? dayAfter(zone, moment) : moment;
}

function readTimes(
  { start, stop, duration, permanent }: ConferenceOptions,
  zone: TimeZone | undefined,
  before: Times | undefined,
  now: Date,
): Times | undefined {
  if (permanent === true) return { start: undefined, stop: null };
  if (start === undefined && stop === undefined && duration === undefined) return undefined;
  const newStart =
    start === undefined ? (before === undefined ? now : before.start) : parseTimeIn(zone, start, now);
  const from = newStart ?? now;
  // "+30m" counts from the start, and from now once that has passed: it then means half an hour more
  if (stop !== undefined) {
    const parse: typeof parseTime = (...args) => parseTimeIn(zone, ...args);
    return { start: newStart, stop: parseStop(stop, now, from > now ? from : now, parse) };
  }
  if (duration !== undefined) {
    return { start: newStart ?? now, stop: new Date(from.getTime() + parseDuration(duration)) };
  }
  return { start: newStart, stop: movedStop(before, from) };
}

/** A start alone moves the whole conference: it lasts as long as before, or half an hour. */
function movedStop(before: Times | undefined, start: Date): Date | null {
  if (before?.stop === null) return null;
  const span = before?.start === undefined ? 30 * 60_000 : before.stop.getTime() - before.start.getTime();
  return new Date(start.getTime() + span);
}

/** Group and port for every medium, drawn where none was given; no two media get the same. */
export async function placeMedia(
  ctx: CliContext,
  directory: Directory,
  media: readonly MediaSpec[],
  groups: readonly (GroupSpec | undefined)[],
  scope: AdvertisingScope,
  ttl: number = SCOPE_RANGES[scope].ttl,
): Promise<(MediaInit & { readonly group: string })[]> {
  if (groups.length > media.length) {
    throw new UsageError(
      `There are ${groups.length} groups for ${media.length} media: give one --media for each`,
    );
  }
  const taken = new Set<string>();
  const placed: (MediaInit & { readonly group: string })[] = [];
  for (const [i, { kind, formats, ptimeMs }] of media.entries()) {
    const choice = await pickAnother(ctx, directory, scope, taken, groups[i]);
    taken.add(formatEndpoint(choice.group, choice.port));
    placed.push({
      kind,
      formats,
      port: choice.port,
      ...(ptimeMs === undefined ? {} : { ptimeMs }),
      ...addressed(choice.group, ttl),
    });
  }
  return placed;
}

/** Draws again for as long as the draw is what another medium of the same conference has got. */
async function pickAnother(
  ctx: CliContext,
  directory: Directory,
  scope: AdvertisingScope,
  taken: ReadonlySet<string>,
  { address, port }: Partial<GroupSpec> = {},
): Promise<GroupChoice> {
  const { pickGroup } = await import('../../directory/index.ts');
  for (;;) {
    const choice = await pickGroup(directory, scope, ctx.host.random, {
      ...(address === undefined ? {} : { group: address }),
      ...(port === undefined ? {} : { port }),
    });
    if (!taken.has(formatEndpoint(choice.group, choice.port))) return choice;
    if (address !== undefined && port !== undefined) {
      throw new UsageError(
        `Two media cannot both have ${formatEndpoint(address, port)}: RTP takes a port for each`,
      );
    }
  }
}

/** IPv6 groups carry their scope in themselves and have no TTL (RFC 8866 §5.7). */
function addressed(group: string, ttl: number): { readonly group: string; readonly ttl?: number } {
  return group.includes(':') ? { group } : { group, ttl };
}

/** Says what RFC 8866 has against the description, on standard error. */
export function warnOfIssues(ctx: CliContext, conference: Conference, source: string): void {
  for (const { line, severity, message, rule, advice } of conference.sdp?.validate() ?? []) {
    const text = `${source}, line ${line}: ${message} (${rule}): ${advice}`;
    if (severity === 'error') ctx.err.warn(text);
    else ctx.err.note(`note: ${text}`);
  }
}

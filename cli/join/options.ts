import { userInfo } from 'node:os';
import {
  type JoinRequest,
  MAX_PLAYOUT_MS,
  parseReferenceClock,
  type ParticipantInfo,
  type PlayoutWish,
  playoutPolicy,
  readKeys,
} from '../../conference/index.ts';
import { type JoinOptions, LOOPBACK_MODES, QOS_LEVELS } from '../commands/join.ts';
import type { CliContext } from '../context.ts';
import { InvalidValueError } from '../../src/errors.ts';
import { UsageError } from '../errors.ts';
import { parseDuration } from '../input/duration.ts';
import { parseSources } from '../input/sources.ts';
import { packageVersion } from '../version.ts';
import { type RecordSettings, readRecordSettings } from './record-options.ts';
import { readTalkSettings, type TalkSettings } from './talk-options.ts';
import { readTrafficSettings } from './traffic-options.ts';

/** The options of `join` with the defaults of the configuration file, checked. */
export interface JoinSettings {
  readonly send: string | undefined;
  readonly receive: readonly string[];
  readonly listen: boolean;
  readonly wait: boolean;
  /** Keys to press once joined. */
  readonly digits: string | undefined;
  readonly json: boolean;
  /** Undefined: until told otherwise. */
  readonly durationMs: number | undefined;
  readonly participant: ParticipantInfo;
  /** Where and how to join, as far as it was said. */
  readonly request: Pick<
    JoinRequest,
    | 'interface'
    | 'sendInterface'
    | 'extendedReports'
    | 'referenceClock'
    | 'sources'
    | 'qos'
    | 'format'
    | 'loopback'
    | keyof PlayoutWish
  > &
    TalkSettings['request'] &
    Pick<JoinRequest, 'dscp' | 'labels'>;
  readonly talk: Omit<TalkSettings, 'request'>;
  readonly record: RecordSettings | undefined;
  /** As asked for; what it means depends on what there is. */
  readonly media: string | undefined;
}

/** @throws {UsageError} when a value cannot be used */
export async function readJoinSettings(ctx: CliContext, given: JoinOptions): Promise<JoinSettings> {
  const { join: defaults } = await ctx.config();
  const value = (key: 'send' | 'qos' | 'loopback' | keyof typeof SDES): string | undefined =>
    given[key] ?? defaults[key];
  const qos = oneOf('qos', value('qos'), QOS_LEVELS);
  const loopback = oneOf('loopback', value('loopback'), LOOPBACK_MODES);
  const { interface: configured } = defaults;
  const interfaces = (given.interface ?? (configured === undefined ? [] : [configured]))
    .flatMap((text) => text.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const receive = given.receive ?? (defaults['receive'] === undefined ? [] : [defaults['receive']]);
  const { request: talking, ...talk } = readTalkSettings(given, defaults);
  const info: Record<string, string> = {};
  for (const key of Object.keys(SDES).filter(isSdesKey)) {
    const text = value(key) ?? SDES[key]();
    if (text !== '') info[key] = text;
  }
  return {
    send: given.listen === true ? undefined : value('send'),
    receive,
    listen: given.listen ?? false,
    wait: given.wait ?? false,
    digits: given.digits === undefined ? undefined : parseDigits(given.digits),
    json: given.json ?? false,
    durationMs: given.duration === undefined ? undefined : parseDuration(given.duration, 's'),
    participant: info,
    talk,
    record: readRecordSettings(given),
    media: given.media,
    request: {
      ...(interfaces.length === 0 ? {} : { interface: interfaces }),
      ...(given.sendInterface === undefined ? {} : { sendInterface: given.sendInterface }),
      ...(given.source === undefined ? {} : { sources: parseSources(given.source) }),
      ...(qos === undefined ? {} : { qos }),
      ...(given.codec === undefined ? {} : { format: given.codec }),
      ...(given.clock === undefined ? {} : { referenceClock: readClock(given.clock) }),
      ...(given.extendedReports === undefined ? {} : { extendedReports: given.extendedReports }),
      ...(loopback === undefined ? {} : { loopback }),
      ...readPlayout(given),
      ...talking,
      ...readTrafficSettings(given),
    },
  };
}

/** @throws {UsageError} for what is no clock */
function readClock(text: string): string {
  try {
    parseReferenceClock(text);
    return text;
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error;
    throw new UsageError(`--clock: ${error.message}`, { cause: error });
  }
}

/** @throws {UsageError} for delays out of range, and for options that exclude each other */
function readPlayout(given: JoinOptions): PlayoutWish {
  const wish = {
    ...(given.playout === undefined ? {} : { playoutMs: parseDelay('--playout', given.playout) }),
    ...(given.minPlayout === undefined
      ? {}
      : { minPlayoutMs: parseDelay('--min-playout', given.minPlayout) }),
    ...(given.maxPlayout === undefined
      ? {}
      : { maxPlayoutMs: parseDelay('--max-playout', given.maxPlayout) }),
    ...(given.linkOffset === undefined
      ? {}
      : { linkOffsetMs: parseDelay('--link-offset', given.linkOffset) }),
  };
  try {
    playoutPolicy(wish);
  } catch (error) {
    if (error instanceof InvalidValueError) throw new UsageError(error.message);
    throw error;
  }
  return wish;
}

/** @throws {UsageError} for what is on no key */
function parseDigits(text: string): string {
  try {
    readKeys(text);
  } catch (error) {
    if (error instanceof InvalidValueError) throw new UsageError(`--digits: ${error.message}`);
    throw error;
  }
  return text;
}

/** `5ms`, `0.5s`, or a number of milliseconds. */
function parseDelay(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s)?$/.exec(text.trim());
  if (match !== null) return Number(match[1]) * (match[2] === 's' ? 1000 : 1);
  throw new UsageError(`${option} "${text}" is not a delay: write it like 60ms, up to ${MAX_PLAYOUT_MS}ms`);
}

/** What we say about ourselves when nothing else was said. */
const SDES = {
  name: userName,
  email: () => '',
  phone: () => '',
  loc: () => '',
  tool: () => `Rendezvous ${packageVersion()}`,
  note: () => '',
} as const;

function isSdesKey(key: string): key is keyof typeof SDES {
  return key in SDES;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return ''; // a container whose user has no name
  }
}

function oneOf<T extends string>(
  name: string,
  value: string | undefined,
  known: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((it) => it === value);
  if (found === undefined)
    throw new UsageError(`${name} cannot be "${value}": use one of ${known.join(', ')}`);
  return found;
}

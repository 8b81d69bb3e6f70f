import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pid } from 'node:process';
import { keepFairly } from './fair-share.ts';

/** An announced session as it is kept between two runs. Times are milliseconds since 1970. */
export interface CachedAnnouncement {
  /** Names the session, whatever its version. */
  readonly key: string;
  /** The description, byte for byte. */
  readonly payload: Uint8Array;
  /** Originating source, as the packet says. */
  readonly source: string;
  /** Address of the host that announces it, as the network says. */
  readonly sender: string;
  /** SAP groups that it came to, and by which interface where that is known. */
  readonly heard: readonly { readonly group: string; readonly interface?: string }[];
  /** Message identifier hash, 0 to 65 535. */
  readonly hash: number;
  readonly firstHeard: number;
  readonly lastHeard: number;
  /** Milliseconds from one announcement to the next, as far as known. */
  readonly periodMs: number | undefined;
  readonly expiresAt: number;
  /** Kind of the authentication data that came with it; nobody has verified it. */
  readonly authentication: string | undefined;
}

/** File of the cache in the data directory. */
export const ANNOUNCEMENTS_FILE = 'announcements.json';

/** Most sessions that are kept from one run to the next. */
export const MAX_CACHED = 10_000;
/** Bytes of the file that are read, at most. */
export const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** Of it, for what stands around the sessions. */
const HEAD_BYTES = 1024;
const FORMAT = 'rendezvous announcements';
const VERSION = 1;
/** Milliseconds that clocks of two runs may differ by before what was heard is out of the future. */
const CLOCK_TOLERANCE_MS = 60_000;

/** What was read: the sessions that still live, or why there are none. */
export interface CacheContent {
  readonly announcements: readonly CachedAnnouncement[];
  /** What is wrong with the file; undefined when it is good, or not there yet. */
  readonly problem?: string;
}

/**
 * Reads the cache. What has expired meanwhile (RFC 2974 §4), or was heard in the future because a clock was set, is left out.
 *
 * @param now milliseconds since 1970
 */
export async function readCache(path: string, now: number): Promise<CacheContent> {
  let text: string | undefined;
  try {
    text = await readBounded(path);
  } catch (error) {
    if (isNotThere(error)) return { announcements: [] };
    return { announcements: [], problem: error instanceof Error ? error.message : String(error) };
  }
  if (text === undefined) return { announcements: [], problem: `it is over ${MAX_FILE_BYTES} bytes long` };
  const sessions = sessionsIn(text);
  if (typeof sessions === 'string') return { announcements: [], problem: sessions };
  const announcements: CachedAnnouncement[] = [];
  for (const record of sessions) {
    const announcement = fromRecord(record);
    if (announcement === undefined) return { announcements: [], problem: 'a session in it is none' };
    const { expiresAt, lastHeard } = announcement;
    if (expiresAt > now && lastHeard <= now + CLOCK_TOLERANCE_MS) announcements.push(announcement);
  }
  return { announcements: announcements.slice(0, MAX_CACHED) };
}

/**
 * Writes the cache: another process finds the old file or the new one, and never half of one. At most
 * {@link MAX_CACHED} are kept, as many of each source as there is room for all; where they are too long together for a
 * file that can be read again, the longest go.
 */
export async function writeCache(path: string, announcements: readonly CachedAnnouncement[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const sessions = withinBytes(
    keepFairly(announcements, MAX_CACHED).map((it) => JSON.stringify(toRecord(it))),
    MAX_FILE_BYTES - HEAD_BYTES,
  );
  const head = JSON.stringify({ format: FORMAT, version: VERSION }).slice(0, -1);
  const temporary = `${path}.${pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, `${head},"sessions":[${sessions.join(',')}]}\n`);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The shortest texts that take so many bytes together, in their order, each with a comma. */
function withinBytes(texts: readonly string[], limit: number): readonly string[] {
  const sizes = texts.map((text) => Buffer.byteLength(text) + 1);
  let left = limit;
  const kept = [...sizes.keys()]
    .sort((a, b) => (sizes[a] ?? 0) - (sizes[b] ?? 0))
    .filter((i) => (left -= sizes[i] ?? 0) >= 0);
  return kept.length === texts.length ? texts : kept.sort((a, b) => a - b).flatMap((i) => texts[i] ?? []);
}

/** The newest of what two processes know. @param gone when sessions of a key were withdrawn, milliseconds since 1970 */
export function mergeCaches(
  ours: readonly CachedAnnouncement[],
  theirs: readonly CachedAnnouncement[],
  gone: ReadonlyMap<string, number>,
): CachedAnnouncement[] {
  const merged = new Map(ours.map((it) => [it.key, it]));
  for (const theirOne of theirs) {
    if (theirOne.lastHeard <= (gone.get(theirOne.key) ?? Number.NEGATIVE_INFINITY)) continue;
    const own = merged.get(theirOne.key);
    if (own === undefined || own.lastHeard < theirOne.lastHeard) merged.set(theirOne.key, theirOne);
  }
  return [...merged.values()];
}

/** Undefined when it is too long. */
async function readBounded(path: string): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    if ((await file.stat()).size > MAX_FILE_BYTES) return undefined;
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

const isNotThere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** @returns what is wrong, as text, when it is no cache */
function sessionsIn(text: string): readonly unknown[] | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (!isObject(value) || value['format'] !== FORMAT) return 'it was written by something else';
  if (value['version'] !== VERSION) return `it is of version ${String(value['version'])}, not ${VERSION}`;
  return Array.isArray(value['sessions']) ? value['sessions'] : 'it has no sessions';
}

function toRecord(it: CachedAnnouncement): object {
  const { payload, ...rest } = it;
  const text = Buffer.from(payload).toString('utf8');
  const isText = Buffer.from(text).equals(payload);
  return {
    ...rest,
    ...(isText ? { sdp: text } : { base64: Buffer.from(payload).toString('base64') }),
  };
}

/** Undefined when it is none. */
function fromRecord(record: unknown): CachedAnnouncement | undefined {
  if (!isObject(record)) return undefined;
  const { key, source, sender, hash, firstHeard, lastHeard, periodMs, expiresAt } = record;
  const { sdp, base64, authentication } = record;
  const heard = hearingsIn(record['heard']);
  const payload =
    typeof sdp === 'string'
      ? Buffer.from(sdp)
      : typeof base64 === 'string'
        ? Buffer.from(base64, 'base64')
        : undefined;
  if (typeof key !== 'string' || typeof source !== 'string' || payload === undefined) return undefined;
  if (typeof sender !== 'string' || heard === undefined) return undefined;
  if (!isNumber(hash) || !isNumber(firstHeard) || !isNumber(lastHeard) || !isNumber(expiresAt))
    return undefined;
  return {
    key,
    payload: Uint8Array.from(payload),
    source,
    sender,
    heard,
    hash,
    firstHeard,
    lastHeard,
    periodMs: isNumber(periodMs) ? periodMs : undefined,
    expiresAt,
    authentication: typeof authentication === 'string' ? authentication : undefined,
  };
}

function hearingsIn(value: unknown): CachedAnnouncement['heard'] | undefined {
  if (!Array.isArray(value)) return undefined;
  const all: unknown[] = value;
  const hearings: { readonly group: string; readonly interface?: string }[] = [];
  for (const it of all) {
    if (!isObject(it) || typeof it['group'] !== 'string') return undefined;
    const by = it['interface'];
    hearings.push({ group: it['group'], ...(typeof by === 'string' ? { interface: by } : {}) });
  }
  return hearings;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

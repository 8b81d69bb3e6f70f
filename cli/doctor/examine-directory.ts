import { statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Directory,
  type Inspected,
  inspectDirectory,
  inspectServers,
  nameOfCredentials,
  STORE_FILE,
} from '../../directory/index.ts';
import { readTls } from '../authentication.ts';
import type { CliContext } from '../context.ts';
import type { DirectoryChoice } from '../directories.ts';
import { attempt } from './attempt.ts';
import { occupiedIn } from './clashes.ts';
import type { DirectoryFacts, StoreTrial } from './facts.ts';

/** Tries one directory: its servers, then opening it, then using it. Makes and removes one entry. */
export async function examineDirectory(ctx: CliContext, choice: DirectoryChoice): Promise<DirectoryFacts> {
  const { label, target } = choice;
  const { clock } = ctx;
  const { random } = ctx.host;
  const isHere = target === 'embedded';
  const credentials = isHere ? undefined : await ctx.credentials(choice);
  const account = credentials === undefined ? undefined : nameOfCredentials(credentials);
  const sendsPassword = credentials?.kind === 'simple' || credentials?.kind === 'plain';
  const tls = await readTls(await ctx.account(choice), target);
  const timeoutMs = await ctx.timeoutMs();
  const servers = isHere
    ? undefined
    : await inspected(() => inspectServers(target, { ...tls, timeoutMs, random, now: () => clock.now() }));
  const begun = clock.now();
  const known = { label, target, account, sendsPassword, servers };
  const opening = await inspected(() => ctx.openChoice(choice));
  if (opening.value === undefined) {
    return { ...known, opened: opening, used: undefined, store: undefined, occupied: undefined };
  }
  await using directory = opening.value;
  const { displayName, type, isDynamic } = directory;
  const opened = { value: { displayName, type, isDynamic, tookMs: clock.now() - begun } };
  const used = await inspected(() => inspectDirectory(directory, { clock, random }));
  const { value: occupied } = await attempt(() => occupiedIn(directory));
  return { ...known, opened, used, occupied, store: isHere ? await examineStore(directory) : undefined };
}

async function examineStore({ url }: Directory): Promise<DirectoryFacts['store']> {
  const folder = /^embedded:(.*)$/s.exec(url)?.[1];
  return folder === undefined ? undefined : attempt(() => tryStore(join(folder, STORE_FILE)));
}

/** SQLite's own look at the file. */
async function tryStore(path: string): Promise<StoreTrial> {
  const { DatabaseSync } = await import('node:sqlite');
  using database = new DatabaseSync(path, { readOnly: true });
  const row = database.prepare('PRAGMA quick_check(1)').get();
  return { path, bytes: statSync(path).size, verdict: String(row?.['quick_check']) };
}

async function inspected<T>(work: () => Promise<T>): Promise<Inspected<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

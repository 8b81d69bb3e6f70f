import type { Directory } from '../../directory/index.ts';
import type { DirectoryListOptions } from '../commands/directory.ts';
import type { CliContext } from '../context.ts';
import { asksNobody, type ChoiceOrigin, type DirectoryChoice } from '../directories.ts';
import { messageOf } from '../output/output.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/table.ts';

/** How a directory that is looked in is doing. */
interface DirectoryState {
  readonly kind: 'directory';
  readonly name: string;
  readonly url: string;
  readonly origin: ChoiceOrigin;
  readonly state: 'up' | 'down';
  readonly server: string | null;
  readonly type: Directory['type'] | null;
  readonly isDynamic: boolean | null;
  /** Milliseconds to connect and bind. */
  readonly tookMs: number | null;
  readonly code: string | null;
  readonly message: string | null;
}

export async function runDirectoryList(
  ctx: CliContext,
  { json, ndjson }: DirectoryListOptions,
): Promise<void> {
  const choices = await ctx.directories(true);
  for (const choice of choices) if (!asksNobody(choice.target)) await ctx.credentials(choice);
  const asked = await Promise.all(choices.map((choice) => ask(ctx, choice)));
  const states = asked.map(({ state }) => state);
  if (json === true) ctx.out.json(states);
  else if (ndjson === true) for (const state of states) ctx.out.ndjson(state);
  else ctx.out.table(ctx.out.isTerminal ? HUMAN : PIPE, states);
  const [first] = asked;
  if (first?.error !== undefined && asked.every(({ error }) => error !== undefined)) throw first.error;
}

async function ask(
  ctx: CliContext,
  choice: DirectoryChoice,
): Promise<{ readonly state: DirectoryState; readonly error?: unknown }> {
  const { label, target, origin } = choice;
  const known = { kind: 'directory' as const, name: label, url: target, origin };
  const begun = ctx.clock.now();
  try {
    await using directory = await ctx.openChoice(choice);
    const { displayName: server, type, isDynamic } = directory;
    const tookMs = Math.round(ctx.clock.now() - begun);
    return { state: { ...known, state: 'up', server, type, isDynamic, tookMs, code: null, message: null } };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    const nothing = { server: null, type: null, isDynamic: null, tookMs: null };
    return { state: { ...known, state: 'down', ...nothing, code, message: messageOf(error) }, error };
  }
}

const text = (title: string, pick: (it: DirectoryState) => string | null): Column<DirectoryState> => ({
  title,
  human: (it) => printable(pick(it) ?? ''),
  plain: (it) => pick(it) ?? '',
});
const KINDS = { ils: 'locator service', ad: 'Active Directory', ldap: 'LDAP', sap: 'announcements' } as const;

const NAME = text('NAME', (it) => it.name);
const STATE = text('STATE', (it) => it.state);
const SERVER = text('SERVER', (it) => it.server);
const URL_AS_NAMED = text('URL', (it) => it.url);
const TROUBLE = text('TROUBLE', (it) => it.message);

const HUMAN: readonly Column<DirectoryState>[] = [
  NAME,
  STATE,
  { ...SERVER, shrinks: 2 },
  text('KIND', ({ type }) => (type === null ? '' : KINDS[type])),
  { ...TROUBLE, shrinks: 1 },
];
const PIPE: readonly Column<DirectoryState>[] = [
  NAME,
  STATE,
  SERVER,
  text('KIND', (it) => it.type),
  text('FROM', (it) => it.origin),
  URL_AS_NAMED,
  TROUBLE,
];

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { wouldAsk } from '../authentication.ts';
import { type Shell } from '../commands/completion.ts';
import type { CliContext } from '../context.ts';
import { asksNobody } from '../directories.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { buildProgram } from '../program.ts';

/** Commands whose first argument is the name of a user. */
const NAMING_USERS = ['user show', 'user delete', 'user publish'];
/** Commands whose first argument is the name of a conference. */
const NAMING = ['show', 'edit', 'delete', 'join', 'invite', 'monitor'];
/** Those of them that take announced sessions too. */
const READING = ['show', 'join', 'invite', 'monitor'];
/** Nobody waits long for a key to answer: the directory gets this, in milliseconds; a busy computer needs some of it. */
const LOOKUP_MS = 2000;
const MOST_NAMES = 200;

/**
 * Names that may be offered. The scripts hand what is offered to the shell, which expands it (`compgen -W`): a name
 * like `$(reboot)` that somebody else published must never get there, and one with blanks would fall apart.
 */
const SAFE_NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@+-]*$/u;

/** The script takes the line apart with a function of the bash-completion package, which not every system has. */
const BASH_WORDS = `if ! declare -F _get_comp_words_by_ref > /dev/null; then
    _get_comp_words_by_ref() {
        cur=\${COMP_WORDS[COMP_CWORD]}
        prev=\${COMP_WORDS[COMP_CWORD - 1]}
        words=("\${COMP_WORDS[@]}")
        cword=$COMP_CWORD
    }
fi
`;

/** Prints the script that a shell has to run. */
export async function runCompletion(ctx: CliContext, shell: Shell): Promise<void> {
  const { default: completions } = await import('@bomb.sh/tab');
  if (shell === 'bash') ctx.out.write(BASH_WORDS);
  await printedBy(ctx, () => completions.setup('rendezvous', 'rendezvous', shell));
}

/**
 * Answers what the script asks at each press of the key: `complete -- words…`. Never fails, since its standard error
 * would end up in the middle of the line being typed.
 */
export async function answerCompletion(ctx: CliContext, args: readonly string[]): Promise<ExitCode> {
  const words = separated(args[0] === '--' ? args.slice(1) : args);
  const program = buildProgram(ctx);
  const { default: describe } = await import('@bomb.sh/tab/commander');
  const root = describe(program, { completionCommandName: 'completion-script' });
  root.commands.delete('completion-script');
  const names = await namesFor(ctx, words);
  const isUser = asksForUser(words);
  for (const command of isUser ? NAMING_USERS : NAMING) {
    const argument = [...(root.commands.get(command)?.arguments.values() ?? [])][0];
    if (argument !== undefined) {
      argument.handler = (complete) => {
        for (const name of names) complete(name, isUser ? 'user' : 'conference');
      };
    }
  }
  await printedBy(ctx, () => root.parse([...words]));
  return EXIT.done;
}

function asksForUser(words: readonly string[]): boolean {
  const said = words.filter((word) => !word.startsWith('-')).join(' ');
  return NAMING_USERS.some((command) => said.startsWith(`${command} `) || said === command);
}

/** `--option=value` as two words, except where it is being typed: the library takes the next word for the value. */
function separated(words: readonly string[]): string[] {
  return words.flatMap((word, i) => {
    const [, option, value] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? [];
    return option === undefined || value === undefined || i === words.length - 1 ? [word] : [option, value];
  });
}

/** Names in the directory, when a name is being typed and the directory answers at once. */
async function namesFor(ctx: CliContext, words: readonly string[]): Promise<string[]> {
  const isUser = asksForUser(words);
  if (!isUser && !words.some((word) => NAMING.includes(word))) return [];
  const names: string[] = [];
  const signal = AbortSignal.timeout(LOOKUP_MS);
  try {
    configureFrom(ctx, words);
    if (await wouldAskOrMake(ctx)) return [];
    const announced = words.some((word) => READING.includes(word)) ? { fromCacheOnly: true } : undefined;
    await using directories = await ctx.openDirectories(signal, announced);
    const query = { sizeLimit: MOST_NAMES, signal };
    const found = isUser
      ? directories.searchAll<{ readonly name: string }>((it) => it.searchUsers(query))
      : directories.search(query);
    for await (const { name } of found) if (SAFE_NAME.test(name)) names.push(name);
  } catch {
    // no names then
  }
  return [...new Set(names)].sort(); // a user may be at several computers
}

/** Whether looking would ask for a password, or make a store that is not there. */
async function wouldAskOrMake(ctx: CliContext): Promise<boolean> {
  for (const choice of await ctx.directories()) {
    const { target } = choice;
    if (!asksNobody(target) && wouldAsk(await ctx.account(choice))) return true;
    if (target === 'embedded' && !(await isThere(ctx))) return true;
  }
  return false;
}

async function isThere(ctx: CliContext): Promise<boolean> {
  const { STORE_FILE } = await import('../../directory/index.ts');
  return existsSync(join(await ctx.requireDataDir(), STORE_FILE));
}

/** `--directory` and `--data-dir` as they stand in the line being typed. */
function configureFrom(ctx: CliContext, words: readonly string[]): void {
  const valueOf = (flag: string): string | undefined => {
    const at = words.findIndex((word) => word === flag || word.startsWith(`${flag}=`));
    const word = words[at];
    return word?.includes('=') ? word.slice(flag.length + 1) : words[at + 1];
  };
  const directory = words.some((word) => word.startsWith('--directory')) ? valueOf('--directory') : undefined;
  const dataDir = words.some((word) => word.startsWith('--data-dir')) ? valueOf('--data-dir') : undefined;
  ctx.configure({
    color: false,
    ...(directory === undefined ? {} : { directory: [directory] }),
    ...(dataDir === undefined ? {} : { dataDir }),
  });
}

/** The library prints through `console.log`; what it prints goes where our data goes. */
async function printedBy(ctx: CliContext, work: () => void): Promise<void> {
  const log = console.log;
  console.log = (...parts: readonly unknown[]) => ctx.out.line(parts.map(String).join(' '));
  try {
    await Promise.resolve(work());
  } finally {
    console.log = log;
  }
}

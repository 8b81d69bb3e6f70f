import type { Conference, DirectorySet } from '../../directory/index.ts';
import { accountFlags, accountOf } from '../authentication.ts';
import { drawScreen, listRows } from '../browse/screen.ts';
import {
  type BrowseState,
  EMPTY,
  type Key,
  press,
  selection,
  type Wish,
  withConferences,
} from '../browse/state.ts';
import { FullScreen } from '../browse/terminal.ts';
import type { BrowseOptions } from '../commands/browse.ts';
import type { CliContext } from '../context.ts';
import { InterruptedError } from '../errors.ts';
import { Interrupts } from '../interrupts.ts';
import { messageOf } from '../output/output.ts';
import { Soon } from '../output/soon.ts';
import { compareNames } from '../view/conference.ts';
import { withoutCopies } from '../view/copies.ts';
import { LiveConferences } from '../view/live-conferences.ts';
import { thereText, whereIn } from '../view/where.ts';
import { runList } from './list.ts';

/** "in 5 min" is worded anew this often. */
const REDRAW_MS = 15_000;

/** Takes part in a conference and comes back; resolves with what to tell about it. */
export type JoinFromList = (ctx: CliContext, name: string, directory?: string) => Promise<string>;

/** The interactive list; in a pipe, where nobody can press a key, what `list --long` prints. */
export async function runBrowse(
  ctx: CliContext,
  { json }: BrowseOptions,
  join: JoinFromList = joinInChild,
): Promise<void> {
  const { stdin } = ctx.host;
  if (json === true || !ctx.out.isTerminal || !stdin.isTTY) {
    return runList(ctx, undefined, { long: true, ...(json === undefined ? {} : { json }) });
  }
  await using directories = await ctx.openDirectories(undefined, { waitMs: 0 });
  await new Browser(ctx, directories, join).run();
}

/** The loop around the state: keys, time and the directory change it, each change is drawn. */
class Browser {
  readonly #ctx: CliContext;
  readonly #directories: DirectorySet;
  readonly #join: JoinFromList;
  readonly #screen: FullScreen;
  readonly #end = Promise.withResolvers<void>();
  #state: BrowseState;
  #isReading = false;

  constructor(ctx: CliContext, directories: DirectorySet, join: JoinFromList) {
    this.#ctx = ctx;
    this.#directories = directories;
    const where = directories.members.length > 1 ? whereIn(directories) : undefined;
    this.#state = { ...EMPTY, message: 'Reading…', where };
    this.#join = join;
    this.#screen = new FullScreen(
      ctx.host,
      (key) => this.#pressed(key),
      () => this.#draw(),
    );
  }

  async run(): Promise<void> {
    using screen = this.#screen;
    using interrupts = new Interrupts(this.#ctx.host, () => screen.leave());
    interrupts.signal.addEventListener('abort', () => this.#end.reject(new InterruptedError()));
    const timer = this.#ctx.clock.timer(() => {
      this.#draw();
      timer.set(this.#ctx.clock.now() + REDRAW_MS);
    });
    timer.set(this.#ctx.clock.now() + REDRAW_MS);
    const watching = new AbortController();
    try {
      screen.enter();
      this.#draw();
      this.#background(this.#watch(watching.signal));
      await this.#end.promise;
    } finally {
      timer.set(undefined);
      watching.abort();
    }
  }

  #draw(): void {
    const { out, now } = this.#ctx;
    this.#state = { ...this.#state, now };
    const picture = drawScreen(
      this.#state,
      this.#directories.open.map(({ directory }) => directory.displayName).join(', '),
      now,
      this.#screen.size,
      (style, text) => (style === 'inverse' ? `\u001b[7m${text}\u001b[27m` : out.style(style, text)),
    );
    this.#screen.draw(picture);
  }

  #pressed(key: Key): void {
    const { state, wish } = press({ ...this.#state, now: this.#ctx.now }, key, listRows(this.#screen.size));
    this.#state = state;
    this.#draw();
    if (wish !== undefined) this.#background(this.#fulfil(wish));
  }

  /** A failure that no key waits for ends the list. */
  #background(work: Promise<void>): void {
    work.catch((error: unknown) => this.#end.reject(error));
  }

  async #fulfil(wish: Wish): Promise<void> {
    switch (wish) {
      case 'quit':
        return this.#end.resolve();
      case 'interrupt':
        return this.#end.reject(new InterruptedError());
      case 'redraw':
        return this.#draw();
      case 'suspend':
        return this.#suspend();
      case 'refresh':
        return this.#readAloud();
      case 'join':
        return this.#joinSelected();
    }
  }

  /** Keeps the list as the directories have it. Trouble is told at the bottom; what was known last stays. */
  async #watch(signal: AbortSignal): Promise<void> {
    const live = new LiveConferences(this.#directories);
    const show = (): void => {
      this.#state = withConferences(this.#state, live.conferences().sort(compareNames));
      this.#draw();
    };
    using picture = new Soon(this.#ctx.clock, show);
    let there = '';
    try {
      for await (const watched of this.#directories.watch({ signal })) {
        if (watched.event.type === 'opened') there = thereText(watched.label); // told once it has been read
        const wasComplete = live.isComplete;
        live.take(watched);
        if (!live.isComplete) continue; // half a list is none
        if (!wasComplete || !('object' in watched.event)) {
          show();
          this.#tell(this.#problemText() || there);
          if (watched.event.type !== 'opened') there = '';
        } else picture.ask();
      }
    } catch (error) {
      if (!signal.aborted) this.#tell(messageOf(error));
    }
  }

  #problemText(): string {
    const { problems, members } = this.#directories;
    const [problem] = problems;
    if (problem === undefined) return '';
    return (members.length > 1 ? `${problem.label}: ` : '') + messageOf(problem.error);
  }

  async #readAloud(): Promise<void> {
    this.#tell('Reading…');
    await this.#read('Up to date.');
  }

  /** Trouble with the directory is told at the bottom; what was read last stays. */
  async #read(done = ''): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      const found = await this.#directories.search().toArray();
      const [problem] = this.#directories.problems;
      const isNothingLeft = this.#directories.problems.length === this.#directories.members.length;
      if (problem === undefined || !isNothingLeft) {
        this.#state = withConferences(this.#state, withoutCopies(found).sort(compareNames));
      }
      this.#tell(problem === undefined ? done : this.#problemText());
    } catch (error) {
      this.#tell(messageOf(error));
    } finally {
      this.#isReading = false;
    }
  }

  #tell(message: string): void {
    this.#state = { ...this.#state, message };
    this.#draw();
  }

  async #joinSelected(): Promise<void> {
    const conference = selection(this.#state);
    if (conference === undefined) return;
    this.#screen.leave();
    let message: string;
    try {
      const call = await this.#callOf(conference);
      message = await this.#join(this.#ctx, call, this.#state.where?.(conference));
    } catch (error) {
      message = messageOf(error);
    }
    this.#screen.enter();
    this.#tell(message);
    await this.#read(message);
  }

  /** What another process takes for it: announced sessions may have the same name, and it must know of this one. */
  async #callOf(conference: Conference): Promise<string> {
    const { AnnouncedDirectory } = await import('../../directory/index.ts');
    const directory = this.#directories.directoryOf(conference);
    if (!(directory instanceof AnnouncedDirectory)) return conference.name;
    await directory.listening.save();
    return conference.dn ?? conference.name;
  }

  #suspend(): void {
    this.#screen.leave();
    const off = this.#ctx.host.onSignal('SIGCONT', () => {
      off();
      this.#screen.enter();
      this.#draw();
    });
    process.kill(process.pid, 'SIGTSTP');
  }
}

/** Runs `join` as a program of its own: it has the terminal for itself, and whatever becomes of it, the list goes on. */
const joinInChild: JoinFromList = async (ctx, name, directory) => {
  const [{ spawn }, { once }] = await Promise.all([import('node:child_process'), import('node:events')]);
  const ignore = ctx.host.onSignal('SIGINT', () => {}); // Ctrl-C is the child's
  try {
    const args = [
      ...process.execArgv,
      process.argv[1] ?? '',
      'join',
      ...globalFlags(ctx, directory),
      '--',
      name,
    ];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    const [code] = await once(child, 'exit');
    if (code === 0 || code === 130) return `Left "${name}".`;
    await pause(ctx, 'Press a key to go back to the list.');
    return `Could not take part in "${name}".`;
  } finally {
    ignore();
  }
};

/** What the command line said, said again. */
function globalFlags({ options }: CliContext, chosen: string | undefined): string[] {
  const { dataDir, timeout, color, quiet, verbose } = options;
  const directories = chosen === undefined ? (options.directory ?? []) : [chosen];
  const values = {
    'data-dir': dataDir,
    timeout,
  };
  return [
    ...directories.map((directory) => `--directory=${directory}`),
    ...accountFlags(accountOf(options)),
    ...Object.entries(values).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}=${value}`])),
    ...(color ? [] : ['--no-color']),
    ...(quiet === true ? ['--quiet'] : []),
    ...(verbose === true ? ['--verbose'] : []),
  ];
}

async function pause({ host, err }: CliContext, prompt: string): Promise<void> {
  err.write(prompt);
  host.stdin.setRawMode(true);
  host.stdin.resume();
  await new Promise((resolve) => host.stdin.once('data', resolve));
  host.stdin.setRawMode(false);
  host.stdin.pause();
}

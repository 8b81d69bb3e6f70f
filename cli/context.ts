import { resolve } from 'node:path';
import type { AnnouncedOptions, DialectName, Directory, DirectorySet } from '../directory/index.ts';
import type { RandomSource } from '../src/machine.ts';
import { type Clock, systemClock } from '../src/net/clock.ts';
import {
  type Account,
  accountOf,
  mergeAccounts,
  readCredentials,
  readPassword,
  readTls,
} from './authentication.ts';
import { type Config, readConfig } from './config.ts';
import {
  asksNobody,
  chooseDirectories,
  type DirectoryChoice,
  isAnnounced,
  meantName,
} from './directories.ts';
import { UsageError } from './errors.ts';
import { parseDuration } from './input/duration.ts';
import { shellWord } from './output/shell-word.ts';
import { printable } from './output/printable.ts';
import { DataOutput, messageOf, type OutputSettings, type OutputStream, Talk } from './output/output.ts';

/** Standard input; its keys can be read one by one where it is a terminal. */
export interface InputStream extends NodeJS.ReadableStream {
  readonly isTTY: boolean;
  setRawMode(on: boolean): unknown;
}

/** The world as a command sees it; tests bring their own. */
export interface CliHost {
  readonly stdin: InputStream;
  readonly stdout: OutputStream & NodeJS.WritableStream;
  readonly stderr: OutputStream & NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** @returns ends the subscription */
  onSignal(signal: NodeJS.Signals, listener: () => void): () => void;
  /** Ends the process at once. */
  quit(code: number): void;
}

/** Options that every command has. */
export interface GlobalOptions extends Account {
  readonly directory?: readonly string[];
  readonly dialect?: DialectName;
  readonly dataDir?: string;
  readonly timeout?: string;
  readonly color: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Variables of the environment that count, and for what: the documentation is made of this. */
export const ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  ['RENDEZVOUS_DIRECTORY', 'as `--directory`, once'],
  ['RENDEZVOUS_DATA_DIR', 'as `--data-dir`'],
  ['RENDEZVOUS_ALLOCATION', 'as `allocation` in the configuration file'],
  ['RENDEZVOUS_CONFIG', 'configuration file to read instead of the usual one; it must exist'],
  ['XDG_CONFIG_HOME', 'where the folder of the configuration file is; default `~/.config`'],
  ['XDG_DATA_HOME', 'where the folder of the data is; default `~/.local/share`'],
  ['NO_COLOR', 'when set: no colour, as `--no-color`'],
  ['FORCE_COLOR', 'when set, and not to `0`: colour in a pipe too'],
  ['TZ', 'time zone of local times'],
];

const DEFAULT_TIMEOUT_MS = 10_000;

/** Everything a command's `run` gets: streams, clock, options that all commands share, and the directory. */
export class CliContext {
  readonly host: CliHost;
  readonly out: DataOutput;
  readonly err: Talk;
  #options: GlobalOptions = { color: true };
  #config: Promise<Config> | undefined;
  #isAuthenticated = false;
  readonly #passwords = new Map<string, string>();
  readonly #told = new WeakSet<Error>();

  constructor(host: CliHost) {
    this.host = host;
    this.out = new DataOutput(host.stdout, this.#settingsFor(host.stdout));
    this.err = new Talk(host.stderr, this.#settingsFor(host.stderr));
  }

  /** Called once the options are parsed. */
  configure(options: GlobalOptions): void {
    this.#options = options;
    this.out.configure(this.#settingsFor(this.host.stdout));
    this.err.configure(this.#settingsFor(this.host.stderr));
  }

  get clock(): Clock {
    return this.host.clock;
  }
  get now(): Date {
    return new Date(this.clock.wall());
  }
  get options(): GlobalOptions {
    return this.#options;
  }

  /** Whether the directory was told who asks. */
  get isAuthenticated(): boolean {
    return this.#isAuthenticated;
  }

  /** A command line to try next, in the same directory as this one. */
  callText(command: string, name: string): string {
    const { directory, dataDir } = this.#options;
    const words = ['rendezvous', command, shellWord(name)];
    for (const name of directory ?? []) words.push('--directory', shellWord(name));
    if (dataDir !== undefined) words.push('--data-dir', shellWord(dataDir));
    return words.join(' ');
  }

  /** The configuration file. @throws {UsageError} when it cannot be understood */
  config(): Promise<Config> {
    this.#config ??= readConfig(this.host.env);
    return this.#config;
  }

  /** Data directory asked for; undefined for the user's own. */
  async dataDir(): Promise<string | undefined> {
    return (
      this.#options.dataDir ?? nonEmpty(this.host.env['RENDEZVOUS_DATA_DIR']) ?? (await this.config()).dataDir
    );
  }

  /** Data directory asked for, else the user's own (`$XDG_DATA_HOME/rendezvous` and its like on other systems). */
  async requireDataDir(): Promise<string> {
    const asked = await this.dataDir();
    if (asked !== undefined) return resolve(asked);
    const { default: envPaths } = await import('env-paths');
    return envPaths('rendezvous', { suffix: '' }).data;
  }

  /**
   * The directories that are looked in, the one that new entries go to in front.
   *
   * @param announced with announced sessions, where the configuration file wants them
   */
  async directories(announced = false): Promise<readonly DirectoryChoice[]> {
    const { directory = [], dataDir } = this.#options;
    const environment = nonEmpty(this.host.env['RENDEZVOUS_DIRECTORY']);
    const dialect = await this.#dialect();
    const asked = {
      directories: directory,
      hasDataDir: dataDir !== undefined,
      environment,
      dialect,
      announced,
    };
    return chooseDirectories(asked, await this.config());
  }

  /** The directory that new entries go to: the first. */
  async firstDirectory(): Promise<DirectoryChoice> {
    const [first] = await this.directories();
    if (first === undefined) throw new UsageError('No directory was named');
    return first;
  }

  /** Milliseconds that one request to the directory may take. */
  async timeoutMs(): Promise<number> {
    const text = this.#options.timeout ?? (await this.config()).timeout;
    return text === undefined ? DEFAULT_TIMEOUT_MS : parseDuration(text, 's');
  }

  /** What counts of the command line, a directory's own account, and the one that all share. */
  async account(own: Account = {}): Promise<Account> {
    return mergeAccounts(accountOf(this.#options), accountOf(own), accountOf(await this.config()));
  }

  /**
   * What to authenticate with, or undefined for nobody.
   *
   * @param own the account of one directory; what the command line says comes before it
   * @throws {UsageError} when there is a name and no way to its password
   */
  async credentials(own: Account = {}): ReturnType<typeof readCredentials> {
    const source = { stdin: this.host.stdin, talk: this.err };
    const credentials = await readCredentials(await this.account(own), source, this.#passwords);
    this.#isAuthenticated ||= credentials !== undefined;
    return credentials;
  }

  /**
   * DN and password of who shall be the administrator of a service, or undefined.
   *
   * @throws {UsageError} when there is a DN and no way to its password
   */
  async administrator(): Promise<{ readonly dn: string; readonly password: string } | undefined> {
    const account = await this.account();
    const { bindDn: dn } = account;
    if (dn !== undefined) {
      return { dn, password: await readPassword(dn, account, { stdin: this.host.stdin, talk: this.err }) };
    }
    if (this.#options.passwordFile === undefined) return undefined;
    throw new UsageError('--password-file has a password for nobody: give --bind-dn too');
  }

  /**
   * The directory that new entries go to, connected and bound; the store of the data directory when none was asked for.
   * Close it after use.
   */
  async openDirectory(signal?: AbortSignal): Promise<Directory> {
    const choice = await this.firstDirectory();
    if (choice.target === 'embedded') this.#tellThatNobodyAsks();
    return this.openChoice(choice, signal);
  }

  /**
   * One of {@link directories}, connected and bound.
   *
   * @param heard how announcements are listened to; default what the configuration file says
   */
  async openChoice(
    choice: DirectoryChoice,
    signal?: AbortSignal,
    heard: AnnouncedOptions = {},
  ): Promise<Directory> {
    const { target } = choice;
    const [dialect, dataDir, timeoutMs, credentials, tls, { openDirectory }] = await Promise.all([
      asksNobody(target) ? undefined : this.#dialect(),
      this.dataDir(),
      this.timeoutMs(),
      asksNobody(target) ? undefined : this.credentials(choice),
      asksNobody(target) ? {} : this.account(choice).then((account) => readTls(account, target)),
      import('../directory/index.ts'),
    ]);
    const announced = isAnnounced(target) ? await this.announcedOptions(heard) : undefined;
    const directory = await openDirectory(target, {
      timeoutMs,
      ...tls,
      clock: this.clock,
      random: this.host.random,
      ...(dialect === undefined ? {} : { dialect }),
      ...(dataDir === undefined ? {} : { dataDir }),
      ...(credentials === undefined ? {} : { credentials }),
      ...(signal === undefined ? {} : { signal }),
      ...(announced === undefined ? {} : { announced }),
    }).catch(async (error: unknown) => {
      if (isWrongUrl(error)) throw new UsageError(messageOf(error), { cause: error });
      const meant = meantName(choice, await this.config(), error);
      throw meant === undefined ? error : new UsageError(meant, { cause: error });
    });
    this.err.detail(`Directory: ${directory.displayName}`);
    directory.on('omitted', (dn, names) => {
      this.err.warn(`${dn}: the server does not know ${names.join(' and ')}; written without`);
    });
    return directory;
  }

  /**
   * All directories that are looked in. One that is down is told on standard error, and does not hide the others.
   *
   * @param announced with announced sessions where they are wanted, and how those are listened to
   * @throws the error of the first, when none can be opened
   */
  async openDirectories(signal?: AbortSignal, announced?: AnnouncedOptions): Promise<DirectorySet> {
    const choices = await this.directories(announced !== undefined);
    if (choices.every(({ target }) => asksNobody(target))) this.#tellThatNobodyAsks();
    // one after the other: a person answers one question at a time
    for (const choice of choices) if (!asksNobody(choice.target)) await this.credentials(choice);
    const { DirectorySet } = await import('../directory/index.ts');
    const entries = choices.map((choice) => ({
      label: choice.label,
      open: () => this.openChoice(choice, signal, announced),
    }));
    const set = await DirectorySet.open(entries, { clock: this.clock, random: this.host.random });
    this.checkAnswered(set);
    return set;
  }

  /**
   * Names the directories of a set that could not be asked on standard error, each once.
   *
   * @throws the error of the first, when none of them could
   */
  checkAnswered({ problems, members }: DirectorySet): void {
    const [first, ...others] = problems;
    if (first === undefined) return;
    const isNoneLeft = problems.length === members.length;
    for (const { label, error } of isNoneLeft ? others : problems) {
      if (this.#told.has(error)) continue;
      this.#told.add(error);
      this.err.warn(`the directory ${printable(label)} is left out: ${printable(messageOf(error))}`);
    }
    if (isNoneLeft) throw first.error;
  }

  /** What the configuration file says of listening. Names that are not known are waited for by who asks: `lookMs` is 0. */
  async announcedOptions(asked: AnnouncedOptions = {}): Promise<AnnouncedOptions> {
    const { listen: _, gateway: __, ...configured } = (await this.config()).sap ?? {};
    const onNotice = (text: string): void => this.err.warn(printable(text));
    return { lookMs: 0, onNotice, ...configured, ...asked };
  }

  async #dialect(): Promise<DialectName | undefined> {
    const { dialect } = await this.config();
    if (this.#options.dialect !== undefined || dialect === undefined) return this.#options.dialect;
    const { dialectNamed } = await import('../directory/index.ts');
    return dialectNamed(dialect);
  }

  /** The store of this computer is open to whoever may read its file. */
  #tellThatNobodyAsks(): void {
    const { bindDn, user } = this.#options;
    if (bindDn === undefined && user === undefined) return;
    const flag = bindDn === undefined ? '--user' : '--bind-dn';
    this.err.warn(`${flag} has no effect: the directory on this computer asks nobody for a password`);
  }

  #settingsFor(stream: OutputStream): OutputSettings {
    const { color, quiet = false, verbose = false } = this.#options;
    return { color: color && wantsColor(stream, this.host.env), quiet, verbose };
  }
}

/** Terminals get colour, unless NO_COLOR or a dumb terminal speaks against it; FORCE_COLOR speaks for it. */
export function wantsColor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (nonEmpty(env['NO_COLOR']) !== undefined) return false;
  const forced = nonEmpty(env['FORCE_COLOR']);
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

/** What cannot be read is what the user wrote, and not what a server sent. */
function isWrongUrl(error: unknown): boolean {
  return error instanceof Error && 'protocol' in error && error.protocol === 'LDAP URL';
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** The host that is this process. */
export function processHost(): CliHost {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock: systemClock,
    random: Math.random,
    onSignal(signal, listener) {
      process.on(signal, listener);
      return () => process.off(signal, listener);
    },
    quit: (code) => process.exit(code),
  };
}

import type { Config } from './config.ts';
import { type Account, accountOf } from './authentication.ts';
import { UsageError } from './errors.ts';
import { codeOf } from './exit-codes.ts';
import { nearest } from './input/nearest.ts';

/** Who asked for a directory. */
export type ChoiceOrigin = 'option' | 'environment' | 'configuration' | 'default';

/** A directory that a command looks in, and its own account. */
export interface DirectoryChoice extends Account {
  /** What it is called here, and what `--directory` takes for it. */
  readonly label: string;
  /** As the library names directories. */
  readonly target: string;
  readonly origin: ChoiceOrigin;
}

export interface Asked {
  /** `--directory`, each of them. */
  readonly directories: readonly string[];
  /** `--data-dir` was given. */
  readonly hasDataDir: boolean;
  /** `RENDEZVOUS_DIRECTORY`. */
  readonly environment: string | undefined;
  /** `--dialect`, or that of the configuration file. */
  readonly dialect?: string | undefined;
  /** The command can do with what can only be read: announced sessions, where the configuration file wants them. */
  readonly announced?: boolean;
}

const EMBEDDED = 'embedded';
/** What is announced on the network. */
export const ANNOUNCED = 'sap:';
/** What the domain of this computer publishes: its controllers. */
const LOCAL_DOMAIN = 'dns:';

/** Whether a directory is the one of announced sessions. */
export const isAnnounced = (target: string): boolean => /^\s*sap:/i.test(target);
/** Whether nobody there asks who wants to know. */
export const asksNobody = (target: string): boolean => target === EMBEDDED || isAnnounced(target);

/**
 * Which directories a command looks in: those on the command line (a data directory there asks for the one in it); else
 * the one in the environment; else `directory` of the configuration file; else the defaults: its `[[directories]]`, what
 * its `domain` publishes, the one on this computer, and announced sessions; for Active Directory what the domain of this computer publishes.
 */
export function chooseDirectories(asked: Asked, config: Config): readonly DirectoryChoice[] {
  const { directories, hasDataDir, environment } = asked;
  const named = (text: string, origin: ChoiceOrigin): DirectoryChoice => nameOrTarget(text, origin, config);
  if (directories.length > 0) return distinct(directories.map((text) => named(text, 'option')));
  const announced: readonly DirectoryChoice[] =
    asked.announced === true && config.sap?.listen === true
      ? [{ label: ANNOUNCED, target: ANNOUNCED, origin: 'configuration' }]
      : [];
  if (hasDataDir) return [{ label: EMBEDDED, target: EMBEDDED, origin: 'option' }, ...announced];
  if (environment !== undefined) return [named(environment, 'environment')];
  if (config.directory !== undefined) return [named(config.directory, 'configuration')];
  if (asked.dialect === 'ad' && config.directories === undefined && config.domain === undefined) {
    return [{ label: LOCAL_DOMAIN, target: LOCAL_DOMAIN, origin: 'default' }];
  }
  return [...defaultDirectories(config), ...announced];
}

/** The configured defaults, in order. */
export function defaultDirectories(config: Config): readonly DirectoryChoice[] {
  const { directories = [], domain, embedded = true } = config;
  const all: DirectoryChoice[] = directories.map(({ name, url, ...own }) => ({
    label: name,
    target: url,
    origin: 'configuration' as const,
    ...accountOf(own),
  }));
  if (domain !== undefined) {
    all.push({ label: `dns:${domain}`, target: `dns:${domain}`, origin: 'configuration' });
  }
  const isNamed = all.some(({ target }) => target === EMBEDDED);
  if (embedded && !isNamed) all.push({ label: EMBEDDED, target: EMBEDDED, origin: 'default' });
  if (all.length === 0) {
    throw new UsageError(
      'The configuration file leaves no directory: name one, or take out embedded = false',
    );
  }
  return all;
}

function nameOrTarget(text: string, origin: ChoiceOrigin, config: Config): DirectoryChoice {
  const wanted = text.toLowerCase();
  const known = defaultsOf(config).find(({ label }) => label.toLowerCase() === wanted);
  return known === undefined ? { label: text, target: text, origin } : { ...known, origin };
}

/** For looking up names: a file without any is no mistake here. */
function defaultsOf(config: Config): readonly DirectoryChoice[] {
  return defaultDirectories({ ...config, embedded: true });
}

function distinct(choices: readonly DirectoryChoice[]): readonly DirectoryChoice[] {
  return choices.filter((it, i) => choices.findIndex(({ label }) => label === it.label) === i);
}

/** A word that names no host was probably meant to name a directory of the configuration file. */
export function meantName(choice: DirectoryChoice, config: Config, error: unknown): string | undefined {
  if (!/^[\w-]+$/.test(choice.target) || !isUnknownHost(error)) return undefined;
  const names = (config.directories ?? []).map(({ name }) => name);
  const close = nearest(choice.target, names);
  const known =
    names.length === 0 ? 'The configuration file names no directories.' : `It names ${names.join(', ')}.`;
  const advice = close === undefined ? known : `Did you mean ${close}?`;
  return `"${choice.target}" is neither a directory of the configuration file nor a host. ${advice}`;
}

function isUnknownHost(error: unknown): boolean {
  if (codeOf(error) === 'ENOTFOUND') return true;
  if (error instanceof AggregateError) return error.errors.every(isUnknownHost);
  return error instanceof Error && error.cause !== undefined && isUnknownHost(error.cause);
}

import { readFile } from 'node:fs/promises';
import type { ConnectOptions, Credentials } from '../directory/index.ts';
import { UsageError } from './errors.ts';
import type { Talk } from './output/output.ts';

/** Ways to authenticate, as `--auth` takes them. */
export const AUTH_METHODS = ['anonymous', 'simple', 'external', 'plain', 'scram'] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];

/** How one authenticates at a directory and how the way there is made safe; options and keys of the configuration file. */
export interface Account {
  readonly bindDn?: string;
  readonly user?: string;
  /** One of {@link AUTH_METHODS}. */
  readonly auth?: string;
  readonly passwordFile?: string;
  readonly passwordCommand?: string;
  readonly starttls?: boolean;
  readonly caFile?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  /** Keys of encrypted conferences may cross the network in the clear. */
  readonly insecureKeys?: boolean;
}

/** Each part of an {@link Account} by its key in the configuration file, which is its option too. */
export const ACCOUNT_KEYS: readonly (readonly [
  key: string,
  field: keyof Account,
  kind: 'string' | 'boolean',
])[] = [
  ['bind-dn', 'bindDn', 'string'],
  ['user', 'user', 'string'],
  ['auth', 'auth', 'string'],
  ['password-file', 'passwordFile', 'string'],
  ['password-command', 'passwordCommand', 'string'],
  ['starttls', 'starttls', 'boolean'],
  ['ca-file', 'caFile', 'string'],
  ['client-cert', 'clientCert', 'string'],
  ['client-key', 'clientKey', 'string'],
  ['insecure-keys', 'insecureKeys', 'boolean'],
];

/** The parts of an account among other values, for passing them on. */
export function accountOf(
  values: { readonly [field in keyof Account]?: Account[field] | undefined },
): Account {
  return Object.fromEntries(
    ACCOUNT_KEYS.flatMap(([, field]) => (values[field] === undefined ? [] : [[field, values[field]]])),
  );
}

/** An account on a command line, as it was given there. */
export function accountFlags(account: Account): string[] {
  return ACCOUNT_KEYS.flatMap(([key, field]) => {
    const value = account[field];
    return value === undefined || value === false ? [] : [value === true ? `--${key}` : `--${key}=${value}`];
  });
}

/**
 * What counts where several say something: the command line before the directory's own account, and that before the one
 * that all directories share. Of two names, or two ways to a password, only the first counts; a directory with an account
 * of its own does not get the password of another.
 */
export function mergeAccounts(commandLine: Account, own: Account, shared: Account): Account {
  const { passwordFile: _file, passwordCommand: _command, ...withoutPassword } = shared;
  return over(commandLine, over(own, hasName(own) ? withoutPassword : shared));
}

function over(first: Account, second: Account): Account {
  const { bindDn, user, auth, passwordFile, passwordCommand, ...rest } = second;
  const who = { bindDn, user, auth };
  const password = { passwordFile, passwordCommand };
  const isNameless = first.auth === 'anonymous' || first.auth === 'external';
  const hasPassword = first.passwordFile !== undefined || first.passwordCommand !== undefined;
  return accountOf({
    ...rest,
    ...(hasPassword ? {} : password),
    ...(hasName(first) || isNameless ? {} : who),
    ...first,
  });
}

const hasName = ({ bindDn, user }: Account): boolean => bindDn !== undefined || user !== undefined;

/**
 * How to authenticate: as `auth` says, else SCRAM for a user and simple for a DN, else not at all.
 *
 * @throws {UsageError} when that makes no sense
 */
export function methodOf(account: Account): AuthMethod {
  const { auth, bindDn, user, passwordFile, passwordCommand } = account;
  const method = AUTH_METHODS.find((it) => it === auth);
  if (auth !== undefined && method === undefined) {
    throw new UsageError(`There is no way to authenticate called "${auth}": take ${AUTH_METHODS.join(', ')}`);
  }
  if (bindDn !== undefined && user !== undefined) {
    throw new UsageError('--bind-dn and --user name somebody each: give one of them');
  }
  if (passwordFile !== undefined && passwordCommand !== undefined) {
    throw new UsageError(
      '--password-file and --password-command are two ways to a password: give one of them',
    );
  }
  const isNamed = hasName(account);
  const chosen = method ?? (user !== undefined ? 'scram' : bindDn !== undefined ? 'simple' : 'anonymous');
  if (chosen === 'anonymous' || chosen === 'external') {
    if (isNamed) {
      throw new UsageError(
        `--auth ${chosen} takes no name: leave out ${bindDn === undefined ? '--user' : '--bind-dn'}`,
      );
    }
    return chosen;
  }
  if (!isNamed) throw new UsageError(`--auth ${chosen} needs to know whom: give --user or --bind-dn`);
  return chosen;
}

/** Whether a person would be asked for a password, or a program. */
export function wouldAsk(account: Account): boolean {
  const method = methodOf(account);
  return method !== 'anonymous' && method !== 'external' && account.passwordFile === undefined;
}

/** Where a password can come from besides files. */
export interface PasswordSource {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly talk: Talk;
}

/**
 * What proves who one is, or undefined for nobody.
 *
 * @param passwords those that were asked for already: nobody is asked twice
 * @throws {UsageError} when there is a name and no way to its password, or the other way round
 */
export async function readCredentials(
  account: Account,
  source: PasswordSource,
  passwords: Map<string, string>,
): Promise<Exclude<Credentials, { readonly kind: 'anonymous' }> | undefined> {
  const method = methodOf(account);
  if (method === 'external') return { kind: 'external' };
  const { bindDn, user, passwordFile, passwordCommand } = account;
  const name = bindDn ?? user;
  if (method === 'anonymous' || name === undefined) {
    const flag = passwordFile === undefined ? '--password-command' : '--password-file';
    const isUseless = (passwordFile ?? passwordCommand) !== undefined && account.auth === undefined;
    if (isUseless) throw new UsageError(`${flag} has a password for nobody: give --bind-dn or --user too`);
    return undefined;
  }
  const key = JSON.stringify([name, passwordFile, passwordCommand]);
  const password = passwords.get(key) ?? (await readPassword(name, account, source));
  passwords.set(key, password);
  return method === 'simple' ? { kind: method, dn: name, password } : { kind: method, user: name, password };
}

/** A password from where the account says, else from the terminal. */
export async function readPassword(
  name: string,
  { passwordFile, passwordCommand }: Account,
  { stdin, talk }: PasswordSource,
): Promise<string> {
  const { passwordFromCommand, passwordFromFile, passwordFromPrompt } = await import('./password.ts');
  if (passwordFile !== undefined) return passwordFromFile(passwordFile, talk);
  if (passwordCommand !== undefined) return passwordFromCommand(passwordCommand);
  return passwordFromPrompt(name, stdin, talk);
}

/**
 * How the connection to `target` is made safe.
 *
 * @throws {UsageError} when half of a certificate is missing
 * @throws the system's error when a file cannot be read
 */
export async function readTls(
  { starttls, caFile, clientCert, clientKey, insecureKeys }: Account,
  target: string,
): Promise<Pick<ConnectOptions, 'tls' | 'tlsOptions' | 'insecureKeys'>> {
  if (target === 'embedded') return {};
  if ((clientCert === undefined) !== (clientKey === undefined)) {
    throw new UsageError('A client certificate needs its key: give --client-cert and --client-key');
  }
  const read = async (path: string | undefined): Promise<Buffer | undefined> =>
    path === undefined ? undefined : readFile(path);
  const [ca, cert, key] = await Promise.all([read(caFile), read(clientCert), read(clientKey)]);
  const tlsOptions = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  // there is no need for it where the URL says TLS, or stays on this computer
  const needs = starttls === true && !/^ldap[si]:/i.test(target);
  return {
    ...(needs ? { tls: 'starttls' as const } : {}),
    ...(insecureKeys === true ? { insecureKeys } : {}),
    ...(Object.keys(tlsOptions).length === 0 ? {} : { tlsOptions }),
  };
}

/** What the program's exit status says; documented, so scripts may rely on it. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notPermitted: 4,
  network: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** For the help and the documentation. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.done, 'done'],
  [EXIT.failed, 'failed'],
  [EXIT.usage, 'wrong usage'],
  [EXIT.notFound, 'not found'],
  [EXIT.notPermitted, 'not permitted'],
  [EXIT.network, 'network trouble or no answer in time'],
  [EXIT.interrupted, 'interrupted'],
];

/**
 * By the stable `code` of errors and not by their class: the classes live in modules that a command may never have
 * loaded, and loading them here would cost every start.
 */
const BY_CODE: Readonly<Record<string, ExitCode>> = {
  ERR_USAGE: EXIT.usage,
  ERR_INVALID_VALUE: EXIT.usage,
  ERR_INVALID_TIME: EXIT.usage,
  ERR_INVALID_TERMINAL: EXIT.usage,
  ERR_ENCODE: EXIT.usage, // a value given cannot stand where it should go
  ERR_DIRECTORY_NO_SERVER: EXIT.usage,
  ERR_DIRECTORY_AMBIGUOUS: EXIT.usage,
  ERR_NOT_FOUND: EXIT.notFound,
  ERR_DIRECTORY_NOT_FOUND: EXIT.notFound,
  ERR_ALLOCATION_UNKNOWN_LEASE: EXIT.notFound,
  ERR_ALLOCATION_UNKNOWN_SCOPE: EXIT.notFound,
  ENOENT: EXIT.notFound,
  ERR_DIRECTORY_NOT_PERMITTED: EXIT.notPermitted,
  ERR_DIRECTORY_READ_ONLY: EXIT.notPermitted,
  EACCES: EXIT.notPermitted,
  EPERM: EXIT.notPermitted,
  EROFS: EXIT.notPermitted,
  ERR_NETWORK: EXIT.network,
  ERR_INTERFACE: EXIT.network,
  ERR_QOS: EXIT.network,
  ERR_TIMEOUT: EXIT.network,
  ERR_ALLOCATION_NO_SERVER: EXIT.network,
  ERR_DIRECTORY_TIMEOUT: EXIT.network,
  ERR_DIRECTORY_UNAVAILABLE: EXIT.network,
  ERR_INTERRUPTED: EXIT.interrupted,
};

/** The stable code of an error, `''` when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

export function exitCodeOf(error: unknown): ExitCode {
  const code = codeOf(error);
  // the parser's own: help and version were asked for, everything else is wrong usage
  if (code.startsWith('commander.')) return isHelp(code) ? EXIT.done : EXIT.usage;
  return BY_CODE[code] ?? EXIT.failed;
}

export function isHelp(code: string): boolean {
  return ['commander.help', 'commander.helpDisplayed', 'commander.version'].includes(code);
}

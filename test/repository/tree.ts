import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../../tools/files.ts';

/** Every file of the repository that git does not ignore, as paths from its root. */
export const FILES: readonly string[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'],
  { cwd: fileURLToPath(ROOT), encoding: 'utf8' },
)
  .split('\n')
  .filter((path) => path !== '')
  .sort();

const cache = new Map<string, string>();

/** Text of a file; empty when it was deleted and git does not know yet. */
export function read(path: string): string {
  let text = cache.get(path);
  if (text === undefined) {
    try {
      text = readFileSync(new URL(path, ROOT), 'utf8');
    } catch {
      text = '';
    }
    cache.set(path, text);
  }
  return text;
}

/** The program's own sources: what is compiled and published. */
export const SOURCES: readonly string[] = FILES.filter((path) =>
  /^(src|directory|conference|cli)\/.*\.ts$/.test(path),
);

/** `./x.ts` written in `from`, as a path from the root. */
export function resolveImport(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Source text without comments and without what is inside quotes; lines stay where they are. */
export function codeOnly(source: string): string {
  const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
  return source.replace(
    /\/\/[^\n]*|\/\*[^]*?\*\/|(['"])(?:\\.|(?!\1)[^\\\n])*\1|\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[dgimsuvy]*(?=[\s,;.)\]]|$)/g,
    blank,
  );
}

import { describe, expect, test } from 'vitest';
import { ROOT } from '../../tools/files.ts';
import { importsOf } from '../../tools/imports.ts';
import { type Lockfile, missingOptionalEntries } from '../../tools/lockfile.ts';
import { parityProblems, parityRows, testProof } from '../../tools/parity/table.ts';
import { codeOnly, FILES, read, SOURCES } from './tree.ts';

interface Manifest {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}
const manifest: Manifest = JSON.parse(read('package.json'));
const lock: Lockfile = JSON.parse(read('package-lock.json'));
const typescript = FILES.filter((path) => path.endsWith('.ts'));
const documents = FILES.filter((path) => path.endsWith('.md'));

/** A word that this file itself must not contain. */
const apart = (...parts: string[]): string => parts.join('');

/** Lines of `paths` that match, as `path:line text`. */
function linesMatching(
  paths: readonly string[],
  pattern: RegExp,
  view = (text: string): string => text,
): string[] {
  return paths.flatMap((path) =>
    view(read(path))
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${index + 1} ${line.trim().slice(0, 100)}`] : [],
      ),
  );
}

describe('sources', () => {
  test('no file is longer than 400 lines', () => {
    const long = SOURCES.map((path) => ({ path, lines: read(path).split('\n').length - 1 })).filter(
      ({ lines }) => lines > 400,
    );
    expect(long).toEqual([]);
  });

  test('nothing is silenced, unfinished or untyped', () => {
    const marks = [
      apart('TO', 'DO'),
      apart('FIX', 'ME'),
      apart('@ts-', 'ignore'),
      apart('@ts-', 'expect-error'),
    ];
    const disabled = ['oxlint', 'eslint', 'biome'].flatMap((tool) => [
      apart(tool, '-disable'),
      apart(tool, '-ignore'),
    ]);
    expect(
      linesMatching(typescript, new RegExp(`(^|[^\\w-])(${[...marks, ...disabled].join('|')})\\b`)),
    ).toEqual([]);
    expect(linesMatching(typescript, /:\s*any\b(?!\s*[.(\w])|\bas any\b|<any\b/, codeOnly)).toEqual([]);
  });

  test.each(['ldapts', 'werift', 'dgram-as-promised', 'sdp-transform', 'commander', 'vitest'])(
    '%s is pinned and used',
    (name) => {
      expect({ ...manifest.dependencies, ...manifest.devDependencies }[name]).toMatch(/^\d+\.\d+\.\d+$/);
      const users = typescript.filter((path) =>
        importsOf(read(path)).some(({ specifier, typeOnly }) => specifier === name && !typeOnly),
      );
      expect(users).not.toEqual([]);
    },
  );

  test('what is imported at run time is a dependency, and each dependency is imported', () => {
    const packages = new Set(
      SOURCES.flatMap((path) => importsOf(read(path)))
        .filter(({ specifier, typeOnly }) => !typeOnly && !/^(\.|node:)/.test(specifier))
        .map(({ specifier }) =>
          specifier
            .split('/')
            .slice(0, specifier.startsWith('@') ? 2 : 1)
            .join('/'),
        ),
    );
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    expect([...packages].sort()).toEqual(declared.sort());
  });
});

describe('the repository', () => {
  test('names no machine, no home folder and no package registry', () => {
    const hosts = [apart('registry\\.', 'npmjs'), apart('npm', 'mirror'), apart('arti', 'factory')];
    const paths = [
      apart('/wo', 'rk/'),
      apart('/ro', 'ot/'),
      apart('/ho', 'me/[a-z]+/'),
      apart('/Us', 'ers/[A-Za-z]+/'),
    ];
    const text = FILES.filter((path) => /\.(ts|js|json|md|toml|yml|sh|c)$|\/run$/.test(path));
    expect(linesMatching(text, new RegExp([...hosts, ...paths].join('|')))).toEqual([]);
  });

  test('the lock points at no host and holds every platform package', () => {
    const resolved = Object.entries(lock.packages)
      .filter(([, entry]) => entry.resolved?.includes('://'))
      .map(([location]) => location);
    expect(resolved).toEqual([]);
    expect(missingOptionalEntries(lock).map(([location]) => location)).toEqual([]);
  });

  test('every version is pinned', () => {
    const { dependencies, optionalDependencies, devDependencies } = manifest;
    const loose = Object.entries({ ...dependencies, ...optionalDependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    expect(loose).toEqual([]);
  });
});

describe('tests', () => {
  const tests = FILES.filter((path) => path.endsWith('.test.ts'));

  test('none is left out or run alone', () => {
    const pattern = new RegExp(
      `\\b(describe|test|it|suite)(\\.\\w+)*\\.(skip|skipIf|runIf|only|${apart('to', 'do')}|fails)\\b`,
    );
    expect(linesMatching(tests, pattern, codeOnly)).toEqual([]);
  });

  test('the parity table is true', () => {
    expect(parityProblems(parityRows(), testProof(ROOT))).toEqual([]);
  });
});

describe('documents', () => {
  test('links and named files exist', () => {
    const known = new Set(
      FILES.flatMap((path) => path.split('/').map((_, end, parts) => parts.slice(0, end + 1).join('/'))),
    );
    const broken = documents.flatMap((path) => {
      const folder = path.slice(0, path.lastIndexOf('/') + 1);
      const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map((found) => ({
        wanted: new URL(found[1] ?? '', `file:///${folder}`).pathname.slice(1).replace(/\/$/, ''),
      }));
      const named = [
        ...read(path).matchAll(/`((?:src|directory|conference|cli|test|tools|bench|docs)\/[\w./-]*)`/g),
      ].map((found) => ({ wanted: (found[1] ?? '').replace(/\/$/, '') }));
      return [...links, ...named]
        .filter(({ wanted }) => wanted !== '' && !known.has(wanted))
        .map(({ wanted }) => `${path} names ${wanted}`);
    });
    expect(broken).toEqual([]);
  });

  test('each file that docs/protocols.md names cites the document of its row', () => {
    const rows = [...read('docs/protocols.md').matchAll(/^\| (RFC \d+) .*$/gm)];
    expect(rows.length).toBeGreaterThan(40);
    const wrong = rows.flatMap(([row, document = '']) =>
      [...row.matchAll(/`((?:src|directory|conference)\/[^`]+)`/g)]
        .map((found) => found[1] ?? '')
        .filter((path) => !read(path).includes(document))
        .map((path) => `${path} does not cite ${document}`),
    );
    expect(wrong).toEqual([]);
  });

  test('npm commands that they name are in package.json', () => {
    const named = documents.flatMap((path) =>
      [...read(path).matchAll(/\bnpm run ([\w:-]+)/g)].map((found) => ({ path, script: found[1] ?? '' })),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ script }) => !(script in manifest.scripts))).toEqual([]);
  });
});

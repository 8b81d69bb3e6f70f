import { describe, expect, test } from 'vitest';
import { importsOf } from '../../tools/imports.ts';
import { codeOnly, FILES, folderOf, read, resolveImport, SOURCES } from './tree.ts';

/** From the outermost to the innermost: a layer knows the ones after it, never the ones before it. */
const LAYERS = ['cli', 'conference', 'directory', 'src'];
/** Folders of `src` that know nothing of sockets, of the machine they run on, of time or of chance. */
const PURE = [
  'capture',
  'ogg',
  'video',
  'sdp',
  'sap',
  'rtp',
  'rtcp',
  'srtp',
  'madcap',
  'igmp',
  'ldap',
  'ical',
  'security',
  'wire',
  'ip',
  'prometheus',
];
/** Time as an interface: wanted where sockets are not. */
const SHARED = new Set(['src/net/clock.ts']);

const edges = SOURCES.flatMap((from) =>
  importsOf(read(from)).map(({ specifier, typeOnly }) => ({ from, specifier, typeOnly })),
);
const relative = edges
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map(({ from, specifier }) => ({ from, to: resolveImport(from, specifier) }));
const layer = (path: string): number => LAYERS.indexOf(path.split('/')[0] ?? '');
const inPure = (path: string): boolean => PURE.some((folder) => path.startsWith(`src/${folder}/`));
const foldersAround = (path: string): string[] =>
  path
    .split('/')
    .slice(0, -1)
    .map((_, depth, parts) => parts.slice(0, depth + 1).join('/'));

describe('imports', () => {
  test('the scanner sees real imports', () => {
    expect(relative.length).toBeGreaterThan(SOURCES.length);
  });

  test('run one way: cli → conference → directory → src', () => {
    const wrong = relative.filter(({ from, to }) => layer(to) < layer(from));
    expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test('a folder with an index.ts is entered through it', () => {
    const withIndex = new Set(SOURCES.filter((path) => path.endsWith('/index.ts')).map(folderOf));
    const wrong = relative.filter(({ from, to }) => {
      if (to.endsWith('/index.ts') || SHARED.has(to)) return false;
      const entered = foldersAround(to).filter(
        (folder) => !from.startsWith(`${folder}/`) && folder !== 'src',
      );
      return entered.some((folder) => withIndex.has(folder));
    });
    expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test('stay inside the published folders', () => {
    const wrong = relative.filter(({ to }) => layer(to) === -1);
    expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });
});

test('the test kit stands alone: node, koffi and itself', () => {
  const kit = FILES.filter((path) => /^test\/kit\/.*\.ts$/.test(path));
  expect(kit.length).toBeGreaterThan(5);
  const wrong = kit.flatMap((from) =>
    importsOf(read(from))
      .filter(({ specifier }) =>
        specifier.startsWith('.')
          ? !resolveImport(from, specifier).startsWith('test/kit/')
          : !/^node:|^koffi$/.test(specifier),
      )
      .map(({ specifier }) => `${from} imports ${specifier}`),
  );
  expect(wrong).toEqual([]);
});

describe('a protocol folder', () => {
  test('imports no node: module and no socket', () => {
    const wrong = edges
      .filter(({ from }) => inPure(from))
      .filter(
        ({ from, specifier }) =>
          specifier.startsWith('node:') ||
          (specifier.startsWith('.') && resolveImport(from, specifier).startsWith('src/net/')),
      );
    expect(wrong.map(({ from, specifier }) => `${from} imports ${specifier}`)).toEqual([]);
  });

  test('knows no clock, no chance, no timer and no process', () => {
    const impure =
      /\b(Buffer|process|Date|performance|setTimeout|setInterval|setImmediate|queueMicrotask|console)\b|(?<![.\w])crypto\s*\.|\bMath\s*\.\s*random\b/;
    const wrong = SOURCES.filter(inPure).flatMap((path) =>
      codeOnly(read(path))
        .split('\n')
        .flatMap((line, index) => {
          const found = impure.exec(line);
          return found ? [`${path}:${index + 1} uses ${found[0]}`] : [];
        }),
    );
    expect(wrong).toEqual([]);
  });
});

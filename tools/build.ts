/**
 * Compiles `src directory conference cli` into `dist`, and puts the modules of the command together into a few files,
 * since opening three hundred of them takes longer than most commands. Then looks at every relative import that came
 * out: a published package must not point at a file that is not in it, nor at TypeScript.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { filesBelow, ROOT } from './files.ts';
import { importsOf } from './imports.ts';

const dist = new URL('dist/', ROOT);
rmSync(dist, { recursive: true, force: true });
const compiled = spawnSync(
  process.execPath,
  [fileURLToPath(new URL('node_modules/typescript/bin/tsc', ROOT)), '-p', 'tsconfig.build.json'],
  { cwd: fileURLToPath(ROOT), stdio: 'inherit' },
);
if (compiled.status === 0) await bundleCommand();

const broken = filesBelow(dist, '.js').flatMap((file) => {
  const url = new URL(file, dist);
  return importsOf(readFileSync(url, 'utf8'))
    .filter(({ specifier }) => specifier.startsWith('.'))
    .filter(({ specifier }) => specifier.endsWith('.ts') || !existsSync(new URL(specifier, url)))
    .map(({ specifier }) => `dist/${file} imports ${specifier}, which is not in dist`);
});
for (const problem of broken) console.error(problem);
if (broken.length > 0 || compiled.status !== 0) process.exitCode = 1;

/** Replaces `dist/cli` by files that hold what a command needs; packages that we depend on stay outside. */
async function bundleCommand(): Promise<void> {
  const command = fileURLToPath(new URL('cli/', dist));
  const bundled = fileURLToPath(new URL('bundled/', dist));
  await using bundle = await rolldown({
    input: `${command}main.js`,
    platform: 'node',
    external: (specifier) => /^(node:|@?[a-z])/.test(specifier),
  });
  await bundle.write({ dir: bundled, format: 'esm', chunkFileNames: '[name]-[hash].js' });
  rmSync(command, { recursive: true });
  renameSync(bundled, command);
}

import { existsSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { run, succeed, userEnvironment } from './installed.ts';

/** A Node too old for us: one that is installed here, else one from the registry, into `folder`. */
export async function findOldNode(folder: string): Promise<string> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/bin', '/usr/bin'];
  const candidates = new Set(
    folders
      .map((each) => join(each, 'node'))
      .filter((path) => existsSync(path))
      .map((path) => realpathSync(path)),
  );
  for (const path of candidates) {
    const { stdout } = await run(path, ['--version'], { cwd: folder });
    const major = Number(/^v(\d+)/.exec(stdout)?.[1]);
    if (major >= 18 && major < 24) return path;
  }
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const flags = ['--no-audit', '--no-fund', '--no-save', '--loglevel=error', '--prefix', folder];
  await succeed('npm', ['install', ...flags, `${name}@20`], { cwd: folder, env: userEnvironment(folder) });
  return join(folder, 'node_modules', name, 'bin', 'node');
}

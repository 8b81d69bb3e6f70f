import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const ROOT = new URL('../', import.meta.url);

/** Files below `folder` whose name ends with `suffix`, as sorted paths relative to it; `node_modules` is left out. */
export function filesBelow(folder: URL, suffix = ''): string[] {
  return readdirSync(fileURLToPath(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) =>
      `${entry.parentPath}/${entry.name}`.slice(fileURLToPath(folder).length).replace(/^\//, ''),
    )
    .filter((path) => !path.includes('node_modules/'))
    .sort();
}

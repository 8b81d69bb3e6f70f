import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The file of a program, as the shell would find it. */
export function findOnPath(program: string, path: string, platform: NodeJS.Platform): string | undefined {
  const names = platform === 'win32' ? [`${program}.exe`, `${program}.cmd`] : [program];
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue;
    for (const name of names) {
      const file = join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // not here
      }
    }
  }
  return undefined;
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Where the kernel tells about itself; tests pass their own. Undefined: cannot be known here. */
export interface HostFiles {
  readText(path: string): string | undefined;
  list(path: string): readonly string[];
  exists(path: string): boolean;
}

export const systemFiles: HostFiles = {
  readText(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined; // not Linux, or not permitted
    }
  },
  list(path) {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  },
  exists: existsSync,
};

/** Undefined when there is no such file, or no number in it. */
export function readNumber(files: HostFiles, path: string): number | undefined {
  const text = files.readText(path)?.trim();
  const value = Number(text);
  return text === undefined || text === '' || Number.isNaN(value) ? undefined : value;
}

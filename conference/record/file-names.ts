/** Names that Windows keeps for devices. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/i;
const MAX_LENGTH = 60;

/**
 * A file name from what a participant says about himself: letters, digits, and a few signs that mean nothing to any
 * file system or shell. Never empty, hidden or reserved.
 */
export function safeFileName(text: string): string {
  const plain = text
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}\p{M}@+._ -]/gu, '_')
    .replaceAll(/\s+/g, ' ');
  const short = plain
    .slice(0, MAX_LENGTH)
    .toWellFormed()
    .replace(/\ufffd$/, '');
  const name = short.replace(/^[. _-]+/, '').replace(/[. ]+$/, '');
  if (name === '') return 'participant';
  return RESERVED.test(name.split('.')[0] ?? '') ? `_${name}` : name;
}

/** Gives each file of a recording a name of its own, however many participants share one. */
export class FileNames {
  readonly #taken = new Set<string>();

  /** @param name as wanted, not yet safe @param extension such as `.wav` */
  take(name: string, extension: string): string {
    const base = safeFileName(name);
    for (let number = 1; ; number++) {
      const file = `${base}${number === 1 ? '' : `-${number}`}${extension}`;
      // Some file systems do not tell A from a.
      const key = file.toLowerCase();
      if (this.#taken.has(key)) continue;
      this.#taken.add(key);
      return file;
    }
  }
}

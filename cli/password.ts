import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { InterruptedError, UsageError } from './errors.ts';
import type { Talk } from './output/output.ts';

/**
 * The password in a file: its first line. Says so when others on this computer may read it.
 *
 * @throws {UsageError} when the file is empty
 */
export async function passwordFromFile(path: string, talk: Talk): Promise<string> {
  const [text, { mode }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
  if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
    talk.warn(`others on this computer may read ${path}: chmod 600 ${path}`);
  }
  const [line = ''] = text.split(/\r?\n/);
  if (line === '') throw new UsageError(`${path} holds no password in its first line`);
  return line;
}

/**
 * Asks for the password on the terminal, without showing it.
 *
 * @throws {UsageError} when there is no terminal to ask on
 */
export async function passwordFromPrompt(
  dn: string,
  stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean },
  talk: Talk,
): Promise<string> {
  if (stdin.isTTY !== true || !talk.isTerminal) {
    throw new UsageError(
      `${dn} needs a password: give --password-file FILE (there is no terminal to ask on)`,
    );
  }
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: stdin, output: silent, terminal: true });
  talk.write(`Password of ${dn}: `);
  try {
    return await new Promise<string>((resolve, reject) => {
      reader.once('line', resolve);
      reader.once('SIGINT', () => reject(new InterruptedError()));
      reader.once('close', () => reject(new InterruptedError()));
    });
  } finally {
    reader.close();
    talk.line();
  }
}

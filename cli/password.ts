import { readFile, stat } from 'node:fs/promises';
import { spawn } from 'node:child_process';
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
 * What a command prints first, such as that of a password manager. The shell runs it; it may ask on the terminal.
 *
 * @throws {UsageError} when it fails or prints nothing
 */
export async function passwordFromCommand(command: string): Promise<string> {
  const child = spawn(command, { shell: true, stdio: ['inherit', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (out.length < 65_536) out += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    throw new UsageError(
      `The command of --password-command failed (status ${code ?? 'unknown'}): ${command}`,
    );
  }
  const [line = ''] = out.split(/\r?\n/);
  if (line === '') throw new UsageError(`The command of --password-command printed no password: ${command}`);
  return line;
}

/**
 * A password to be set, asked for twice.
 *
 * @throws {UsageError} when there is no terminal to ask on, or the two differ
 */
export async function newPasswordFromPrompt(
  name: string,
  stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean },
  talk: Talk,
): Promise<string> {
  const first = await passwordFromPrompt(name, stdin, talk, 'New password');
  const second = await passwordFromPrompt(name, stdin, talk, 'Again, the new password');
  if (first !== second) throw new UsageError('The two passwords are not the same: nothing was changed');
  return first;
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
  question = 'Password',
): Promise<string> {
  if (stdin.isTTY !== true || !talk.isTerminal) {
    throw new UsageError(
      `${dn} needs a password: give --password-file or --password-command (there is no terminal to ask on)`,
    );
  }
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: stdin, output: silent, terminal: true });
  talk.write(`${question} of ${dn}: `);
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

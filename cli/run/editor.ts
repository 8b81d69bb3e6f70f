import type { CliContext } from '../context.ts';
import { FailedError } from '../errors.ts';
import { codeOf } from '../exit-codes.ts';

/** What a person wrote in an editor. It stays in its file until it is removed: nobody types it twice. */
export interface Draft {
  readonly bytes: Uint8Array;
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Lets a person change bytes in an editor: `$VISUAL`, `$EDITOR` or vi.
 *
 * @returns undefined when nothing was changed
 * @throws {FailedError} when the editor fails
 */
export async function editBytes(
  { host }: CliContext,
  fileName: string,
  bytes: Uint8Array,
): Promise<Draft | undefined> {
  const [{ mkdtemp, readFile, rm, writeFile }, { tmpdir }, { join }] = await Promise.all([
    import('node:fs/promises'),
    import('node:os'),
    import('node:path'),
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'rendezvous-edit-'));
  const path = join(folder, fileName);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await writeFile(path, bytes);
    await run(host.env['VISUAL'] || host.env['EDITOR'] || 'vi', path);
    const edited = new Uint8Array(await readFile(path));
    if (!Buffer.from(edited).equals(bytes)) return { bytes: edited, path, remove };
  } catch (error) {
    await remove();
    throw error;
  }
  await remove();
  return undefined;
}

/** The variable may hold options (`code --wait`), so a shell takes it apart. */
async function run(editor: string, path: string): Promise<void> {
  const [{ spawn }, { once }] = await Promise.all([import('node:child_process'), import('node:events')]);
  const child = spawn(`${editor} "$RENDEZVOUS_FILE"`, {
    shell: true,
    stdio: 'inherit',
    env: { ...process.env, RENDEZVOUS_FILE: path },
  });
  let code: unknown;
  try {
    [code] = await once(child, 'exit');
  } catch (error) {
    throw new FailedError(`Cannot start the editor ${editor}: ${codeOf(error)}`, { cause: error });
  }
  if (code !== 0)
    throw new FailedError(`The editor ${editor} failed; nothing was changed. Set EDITOR to another.`);
}

import { type FileHandle, open } from 'node:fs/promises';
import { putAt, writeProblem } from '../terminal/index.ts';

/** Records gathered before they are written: a crash loses this much. */
const FLUSH_BYTES = 65_536;
/** Waiting for a slow disk; what comes then is dropped and counted. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/**
 * A file that grows by whole records. A full disk stops it with one call of `onProblem`; what is in the file then ends with
 * a whole record.
 */
export class AppendFile {
  /** Records that could not be taken because the disk is too slow, or no more. */
  dropped = 0;
  readonly path: string;
  readonly #file: Promise<FileHandle | undefined>;
  readonly #onProblem: (message: string) => void;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #length = 0;
  #failed = false;
  #writing: Promise<void> | undefined;
  #patches: { readonly at: number; readonly bytes: Uint8Array }[] = [];

  constructor(path: string, onProblem: (message: string) => void) {
    this.path = path;
    this.#onProblem = onProblem;
    this.#file = open(path, 'w').catch((error: unknown) => {
      this.#fail(error);
      return undefined;
    });
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** Takes a record as it is: the caller does not change it any more. */
  append(record: Uint8Array): void {
    if (this.#failed || this.#waitingBytes > MAX_WAITING_BYTES) {
      this.dropped++;
      return;
    }
    this.#waiting.push(record);
    this.#waitingBytes += record.length;
    if (this.#waitingBytes >= FLUSH_BYTES) this.flush();
  }

  /** Replaces bytes near the beginning at the next {@link flush}, such as a count in a header. */
  patch(at: number, bytes: Uint8Array): void {
    this.#patches.push({ at, bytes });
  }

  /** Begins to write what waits. */
  flush(): void {
    if (this.#failed || (this.#waitingBytes === 0 && this.#patches.length === 0)) return;
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    const file = await this.#file;
    const bytes = Buffer.concat(this.#waiting);
    const patches = this.#patches;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#patches = [];
    try {
      if (file === undefined) return;
      await putAt(file, bytes, this.#length);
      this.#length += bytes.length;
      for (const { at, bytes: patch } of patches) await putAt(file, patch, at);
    } catch (error) {
      await file?.truncate(this.#length).catch(() => {});
      this.#fail(error);
    } finally {
      this.#writing = undefined;
      if (this.#waitingBytes >= FLUSH_BYTES) this.flush();
    }
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#onProblem(`${this.path}: ${writeProblem(error)}`);
  }

  async close(): Promise<void> {
    await this.#writing;
    this.flush();
    await this.#writing;
    await (await this.#file)?.close();
  }
}

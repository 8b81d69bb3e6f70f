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

  /** Takes a record as it is: the caller does not change it any more. @returns whether there was room */
  append(record: Uint8Array): boolean {
    if (this.#failed || this.#waitingBytes > MAX_WAITING_BYTES) {
      this.dropped++;
      if (!this.#failed && this.dropped === 1)
        this.#onProblem(`${this.path}: the disk is too slow: what finds no room is left out`);
      return false;
    }
    this.#waiting.push(record);
    this.#waitingBytes += record.length;
    if (this.#waitingBytes >= FLUSH_BYTES) this.flush();
    return true;
  }

  /** Begins to write what waits. */
  flush(): void {
    if (this.#failed || this.#waitingBytes === 0) return;
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    const file = await this.#file;
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    try {
      if (file === undefined) return;
      await putAt(file, bytes, this.#length);
      this.#length += bytes.length;
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

import { styleText } from 'node:util';
import { printable } from './printable.ts';
import { type Column, tabField, tableLines, tabLines } from './table.ts';

/** What an output needs of the stream it writes to. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string | Uint8Array): boolean;
  on(event: string, listener: (error: Error) => void): unknown;
}

type Style = Parameters<typeof styleText>[0];

/** Whether a stream gets colour, and so on: fixed once the options are known. */
export interface OutputSettings {
  readonly color: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** Either of the two standard output streams, aware of whether a person reads it. */
export class Output {
  readonly stream: OutputStream;
  /** A person reads it. */
  readonly isTerminal: boolean;
  protected settings: OutputSettings;
  #onClosed: (() => void)[] = [];
  #isClosed = false;

  constructor(stream: OutputStream, settings: OutputSettings) {
    this.stream = stream;
    this.isTerminal = stream.isTTY === true;
    this.settings = settings;
    stream.on('error', () => this.#close()); // EPIPE: the reader has had enough, which is no failure of ours
  }

  configure(settings: OutputSettings): void {
    this.settings = settings;
  }

  get columns(): number {
    return this.stream.columns ?? 80;
  }
  get isColored(): boolean {
    return this.settings.color;
  }
  /** Nobody reads any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }
  onClosed(listener: () => void): void {
    this.#onClosed.push(listener);
  }

  write(text: string | Uint8Array): void {
    if (!this.#isClosed) this.stream.write(text);
  }
  line(text = ''): void {
    this.write(`${text}\n`);
  }

  /** Colours text for a terminal; leaves it alone everywhere else. */
  style(style: Style, text: string): string {
    return this.settings.color ? styleText(style, text, { validateStream: false }) : text;
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const listener of this.#onClosed.splice(0)) listener();
  }
}

/** Standard output: data, and nothing but data. */
export class DataOutput extends Output {
  /** One JSON value, indented on a terminal. */
  json(value: unknown): void {
    this.line(JSON.stringify(value, null, 2));
  }
  /** One JSON value on one line. */
  ndjson(value: unknown): void {
    this.line(JSON.stringify(value));
  }
  /** A table on a terminal; fields between tabs, without a header, in a pipe. */
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
    if (!this.isTerminal) {
      for (const line of tabLines(columns, rows)) this.line(line);
      return;
    }
    const [header = '', ...lines] = tableLines(columns, rows, this.columns);
    this.line(this.style('bold', header));
    for (const line of lines) this.line(line);
  }
  /** `label  value` pairs, labels aligned; undefined values are left out. */
  pairs(pairs: readonly (readonly [label: string, value: string | undefined])[]): void {
    const width = Math.max(...pairs.map(([label]) => label.length));
    for (const [label, value] of pairs) {
      if (value !== undefined) this.line(`${this.style('dim', label.padEnd(width))}  ${value}`);
    }
  }
  /** Lines of values between tabs, for programs. */
  fields(lines: readonly (readonly string[])[]): void {
    for (const values of lines) this.line(values.map(tabField).join('\t'));
  }
}

/** Standard error: everything that is said to the person and is not the answer. */
export class Talk extends Output {
  /** What is nice to know; silent with `--quiet`. */
  note(text: string): void {
    if (!this.settings.quiet) this.line(text);
  }
  /** Only with `--verbose`. */
  detail(text: string): void {
    if (this.settings.verbose) this.line(this.style('dim', text));
  }
  warn(text: string): void {
    this.line(`${this.style('yellow', 'warning:')} ${text}`);
  }
  error(text: string): void {
    this.line(`${this.style('red', 'rendezvous:')} ${text}`);
  }
  /** An error's message, safe to print; its stack and causes with `--verbose`. */
  failure(error: unknown): void {
    this.error(printableLines(messageOf(error)));
    if (!this.settings.verbose || !(error instanceof Error)) return;
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      this.detail(printableLines(cause.stack ?? String(cause)));
    }
  }
  get isVerbose(): boolean {
    return this.settings.verbose;
  }
}

/** Line breaks are kept: ours are meant, and others' cannot get past {@link printable} in a single line. */
function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** An error in words; the system's about files say what, where and why without their jargon. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!('syscall' in error && 'path' in error && 'code' in error)) return error.message;
  const { path, code } = error;
  const doing = error.syscall === 'read' ? 'read' : 'open';
  return `Cannot ${doing} ${String(path)}: ${FILE_TROUBLE[String(code)] ?? error.message}`;
}

const FILE_TROUBLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'you may not',
  EPERM: 'you may not',
  EROFS: 'its disk is read-only',
  ENOSPC: 'its disk is full',
  EMFILE: 'too many files are open',
};

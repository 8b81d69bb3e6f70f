import { emitKeypressEvents } from 'node:readline';
import type { CliHost } from '../context.ts';
import type { Screen, ScreenSize } from './screen.ts';
import type { Key } from './state.ts';

const ENTER = '\u001b[?1049h\u001b[?7l'; // the other screen, no wrapping
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';

/** The whole terminal, key by key. It gives everything back in {@link leave}, which may be called at any time. */
export class FullScreen implements Disposable {
  readonly #host: CliHost;
  readonly #onKey: (key: Key) => void;
  readonly #onResize: () => void;
  readonly #atExit = (): void => this.leave();
  readonly #keypress = (_text: string | undefined, key: Key): void => this.#onKey(key);
  #isOn = false;

  constructor(host: CliHost, onKey: (key: Key) => void, onResize: () => void) {
    this.#host = host;
    this.#onKey = onKey;
    this.#onResize = onResize;
    emitKeypressEvents(host.stdin);
  }

  get size(): ScreenSize {
    const { columns = 80, rows = 24 } = this.#host.stdout;
    return { columns: Math.max(1, columns), rows: Math.max(1, rows) };
  }

  enter(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    const { stdin, stdout } = this.#host;
    stdin.setRawMode(true);
    stdin.on('keypress', this.#keypress);
    stdin.resume();
    stdout.on('resize', this.#onResize);
    process.once('exit', this.#atExit); // whatever ends us, the terminal is the user's again
    stdout.write(ENTER);
  }

  leave(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    const { stdin, stdout } = this.#host;
    process.off('exit', this.#atExit);
    stdout.off('resize', this.#onResize);
    stdout.write(LEAVE);
    stdin.off('keypress', this.#keypress);
    stdin.setRawMode(false);
    stdin.pause();
  }

  draw({ lines, cursor }: Screen): void {
    if (!this.#isOn) return;
    // cleared before it is written: behind a full line the last column would be what is cleared
    const body = lines.map((line) => `\u001b[2K${line}`).join('\r\n');
    const place =
      cursor === undefined ? '\u001b[?25l' : `\u001b[${cursor.row + 1};${cursor.column + 1}H\u001b[?25h`;
    // in one write and marked as one picture, so that nobody sees half of it
    this.#host.stdout.write(`\u001b[?2026h\u001b[?25l\u001b[H${body}${place}\u001b[?2026l`);
  }

  [Symbol.dispose](): void {
    this.leave();
  }
}

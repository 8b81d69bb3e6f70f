import { createLogUpdate } from 'log-update';
import type { CliHost } from '../context.ts';
import {
  ASK_KEY_RELEASES,
  BEGIN_KEY_RELEASES,
  END_KEY_RELEASES,
  type KeyAction,
  keyActions,
} from './keys.ts';

export interface ScreenOptions {
  readonly host: CliHost;
  /** Standard output, or standard error where sound goes to the former. */
  readonly terminal: CliHost['stdout'];
  /**
   * Keys can be pressed. Not when a session description was read from the terminal to its end: nothing would come any
   * more, and in raw mode not even Ctrl-C would get through.
   */
  readonly keys: boolean;
  /** It matters when a key is let go: the terminal is asked to tell. Default false. */
  readonly keyReleases?: boolean;
  readonly onKey: (action: KeyAction) => void;
  /** The lines to show, for so many columns and rows. */
  readonly draw: (columns: number, rows: number) => readonly string[];
}

/** Lines of what happened that are shown again after the size has changed. */
const REMEMBERED = 8;
const CLEAR = '\u001b[2J\u001b[H';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

/**
 * The terminal while the live view is on it: news scroll up, the view stays below them. Whatever happens, the terminal
 * is left as it was found.
 */
export class Screen implements Disposable {
  readonly #options: ScreenOptions;
  readonly #terminal: CliHost['stdout'];
  readonly #update: ReturnType<typeof createLogUpdate>;
  readonly #recent: string[] = [];
  readonly #undo: (() => void)[] = [];
  #shown = true;
  /** The terminal tells of key releases: can, and does now. */
  #canRelease = false;
  #tellsReleases = false;

  constructor(options: ScreenOptions) {
    const { host, terminal } = options;
    this.#options = options;
    this.#terminal = terminal;
    this.#update = createLogUpdate(terminal, { showCursor: true }); // hiding is ours: on this very stream
    const restore = (): void => this.#restore();
    process.on('exit', restore); // also after a crash
    this.#undo.push(
      () => process.off('exit', restore),
      host.onSignal('SIGWINCH', () => this.#redraw()),
      host.onSignal('SIGCONT', () => this.#resume()),
    );
    this.#readKeys();
    terminal.write(HIDE_CURSOR);
  }

  draw(): void {
    if (this.#shown) this.#update(this.#lines().join('\n'));
  }

  /** Lines that stay, above the view. */
  tell(lines: readonly string[]): void {
    this.#recent.push(...lines);
    this.#recent.splice(0, this.#recent.length - REMEMBERED);
    if (!this.#shown) return;
    this.#update.persist(lines.join('\n'));
    this.draw();
  }

  /** Stops the view, leaves the news. */
  [Symbol.dispose](): void {
    if (this.#shown) this.#update.clear();
    this.#shown = false;
    this.#restore();
    for (const undo of this.#undo.splice(0)) undo();
  }

  #lines(): readonly string[] {
    return this.#options.draw(this.#terminal.columns ?? 80, this.#rows);
  }
  get #rows(): number {
    return this.#terminal.rows ?? 24;
  }

  /** A narrower terminal has broken the old lines anywhere: nothing on it can be relied on. */
  #redraw(): void {
    if (!this.#shown) return;
    this.#update.done();
    const view = this.#lines();
    const room = Math.max(0, this.#rows - view.length - 1);
    const recent = room === 0 ? [] : this.#recent.slice(-room);
    this.#terminal.write(CLEAR + recent.map((line) => `${line}\n`).join(''));
    this.draw();
  }

  #readKeys(): void {
    const { keys, keyReleases = false, host } = this.#options;
    const { stdin } = host;
    if (!keys) return;
    if (keyReleases) this.#terminal.write(ASK_KEY_RELEASES);
    stdin.setRawMode(true);
    stdin.setEncoding('utf8');
    const onData = (text: string): void => {
      for (const action of keyActions(text)) this.#press(action);
    };
    stdin.on('data', onData);
    this.#undo.push(() => stdin.off('data', onData).pause());
  }

  #press(action: KeyAction): void {
    if (action.action === 'redraw') this.#redraw();
    else if (action.action === 'suspend') this.#suspend();
    else if (action.action === 'keyReleases') {
      this.#canRelease = true;
      this.#beginReleases();
    } else this.#options.onKey(action);
  }

  #beginReleases(): void {
    if (!this.#canRelease || this.#tellsReleases) return;
    this.#tellsReleases = true;
    this.#terminal.write(BEGIN_KEY_RELEASES);
  }
  #endReleases(): void {
    if (!this.#tellsReleases) return;
    this.#tellsReleases = false;
    this.#terminal.write(END_KEY_RELEASES);
  }

  #suspend(): void {
    this.#update.clear();
    this.#restore();
    process.kill(process.pid, 'SIGTSTP');
  }
  #resume(): void {
    if (!this.#shown) return;
    if (this.#options.keys) this.#options.host.stdin.setRawMode(true);
    this.#terminal.write(HIDE_CURSOR);
    this.#beginReleases();
    this.#redraw();
  }

  #restore(): void {
    if (this.#options.keys) this.#options.host.stdin.setRawMode(false);
    this.#endReleases();
    this.#terminal.write(SHOW_CURSOR);
  }
}

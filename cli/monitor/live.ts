import { receptionMatrix, type Watcher } from '../../conference/monitor/index.ts';
import { FullScreen } from '../browse/terminal.ts';
import type { Key } from '../browse/state.ts';
import type { CliContext } from '../context.ts';
import { Interrupts } from '../interrupts.ts';
import { drawTable, tableRows } from './screen.ts';
import { EMPTY_TABLE, pressTable, selectedConference, type TableState } from './state.ts';

const REDRAW_MS = 1000;

/** The live table on a terminal. */
export class LiveTable implements Disposable {
  readonly #ctx: CliContext;
  readonly #watcher: Watcher;
  readonly #screen: FullScreen;
  readonly #interrupts: Interrupts;
  readonly #end = Promise.withResolvers<'quit' | 'interrupted'>();
  #state: TableState = EMPTY_TABLE;
  #lastScroll = 0;

  constructor(ctx: CliContext, watcher: Watcher, interrupts: Interrupts) {
    this.#ctx = ctx;
    this.#watcher = watcher;
    this.#interrupts = interrupts;
    this.#screen = new FullScreen(
      ctx.host,
      (key) => this.#pressed(key),
      () => this.#draw(),
    );
  }

  /** Until a key or an interruption ends it. */
  async run(): Promise<'quit' | 'interrupted'> {
    const { clock } = this.#ctx;
    this.#interrupts.signal.addEventListener('abort', () => this.#end.resolve('interrupted'));
    if (this.#interrupts.happened) return 'interrupted';
    const timer = clock.timer(() => {
      this.#draw();
      timer.set(clock.now() + REDRAW_MS);
    });
    this.#screen.enter();
    this.#draw();
    timer.set(clock.now() + REDRAW_MS);
    try {
      return await this.#end.promise;
    } finally {
      timer.set(undefined);
      this.#screen.leave();
    }
  }

  /** A word at the bottom. */
  tell(message: string): void {
    this.#state = { ...this.#state, message };
    this.#draw();
  }

  #pressed(key: Key): void {
    const { state, wish } = pressTable(this.#state, key, tableRows(this.#screen.size), this.#lastScroll);
    this.#state = state;
    if (wish === 'quit') this.#end.resolve('quit');
    else if (wish === 'interrupt') this.#interrupts.interrupt();
    else if (wish === 'suspend') this.#suspend();
    else this.#draw();
  }

  #suspend(): void {
    this.#screen.leave();
    const stop = this.#ctx.host.onSignal('SIGCONT', () => {
      stop();
      this.#screen.enter();
      this.#draw();
    });
    process.kill(process.pid, 'SIGTSTP');
  }

  #draw(): void {
    const { out, clock } = this.#ctx;
    this.#state = { ...this.#state, figures: this.#watcher.figures };
    const picture = drawTable(this.#state, {
      wall: clock.wall(),
      size: this.#screen.size,
      paint: (style, text) => out.style(style, text),
      inverse: (text) => `\u001b[7m${text}\u001b[27m`,
      matrix: () => this.#matrix(),
      remark: this.#remark(),
    });
    this.#lastScroll = picture.lastScroll;
    this.#screen.draw(picture);
  }

  #matrix() {
    const watch = this.#watcher.watch(selectedConference(this.#state)?.key ?? '');
    return (watch?.media ?? []).flatMap((medium) => receptionMatrix(medium, this.#ctx.clock.now()));
  }

  #remark(): string {
    const { pending, marksUnavailable } = this.#watcher;
    if (pending > 0) return `opening ${pending} more`;
    return marksUnavailable === undefined ? '' : `no DSCP: ${marksUnavailable}`;
  }

  [Symbol.dispose](): void {
    this.#screen.leave();
  }
}

import type { CliContext } from '../context.ts';
import type { Output } from '../output/output.ts';
import { printable } from '../output/printable.ts';
import type { JoinEvent } from './events.ts';
import type { KeyAction } from './keys.ts';
import type { Screen } from './screen.ts';
import type { Paint } from './view.ts';
import type { ViewExtras } from './view-state.ts';
import { type Sentence, say } from './wording.ts';

/** Where the events of a join go: a terminal, a reader of lines, or a program. */
export interface Presenter extends Disposable {
  /** @param conference which one, when there are several */
  tell(event: JoinEvent, conference?: string): void;
  /** A tenth of a second is over. */
  refresh(): void;
}

/** One JSON object per line. */
export function jsonPresenter({ out, clock }: CliContext): Presenter {
  return {
    tell: ({ type, ...fields }, conference) =>
      out.ndjson({
        type,
        time: new Date(clock.wall()).toISOString(),
        ...(conference === undefined ? {} : { conference }),
        ...fields,
      }),
    refresh() {},
    [Symbol.dispose]() {},
  };
}

/** Sentences with the time before them. */
export function linePresenter(ctx: CliContext, output: Output): Presenter {
  return {
    tell(event, conference) {
      const sentence = about(conference, say(event, ctx.now));
      if (isTold(ctx, sentence)) for (const line of stamped(sentence, ctx.now, output)) output.line(line);
    },
    refresh() {},
    [Symbol.dispose]() {},
  };
}

/** What only clutters a terminal that shows it all the time anyway. */
const SHOWN_ANYWAY: ReadonlySet<string> = new Set<JoinEvent['type']>([
  'talking',
  'silent',
  'statistics',
  'waiting',
]);

/** What surrounds a view: the same for one conference and for several. */
export type Chrome = Pick<ViewExtras, 'help' | 'keys'> & {
  /** The verdict's lines while there is trouble, by conference. */
  readonly trouble: ReadonlyMap<string, readonly string[]>;
};

/** What is drawn on the terminal, and what keys do to it. */
export interface LiveView {
  /** It matters when the space bar is let go. */
  readonly pushToTalk: boolean;
  lines(chrome: Chrome, columns: number, rows: number, paint: Paint): readonly string[];
  press(action: KeyAction): void;
}

export interface LiveOptions {
  readonly output: Output;
  readonly view: LiveView;
  /** Keys can be pressed. */
  readonly keys: boolean;
  readonly onInterrupt: () => void;
}

/** The live view, with the news scrolling above it. */
export async function livePresenter(ctx: CliContext, options: LiveOptions): Promise<Presenter> {
  const { Screen } = await import('./screen.ts');
  const { output, view, keys, onInterrupt } = options;
  const { host } = ctx;
  let help = false;
  const trouble = new Map<string, readonly string[]>();
  const paint = output.style.bind(output);
  const screen: Screen = new Screen({
    host,
    terminal: output.stream === host.stderr ? host.stderr : host.stdout,
    keys,
    keyReleases: view.pushToTalk,
    onKey(action) {
      if (action.action === 'help') help = !help;
      else if (action.action === 'interrupt') onInterrupt();
      else view.press(action);
      screen.draw();
    },
    draw: (columns, rows) => view.lines({ trouble, help, keys }, columns, rows, paint),
  });
  return {
    tell(event, conference) {
      if (event.type === 'verdict') {
        trouble.set(conference ?? '', event.reasons.length === 0 ? [] : say(event, ctx.now).lines);
      }
      if (SHOWN_ANYWAY.has(event.type)) return;
      const sentence = say(event, ctx.now);
      // the view shows where and how, and the reasons of a verdict, as long as they hold
      const [first = ''] = sentence.lines;
      let { lines } = sentence;
      if (event.type === 'verdict') lines = [event.summary];
      else if (event.type === 'joined') lines = [first];
      const told = about(conference, { ...sentence, lines });
      if (isTold(ctx, told)) screen.tell(stamped(told, ctx.now, output));
    },
    refresh: () => screen.draw(),
    [Symbol.dispose]: () => screen[Symbol.dispose](),
  };
}

/** Says which conference it is about, when there are several. */
function about(conference: string | undefined, { weight, lines }: Sentence): Sentence {
  if (conference === undefined) return { weight, lines };
  const [first = '', ...rest] = lines;
  return { weight, lines: [`[${printable(conference)}] ${first}`, ...rest] };
}

function isTold({ err, options }: CliContext, { weight }: Sentence): boolean {
  return weight === 'warning' || (weight === 'detail' ? err.isVerbose : options.quiet !== true);
}

const two = (n: number): string => String(n).padStart(2, '0');

/** The time before the first line, the others below each other. */
function stamped({ weight, lines }: Sentence, now: Date, output: Output): string[] {
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
  return lines.map((line, i) => {
    if (i > 0) return `          ${line}`;
    const text = weight === 'warning' ? `${output.style('yellow', 'warning:')} ${line}` : line;
    return `${output.style('dim', time)}  ${text}`;
  });
}

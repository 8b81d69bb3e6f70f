import type { Call } from '../../conference/index.ts';
import type { CliContext } from '../context.ts';
import type { Output } from '../output/output.ts';
import type { JoinEvent } from './events.ts';
import type { KeyAction } from './keys.ts';
import type { Screen } from './screen.ts';
import { viewLines } from './view.ts';
import type { ViewExtras } from './view-state.ts';
import { viewOf } from './view-state.ts';
import { type Sentence, say } from './wording.ts';

/** Where the events of a join go: a terminal, a reader of lines, or a program. */
export interface Presenter extends Disposable {
  tell(event: JoinEvent): void;
  /** A tenth of a second is over. */
  refresh(): void;
}

/** One JSON object per line. */
export function jsonPresenter({ out, clock }: CliContext): Presenter {
  return {
    tell: ({ type, ...fields }) =>
      out.ndjson({ type, time: new Date(clock.wall()).toISOString(), ...fields }),
    refresh() {},
    [Symbol.dispose]() {},
  };
}

/** Sentences with the time before them. */
export function linePresenter(ctx: CliContext, output: Output): Presenter {
  return {
    tell(event) {
      const sentence = say(event, ctx.now);
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

export interface LiveOptions {
  readonly output: Output;
  readonly call: () => Call | undefined;
  readonly extras: () => Omit<ViewExtras, 'trouble' | 'help' | 'keys'>;
  /** Keys can be pressed. */
  readonly keys: boolean;
  readonly onKey: (action: KeyAction) => void;
}

/** The live view, with the news scrolling above it. */
export async function livePresenter(ctx: CliContext, options: LiveOptions): Promise<Presenter> {
  const { Screen } = await import('./screen.ts');
  const { output, call, keys } = options;
  const { host } = ctx;
  let help = false;
  let trouble: readonly string[] = [];
  const paint = output.style.bind(output);
  const screen: Screen = new Screen({
    host,
    terminal: output.stream === host.stderr ? host.stderr : host.stdout,
    keys,
    onKey(action) {
      if (action.action === 'help') help = !help;
      else options.onKey(action);
      screen.draw();
    },
    draw(columns, rows) {
      const joined = call();
      if (joined === undefined) return [];
      const extras = { ...options.extras(), trouble, help, keys };
      return viewLines(viewOf(joined, extras), columns, rows, paint);
    },
  });
  return {
    tell(event) {
      if (event.type === 'verdict') {
        trouble = event.reasons.length === 0 ? [] : say(event, ctx.now).lines;
      }
      if (SHOWN_ANYWAY.has(event.type)) return;
      const sentence = say(event, ctx.now);
      // the view shows where and how, and the reasons of a verdict, as long as they hold
      const [first = ''] = sentence.lines;
      let { lines } = sentence;
      if (event.type === 'verdict') lines = [event.summary];
      else if (event.type === 'joined') lines = [first];
      const told = { ...sentence, lines };
      if (isTold(ctx, told)) screen.tell(stamped(told, ctx.now, output));
    },
    refresh: () => screen.draw(),
    [Symbol.dispose]: () => screen[Symbol.dispose](),
  };
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

import { type Command, Help } from 'commander';

/** What help says of a command beyond its options, and what the reference is made of. */
export interface CommandHelp {
  /** Command lines without the `$`. The first stands at the top, right below the summary. */
  readonly examples: readonly [string, ...string[]];
  /** Behind the options. Its lines flow together, but for those that begin with a blank. */
  readonly text?: string;
  /** Objects that it prints with `--json`. */
  readonly json?: readonly JsonShape[];
}

/** One kind of JSON object. Fields are added to, never renamed. */
export interface JsonShape {
  readonly title: string;
  readonly fields: readonly JsonField[];
}

export type JsonField = readonly [name: string, type: string, meaning: string];

const helpTexts = new WeakMap<Command, CommandHelp>();

export function addHelp(command: Command, help: CommandHelp): Command {
  helpTexts.set(command, help);
  return command;
}

export function helpOf(command: Command): CommandHelp | undefined {
  return helpTexts.get(command);
}

/** Help in our order: what the command is for, how it is called most often, then everything else. */
export const HELP_LAYOUT: Partial<Help> = {
  commandDescription: () => '', // stands at the top already
  formatHelp(command: Command, helper: Help): string {
    const { examples = [], text } = helpOf(command) ?? {};
    const width = helper.helpWidth ?? 80;
    const lines = examples.map((line) => `  $ ${line}`);
    const atTop = command.parent === null ? lines.length : 1; // a newcomer's first look shows the whole way
    const more = lines.slice(atTop);
    return [
      helper.boxWrap(`${command.description()}.`, width),
      '',
      ...lines.slice(0, atTop),
      '',
      Help.prototype.formatHelp.call(helper, command, helper).trimEnd(),
      ...(text === undefined ? [] : ['', helper.boxWrap(flowing(text), width)]),
      ...(more.length === 0 ? [] : ['', helper.styleTitle('More examples:'), ...more]),
      ...(command.parent === null
        ? []
        : ['', `Options that every command has: ${rootOf(command).name()} --help`]),
      '',
    ].join('\n');
  },
};

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

/** Every paragraph on one line, so that it can be broken where the terminal ends; indented lines stay as they are. */
function flowing(text: string): string {
  return text.replaceAll(/(?<=^\S.*)\n(?=\S)/gm, ' ');
}

import type { Argument, Command, Option } from 'commander';
import { CONFIG_KEYS, DIRECTORY_KEYS, JOIN_KEYS } from './config.ts';
import { MADCAP_KEYS, MADCAP_SCOPE_KEYS } from './config-madcap.ts';
import { SAP_KEYS } from './config-sap.ts';
import { CliContext, ENVIRONMENT, processHost } from './context.ts';
import { EXIT_MEANINGS } from './exit-codes.ts';
import { helpOf, type JsonShape } from './help.ts';
import { JOIN_EVENTS } from './join/events.ts';
import { JOIN_OBJECT_SHAPES } from './join/shapes.ts';
import { CONFERENCE_SHAPES } from './json-shapes.ts';
import { buildProgram } from './program.ts';

/** The reference of the command line in Markdown, made from the program itself so that it cannot lie. */
export function cliReference(): string {
  const program = buildProgram(new CliContext(processHost()));
  const commands = program.commands.filter((command) => command.name() !== 'help');
  const parts = [
    '# Command line',
    'Written by `npm run docs` from the program; change it there.',
    `${program.description()}.`,
    codeBlock(helpOf(program)?.examples ?? []),
    '## Commands',
    table(
      ['command', 'what it does'],
      commands.map((it) => [`[\`${it.name()}\`](#${it.name()})`, it.description()]),
    ),
    '## Options of every command',
    'They may stand before or behind the command.',
    optionTable(program),
    ...commands.flatMap(commandSection),
    ...commonSections(),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Four commands print it: it is described once. */
const CONFERENCE_LINK = 'JSON: [a conference](#json-of-a-conference).';

function commandSection(command: Command): string[] {
  const { examples = [], text, json = [] } = helpOf(command) ?? {};
  const own = command.options.filter((option) => !option.hidden);
  return [
    `${command.parent?.parent == null ? '##' : '###'} ${fullName(command)}`,
    `${command.description()}.`,
    codeBlock(examples),
    `Usage: \`rendezvous ${fullName(command)} ${command.usage()}\``,
    ...(command.registeredArguments.length === 0 ? [] : [argumentTable(command.registeredArguments)]),
    ...(own.length === 0 ? [] : [optionTable(command)]),
    ...(text === undefined ? [] : [text.replaceAll(/^ {2}(\S.*)$/gm, '\n    $1\n')]),
    ...(json === CONFERENCE_SHAPES ? [CONFERENCE_LINK] : json.flatMap(shapeSection)),
    ...(command.name() === 'join' ? joinSections() : []),
    ...command.commands.filter((below) => below.name() !== 'help').flatMap(commandSection),
  ];
}

/** The events of `join --json`, and the objects in them. */
function joinSections(): string[] {
  return [
    `JSON: events, one on each line. Each has \`type\` and \`time\` (RFC 3339 in UTC); of several conferences also
\`conference\`, the name of the one it is about.`,
    table(
      ['event', 'fields', 'when'],
      JOIN_EVENTS.map(([type, fields, when]) => [
        `\`${type}\``,
        fields.replaceAll(/\w+/g, (field) => `\`${field}\``),
        when,
      ]),
    ),
    ...JOIN_OBJECT_SHAPES.flatMap(shapeSection),
  ];
}

/** `user list` for the command below a command. */
function fullName(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${fullName(parent)} ${command.name()}`;
}

function shapeSection({ title, fields }: JsonShape): string[] {
  return [
    `JSON: ${title}.`,
    table(
      ['field', 'type', 'meaning'],
      fields.map(([name, type, meaning]) => [`\`${name}\``, type, meaning]),
    ),
  ];
}

function commonSections(): string[] {
  return [
    '## Output',
    `Data goes to standard output, everything else to standard error. On a terminal there are tables, colour and local
times for people; in a pipe there are fields between tabs without a header, and times as RFC 3339 in UTC. \`--json\`
prints one JSON value (an array from \`list\`, an object from \`show\`, \`create\` and \`edit\`), or one object per line where
events are printed; \`--ndjson\` prints one object per line as they are found. Fields of JSON and columns in pipes are
added to, never renamed or moved.`,
    '## Several directories',
    `Commands that look for something look in all directories, and say where they found it: \`--directory\`, which may be
repeated, names others than the defaults, and \`rendezvous directory list\` shows them. A directory that cannot be asked is
named on standard error, and in JSON by an object of kind \`problem\`; the exit status is 0 as long as one answers, else
that of the first. What is in two directories is shown and joined from the first, with a warning, and neither changed nor
deleted before \`--directory\` says which is meant. When a name is not found, or found to be changed, while a directory
cannot be asked, that is trouble with the network (5), since it may be there.`,
    '## JSON of a conference',
    ...CONFERENCE_SHAPES.flatMap(shapeSection),
    '## Times and durations',
    `A time is \`now\`, \`+30m\` (from now; for \`--stop\` from the start), \`14:00\` (the next time it is), \`today 14:00\`,
\`tomorrow 14:00\`, \`friday 14:00\`, or ISO 8601: \`2026-11-21\`, \`2026-11-21T14:00\`, \`2026-11-21T14:00Z\`,
\`2026-11-21T14:00+01:00\`. Without a zone it is local time; a day alone is its midnight. A duration is \`90s\`, \`30m\`,
\`1h30m\`, \`1.5h\`, \`2d\`, \`1w\` or \`PT30M\`.`,
    '## Exit status',
    table(
      ['status', 'meaning'],
      EXIT_MEANINGS.map(([code, meaning]) => [`${code}`, meaning]),
    ),
    '## Environment',
    table(
      ['variable', 'meaning'],
      ENVIRONMENT.map(([name, meaning]) => [`\`${name}\``, meaning]),
    ),
    '## Configuration file',
    `TOML, in \`$XDG_CONFIG_HOME/rendezvous/config.toml\` (\`~/.config/rendezvous/config.toml\`) or where
\`RENDEZVOUS_CONFIG\` says. An option on the command line comes before the environment, and that before the file.`,
    table(
      ['key', 'type', 'meaning'],
      CONFIG_KEYS.map(([key, kind, help]) => [`\`${key}\``, kind, help]),
    ),
    `Each table \`[[directories]]\` names a directory that is looked in unless others are named with \`--directory\`; \`create\`
publishes in the first.`,
    table(
      ['key of `[[directories]]`', 'type', 'meaning'],
      DIRECTORY_KEYS.map(([key, kind, help]) => [`\`${key}\``, kind, help]),
    ),
    `The table \`[madcap]\` says whom group addresses are leased from.`,
    table(
      ['key of `[madcap]`', 'type', 'meaning'],
      MADCAP_KEYS.map(([key, kind, help]) => [`\`${key}\``, kind, help]),
    ),
    'Each table `[[madcap.scopes]]` is a scope that `serve --madcap` leases addresses of.',
    table(
      ['key of `[[madcap.scopes]]`', 'type', 'meaning'],
      MADCAP_SCOPE_KEYS.map(([key, kind, help]) => [`\`${key}\``, kind, help]),
    ),
    `The table \`[join]\` gives options of \`join\` a default: ${JOIN_KEYS.map((key) => `\`${key}\``).join(', ')}.`,
    'The table `[sap]` is for announced sessions.',
    table(
      ['key of `[sap]`', 'type', 'meaning'],
      SAP_KEYS.map(([key, kind, help]) => [`\`${key}\``, kind, help]),
    ),
    [
      '```toml',
      'timeout = "5s"',
      'domain = "example.org"',
      '',
      '[[directories]]',
      'name = "office"',
      'url = ["ldap://ldap1.example.org", "ldap://ldap2.example.org"]',
      '',
      '[join]',
      'name = "Ann"',
      'interface = "eth1"',
      '',
      '[sap]',
      'listen = true',
      'interface = "eth1"',
      '```',
    ].join('\n'),
    'Passwords are in none of them: they come from the file that `--password-file` names, or are asked for on the terminal.',
  ];
}

function argumentTable(all: readonly Argument[]): string {
  return table(
    ['argument', 'meaning'],
    all.map((it) => [
      `\`${it.required ? `<${nameOf(it)}>` : `[${nameOf(it)}]`}\``,
      described(it.description, it.argChoices),
    ]),
  );
}

function nameOf(argument: Argument): string {
  return `${argument.name()}${argument.variadic ? '...' : ''}`;
}

function optionTable(command: Command): string {
  const all = command.options.filter((option) => !option.hidden);
  return table(
    ['option', 'meaning'],
    all.map((option: Option) => [`\`${option.flags}\``, described(option.description, option.argChoices)]),
  );
}

function described(text: string, choices: readonly string[] | undefined): string {
  return choices === undefined ? text : `${text} (${choices.map((it) => `\`${it}\``).join(', ')})`;
}

function codeBlock(lines: readonly string[]): string {
  return ['```sh', ...lines, '```'].join('\n');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

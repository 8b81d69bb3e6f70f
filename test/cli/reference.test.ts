import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { CliContext, processHost } from '../../cli/context.ts';
import { helpOf } from '../../cli/help.ts';
import { JOIN_EVENTS } from '../../cli/join/events.ts';
import {
  CONFERENCE_MEDIUM_SHAPE,
  CONFERENCE_SHAPE,
  CONFERENCE_TIME_SHAPE,
  USER_SHAPE,
} from '../../cli/json-shapes.ts';
import { jsonWithWhere } from '../../cli/view/where.ts';
import { buildProgram } from '../../cli/program.ts';
import { cliReference } from '../../cli/reference.ts';
import { createConference, createUser } from '../../directory/index.ts';
import { runCli } from './host.ts';

const program = buildProgram(new CliContext(processHost()));
const commands: readonly Command[] = program.commands;
const reference = cliReference();

test('every event of join --json is in the reference', () => {
  for (const [type] of JOIN_EVENTS) expect(reference).toContain(`| \`${type}\` | `);
});

test('the commands are those that others script against', () => {
  expect(commands.map((command) => command.name()).sort()).toEqual(
    [
      'announce',
      'demo',
      'devices',
      'discover',
      'directory',
      'schema',
      'partition',
      'play',
      'sweep',
      'serve',
      'account',
      'backup',
      'create',
      'list',
      'lint',
      'mcast',
      'monitor',
      'show',
      'edit',
      'export',
      'forward',
      'import',
      'delete',
      'user',
      'invite',
      'browse',
      'join',
      'doctor',
      'completion',
    ].sort(),
  );
});

/** Commands and those below them, by what is typed. */
const all = commands.flatMap((command) => [
  [command.name(), command] as const,
  ...command.commands.map((below) => [`${command.name()} ${below.name()}`, below] as const),
]);

describe.each(all)('%s', (name, command) => {
  test('opens its help with a sentence and an example', async () => {
    const { code, out, err } = await runCli([...name.split(' '), '--help']);
    const [summary, blank, example] = out.split('\n');
    expect([code, err, blank]).toEqual([0, '', '']);
    expect(summary).toBe(`${command.description()}.`);
    expect(example).toMatch(/^ {2}\$ .*\brendezvous /);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  test('its examples name options that there are', () => {
    for (const example of helpOf(command)?.examples ?? []) {
      const own = example.split('|').find((part) => part.includes(`rendezvous ${name}`)) ?? '';
      const flags = [...own.matchAll(/(?<=\s)--[a-z][a-z0-9-]*/g)].map(([flag]) => flag);
      const below = command.commands.flatMap(({ options }) => options);
      const known = [...command.options, ...below, ...program.options].map(({ long }) => long);
      expect(known).toEqual(expect.arrayContaining(flags));
    }
  });

  test('is in the reference with all its options', () => {
    const section =
      reference.slice(reference.search(new RegExp(`\n###? ${name}\n`))).split(/\n###? /)[1] ?? '';
    expect(section).toContain(`${command.description()}.`);
    for (const { flags } of command.options.filter(({ hidden }) => !hidden))
      expect(section).toContain(`\`${flags.replaceAll('|', '\\|')}\``);
  });
});

test('the reference has exit status, environment, configuration and JSON', () => {
  for (const part of [
    '| 130 | interrupted |',
    '`RENDEZVOUS_DIRECTORY`',
    '`password-file`',
    '`advertisingScope`',
  ]) {
    expect(reference).toContain(part);
  }
});

test('JSON of a conference has the documented fields and no others', () => {
  const conference = createConference({ name: 'Lecture' });
  const json = conference.toJSON();
  expect(Object.keys(jsonWithWhere(conference, 'here'))).toEqual(
    CONFERENCE_SHAPE.fields.map(([name]) => name),
  );
  expect(Object.keys(json.times[0] ?? {})).toEqual(CONFERENCE_TIME_SHAPE.fields.map(([name]) => name));
  expect(Object.keys(json.media[0] ?? {})).toEqual(CONFERENCE_MEDIUM_SHAPE.fields.map(([name]) => name));
});

test('JSON of a user has the documented fields and no others', () => {
  expect(Object.keys(jsonWithWhere(createUser({ name: 'alice' }), 'here'))).toEqual(
    USER_SHAPE.fields.map(([name]) => name),
  );
});

test.each([72, 80, 100])('help flows to %i columns; only command lines may be longer', async (columns) => {
  for (const args of [['--help'], ['join', '--help'], ['create', '--help']]) {
    const { out } = await runCli([...args, '--no-color'], { columns, env: { NO_COLOR: '1' } });
    const long = out.split('\n').filter((line) => line.length > columns && !/^ +(\$|m mute)/.test(line));
    expect(long).toEqual([]);
  }
});

describe('without a command', () => {
  test('there is help', async () => {
    const { out } = await runCli([]);
    expect(out).toContain('$ rendezvous demo');
  });

  test.each([
    [['lst'], /unknown command 'lst'\n\(Did you mean list\?\)/],
    [['list', '--jsn'], /unknown option '--jsn'\n\(Did you mean --json\?\)\nTry: rendezvous list --help/],
    [['list', '--scope', 'galaxy'], /Allowed choices are local, site, region, world/],
    [['create'], /missing required argument 'name'/],
    [['create', 'X', '--stop', '+5m', '--duration', '5m'], /cannot be used with/],
    [['completion', 'tcsh'], /Allowed choices are bash, zsh, fish, powershell/],
  ])('%j is wrong usage', async (args, why) => {
    const { code, out, err } = await runCli(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(why);
  });

  test.each([['--version'], ['-V']])('%s', async (flag) => {
    expect(await runCli([flag])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      err: '',
    });
  });
});

import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { CliHost } from '../../cli/context.ts';
import { Screen } from '../../cli/join/screen.ts';
import { systemClock } from '../../src/net/index.ts';

const count = (text: string, part: string): number => text.split(part).length - 1;

/** A terminal, and what is written to it and pressed on it. */
function terminal(keyReleases: boolean) {
  const written: string[] = [];
  const signals = new Map<string, () => void>();
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  stdout.on('data', (chunk: Buffer) => written.push(chunk.toString()));
  const host: CliHost = {
    stdin,
    stdout,
    stderr: stdout,
    env: {},
    clock: systemClock,
    random: () => 0.5,
    onSignal(signal, listener) {
      signals.set(signal, listener);
      return () => signals.delete(signal);
    },
    quit: () => {},
  };
  const pressed: string[] = [];
  const onKey = ({ action }: { readonly action: string }): number => pressed.push(action);
  const screen = new Screen({
    host,
    terminal: stdout,
    keys: true,
    keyReleases,
    onKey,
    draw: () => ['view'],
  });
  const type = async (text: string): Promise<void> => {
    stdin.write(text);
    await turn();
    await turn();
  };
  return { screen, type, pressed, signals, out: () => written.join('') };
}

test('a terminal that offers it tells of key releases, until it is given back', async () => {
  const { screen, type, pressed, signals, out } = terminal(true);
  await type('');
  expect(out()).toContain('\u001b[?u');
  expect(out()).not.toContain('\u001b[>');
  await type('\u001b[?0u');
  expect(count(out(), '\u001b[>27u')).toBe(1);
  await type('\u001b[32;;32u\u001b[32;1:2;32u\u001b[32;1:3u');
  expect(pressed).toEqual(['talkDown', 'talkUp']);
  signals.get('SIGCONT')?.(); // another program may have had the terminal
  await type('');
  expect(count(out(), '\u001b[>27u')).toBe(1);
  screen[Symbol.dispose]();
  await type('');
  expect(count(out(), '\u001b[<u')).toBe(1);
  expect(out().lastIndexOf('\u001b[<u')).toBeGreaterThan(out().lastIndexOf('\u001b[>27u'));
});

test('others are left as they are, and are not asked where it does not matter', async () => {
  const silent = terminal(true);
  await silent.type('  ');
  silent.screen[Symbol.dispose]();
  const open = terminal(false);
  await open.type('m');
  open.screen[Symbol.dispose]();
  await open.type('');
  expect(silent.pressed).toEqual(['talk', 'talk']);
  expect(open.pressed).toEqual(['muteSelf']);
  for (const it of [silent.out(), open.out()]) {
    expect([count(it, '\u001b[<'), count(it, '\u001b[>')]).toEqual([0, 0]);
  }
  expect(open.out()).not.toContain('\u001b[?u');
});

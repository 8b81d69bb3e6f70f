import type { Call } from '../../conference/index.ts';
import type { CliHost } from '../context.ts';
import { messageOf } from '../output/output.ts';
import type { JoinEvent } from './events.ts';

export interface RemoteControl {
  readonly host: Pick<CliHost, 'onSignal'>;
  readonly call: Call;
  /** Where commands are read from, line by line; undefined for none. */
  readonly lines: NodeJS.ReadableStream | undefined;
  readonly leave: () => void;
  readonly tell: (event: JoinEvent) => void;
}

/** Longest line that is kept while its end has not come. */
const MAX_LINE = 200;

/** Lets other programs press the key: SIGUSR1 presses and releases, SIGUSR2 releases; and commands line by line. */
export function followRemoteControl({ host, call, lines, leave, tell }: RemoteControl): Disposable {
  const undo = [
    host.onSignal('SIGUSR1', () => call.talk.toggle()),
    host.onSignal('SIGUSR2', () => call.talk.release()),
  ];
  const commands: Readonly<Record<string, () => void>> = {
    press: () => call.talk.press(),
    release: () => call.talk.release(),
    toggle: () => call.talk.toggle(),
    mute: () => setMuted(call, true),
    unmute: () => setMuted(call, false),
    hold: () => (call.state === 'connected' ? call.hold() : undefined),
    resume: () => (call.state === 'hold' ? call.resume() : undefined),
    leave,
  };
  const obey = (line: string): void => {
    const word = line.trim().toLowerCase();
    if (word === '' || word.startsWith('#')) return;
    if (/^digits\s/.test(word)) return pressKeys(call, word.slice(6), tell);
    const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
    if (command !== undefined) return command();
    const known = [...Object.keys(commands), 'digits 123#'].join(', ');
    tell({
      type: 'warning',
      code: 'command',
      message: `"${word.slice(0, 40)}" is not a command; known are ${known}`,
    });
  };
  if (lines !== undefined) undo.push(readLines(lines, obey, () => call.talk.release()));
  return {
    [Symbol.dispose]() {
      for (const it of undo) it();
    },
  };
}

/** Presses keys (RFC 4733), and tells when that is not possible. */
export function pressKeys(call: Call, keys: string, tell: (event: JoinEvent) => void): void {
  call.sendDigits(keys).catch((error: unknown) => {
    if (call.state === 'connected' || call.state === 'hold')
      tell({ type: 'warning', code: 'digits', message: messageOf(error) });
  });
}

function setMuted(call: Call, muted: boolean): void {
  call.local.muted = muted;
}

/** Who pressed and then died must not be heard for ever: the end releases. */
function readLines(
  stream: NodeJS.ReadableStream,
  onLine: (line: string) => void,
  onEnd: () => void,
): () => void {
  let begun = '';
  const onData = (chunk: Uint8Array | string): void => {
    const parts = (begun + String(chunk)).split('\n');
    begun = (parts.pop() ?? '').slice(0, MAX_LINE);
    for (const line of parts) onLine(line);
  };
  stream.on('data', onData);
  stream.on('end', onEnd);
  return () => {
    stream.off('data', onData);
    stream.off('end', onEnd);
    stream.pause();
  };
}

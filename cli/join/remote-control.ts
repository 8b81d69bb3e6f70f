import type { Call } from '../../conference/index.ts';
import type { CliHost } from '../context.ts';
import { messageOf } from '../output/output.ts';
import type { JoinEvent } from './events.ts';

/** What other programs act upon: one call, or the calls at a desk. */
export interface Controlled {
  /** Where what we say goes; undefined for nowhere. */
  readonly target: Call | undefined;
  readonly calls: readonly Call[];
  /** Talks to the conference of this name from now on. @returns what is wrong with it, undefined for nothing */
  talkTo?(name: string): string | undefined;
}

export interface RemoteControl {
  readonly host: Pick<CliHost, 'onSignal'>;
  readonly controlled: Controlled;
  /** Where commands are read from, line by line; undefined for none. */
  readonly lines: NodeJS.ReadableStream | undefined;
  readonly leave: () => void;
  readonly tell: (event: JoinEvent) => void;
}

/** Longest line that is kept while its end has not come. */
const MAX_LINE = 200;

/** Lets other programs press the key: SIGUSR1 presses and releases, SIGUSR2 releases; and commands line by line. */
export function followRemoteControl({ host, controlled, lines, leave, tell }: RemoteControl): Disposable {
  const { calls } = controlled;
  const several = controlled.talkTo !== undefined;
  const warn = (message: string): void => tell({ type: 'warning', code: 'command', message });
  const target = (): Call | undefined => {
    if (controlled.target === undefined) warn('you talk to nobody: nothing is sent');
    return controlled.target;
  };
  const release = (): void => {
    for (const it of calls) it.talk.release(); // wherever it was pressed
  };
  const undo = [host.onSignal('SIGUSR1', () => target()?.talk.toggle()), host.onSignal('SIGUSR2', release)];
  const commands: Readonly<Record<string, () => void>> = {
    press: () => target()?.talk.press(),
    release,
    toggle: () => target()?.talk.toggle(),
    mute: () => setMuted(calls, true),
    unmute: () => setMuted(calls, false),
    hold: () => setHeld(calls, true),
    resume: () => setHeld(calls, false),
    leave,
  };
  const known = [...Object.keys(commands), 'digits 123#', ...(several ? ['talk NAME'] : [])];
  const obey = (line: string): void => {
    const [word = '', rest = ''] = line.trim().split(/\s+(.*)/s);
    const name = word.toLowerCase();
    if (name === '' || name.startsWith('#')) return;
    if (name === 'digits' && rest !== '') {
      const call = target();
      if (call !== undefined) pressKeys(call, rest, tell);
      return;
    }
    if (name === 'talk' && several && rest !== '') {
      const wrong = controlled.talkTo?.(rest);
      if (wrong !== undefined) warn(wrong);
      return;
    }
    const command = rest === '' && Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command !== undefined) return command();
    warn(`"${line.trim().slice(0, 40)}" is not a command; known are ${known.join(', ')}`);
  };
  if (lines !== undefined) undo.push(readLines(lines, obey, release));
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

/** In all of them alike. */
export function setMuted(calls: readonly Call[], muted: boolean): void {
  for (const { local } of calls) local.muted = muted;
}
/** In all of them alike, as far as they are joined. */
export function setHeld(calls: readonly Call[], held: boolean): void {
  for (const call of calls) {
    if (held && call.state === 'connected') call.hold();
    else if (!held && call.state === 'hold') call.resume();
  }
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

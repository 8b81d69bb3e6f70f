import { AGC_TARGET_DBFS, type JoinRequest } from '../../conference/index.ts';
import type { JoinOptions } from '../commands/join.ts';
import { UsageError } from '../errors.ts';
import { parseDuration } from '../input/duration.ts';

/** Options on what is sent of the source, and when. */
export interface TalkSettings {
  readonly request: Pick<JoinRequest, 'voiceDetection' | 'gainTarget' | 'pushToTalk'>;
  readonly gainDb: number | undefined;
  /** Standard input is read for commands. */
  readonly commands: boolean;
}

type TalkOptions = Pick<JoinOptions, 'ptt' | 'polite' | 'pttTimeout' | 'commands' | 'vad' | 'gain' | 'agc'>;

/** @throws {UsageError} when a value cannot be used */
export function readTalkSettings(
  given: TalkOptions,
  defaults: Readonly<Record<string, string | undefined>> = {},
): TalkSettings {
  const vad = given.vad ?? defaults['vad'];
  const agc = given.agc ?? defaults['agc'];
  const gain = given.gain ?? defaults['gain'];
  if (given.ptt !== true && (given.polite === true || given.pttTimeout !== undefined)) {
    throw new UsageError('--polite and --ptt-timeout are for push-to-talk: add --ptt');
  }
  const pushToTalk = {
    polite: given.polite ?? false,
    ...(given.pttTimeout === undefined
      ? {}
      : { timeoutMs: given.pttTimeout === '0' ? 0 : parseDuration(given.pttTimeout, 's') }),
  };
  const target =
    agc === true
      ? AGC_TARGET_DBFS
      : agc === undefined || agc === false
        ? undefined
        : number('agc', agc, -40, -6);
  return {
    request: {
      ...(vad === undefined ? {} : { voiceDetection: detection(vad) }),
      ...(target === undefined ? {} : { gainTarget: target }),
      ...(given.ptt === true ? { pushToTalk } : {}),
    },
    gainDb: gain === undefined ? undefined : number('gain', gain, -100, 40),
    commands: given.commands ?? false,
  };
}

function detection(text: string): NonNullable<JoinRequest['voiceDetection']> {
  if (text === 'off' || text === 'silence' || text === 'adaptive') return text;
  if (!/^-?\d/.test(text)) {
    throw new UsageError(`--vad cannot be "${text}": use off, silence, adaptive, or a level such as -45`);
  }
  return number('vad', text, -80, 0);
}

function number(name: string, text: string, from: number, to: number): number {
  const value = Number(text.replace(/\s*dB(FS)?$/i, ''));
  if (!(value >= from && value <= to))
    throw new UsageError(`--${name} ${text} is not a number from ${from} to ${to}`);
  return value;
}

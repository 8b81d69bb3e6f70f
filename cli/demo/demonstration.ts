import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Conference } from '../../directory/index.ts';
import type { CliContext } from '../context.ts';
import { FailedError } from '../errors.ts';
import { messageOf } from '../output/output.ts';
import { spanText } from '../output/times.ts';
import {
  judgeGoodbye,
  judgeHeard,
  judgeJoined,
  judgeMarked,
  judgeRecorded,
  type MemberEvidence,
  type Step,
} from './judge.ts';
import { Member } from './member.ts';
import { readRecording } from './recording.ts';
import {
  CONFERENCE_NAME,
  find,
  memberEnvironment,
  openFolder,
  openStage,
  publish,
  type Stage,
} from './stage.ts';
import { openWitness } from './witness.ts';

export interface DemonstrationOptions {
  readonly ctx: CliContext;
  /** WAV files to send instead of tones, for Ann and for Bob. */
  readonly wav: readonly string[];
  /** Folder to keep the recordings in. */
  readonly keep: string | undefined;
  readonly signal: AbortSignal;
  readonly onStep: (step: Step) => void;
  readonly onDescription: (sdp: string) => void;
  /** They are talking; the time until they are done, undefined when they are. */
  readonly onTalking: (leftMs: number | undefined) => void;
}

/** Loopback, whatever this system calls it. */
const INTERFACE = '127.0.0.1';
/** Ann stays a second longer, so that she can hear Bob's goodbye. */
const CAST = [
  { name: 'Ann', hz: 440, seconds: 6.5 },
  { name: 'Bob', hz: 660, seconds: 5.5 },
] as const;
/** Longest that both may take together, with their start and their goodbye. */
const PATIENCE_MS = 11_000;
const OBSERVED_PACKETS = 200;

/** Steps that a demonstration has. */
export function expectedSteps(wav: readonly string[]): Step['id'][] {
  const always = [
    'directory',
    'published',
    'found',
    'joined',
    'heard',
    'recorded',
    'marked',
    'goodbye',
  ] as const;
  return [...(wav.length > 0 ? (['sound'] as const) : []), ...always, 'withdrawn'];
}

/** A step went wrong and was told; what comes after it cannot be done. */
class StoppedError extends FailedError {}

/** Plays it from the beginning to the end, or to the step that fails and has others depend on it. */
export async function demonstrate(options: DemonstrationOptions): Promise<void> {
  try {
    await play(options);
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
  }
}

async function play(options: DemonstrationOptions): Promise<void> {
  const { ctx, onStep, wav, keep, signal } = options;
  const attempt = async <T>(id: Step['id'], work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      onStep({ id, ok: false, lines: [messageOf(error)] });
      throw new StoppedError(messageOf(error), { cause: error });
    }
  };
  const sounds = await attempt('sound', () => readSounds(wav));
  if (wav.length > 0) onStep({ id: 'sound', ok: true, lines: sounds.flatMap(soundLine) });
  await using folder = await attempt('directory', openFolder);
  await using stage = await attempt('directory', () => openStage(ctx, folder.path));
  onStep({ id: 'directory', ok: true, lines: [`serving ${stage.url} from a temporary folder`] });
  const conference = await attempt('published', () => publish(ctx, stage));
  const medium = conference.sdp?.media.at(0);
  const group = medium?.effectiveConnections[0]?.address;
  if (medium === undefined || group === undefined) throw new Error('the conference has no group');
  const until = spanText((conference.stopTime?.getTime() ?? 0) - ctx.clock.wall());
  onStep({
    id: 'published',
    ok: true,
    lines: [`"${conference.name}" on ${group}:${medium.port}, ends in ${until}`],
  });
  const sdp = await attempt('found', () => lookUp(stage, conference));
  onStep({ id: 'found', ok: true, lines: [`over LDAP, as ${conference.dn ?? conference.name}`] });
  options.onDescription(sdp);
  signal.throwIfAborted();
  const { members, goodbyes, dscp } = await attempt('joined', () =>
    perform(options, stage, { group, port: medium.port }, sounds),
  );
  signal.throwIfAborted();
  onStep(judgeJoined(members));
  onStep(judgeHeard(members));
  onStep(judgeRecorded(members));
  onStep(judgeMarked(members, dscp));
  onStep(judgeGoodbye(members, goodbyes));
  if (keep !== undefined) await keepFiles(keep, folder.path, sdp);
  await attempt('withdrawn', () => withdraw(stage, conference));
  onStep({ id: 'withdrawn', ok: true, lines: ['the entry is gone from the directory'] });
}

type Sound = MemberEvidence['sent'];

function readSounds(wav: readonly string[]): Promise<Sound[]> {
  return Promise.all(
    CAST.map(async ({ hz }, i) => {
      const file = wav[i];
      return file === undefined ? { hz } : { file, recording: await readRecording(file) };
    }),
  );
}

function soundLine(sound: Sound, i: number): string[] {
  if ('hz' in sound) return [];
  const { samples, sampleRate } = sound.recording;
  return [
    `${CAST[i]?.name} sends ${sound.file}, ${(samples.length / sampleRate).toFixed(1)} s at ${sampleRate} Hz`,
  ];
}

/** @returns the session description as the directory gives it */
async function lookUp(stage: Stage, published: Conference): Promise<string> {
  const [found, ...others] = await find(stage);
  if (found === undefined) throw new FailedError('a search over LDAP does not find it');
  if (others.length > 0) throw new FailedError(`a search over LDAP finds ${others.length + 1} of them`);
  const [sdp, sent] = [found.sdp?.serialize(), published.sdp?.serialize()];
  if (sdp === undefined || sdp !== sent) throw new FailedError('what is found is not what was published');
  return sdp;
}

async function withdraw(stage: Stage, conference: Conference): Promise<void> {
  await stage.directory.delete(conference);
  if ((await find(stage)).length > 0) throw new FailedError('the entry was deleted and is still found');
}

interface Performance {
  readonly members: readonly MemberEvidence[];
  readonly goodbyes: ReadonlySet<number>;
  readonly dscp: Parameters<typeof judgeMarked>[1];
}

/** Lets both join, talk and leave, and watches. */
async function perform(
  { ctx, onTalking, signal }: DemonstrationOptions,
  stage: Stage,
  { group, port }: { readonly group: string; readonly port: number },
  sounds: readonly Sound[],
): Promise<Performance> {
  const { clock } = ctx;
  await using witness = await openWitness({
    group,
    port,
    interface: INTERFACE,
    packets: OBSERVED_PACKETS,
    withinMs: PATIENCE_MS,
  });
  const env = await memberEnvironment(ctx, stage.folder);
  const recordingOf = (name: string): string => join(stage.folder, `${name.toLowerCase()}-heard.wav`);
  using started = new DisposableStack();
  const members = CAST.map(({ name, hz, seconds }, i) => {
    const sound = sounds[i] ?? { hz };
    const send = 'hz' in sound ? `tone:${sound.hz}` : `wav:${sound.file}`;
    const plan = { name, send, recording: recordingOf(name), seconds, conference: CONFERENCE_NAME };
    return {
      sound,
      name,
      child: started.use(new Member({ ...plan, directoryUrl: stage.url, interface: INTERFACE }, env)),
    };
  });
  const begun = clock.now();
  const longest = Math.max(...CAST.map(({ seconds }) => seconds)) * 1000;
  const timer = clock.timer(() => {
    const passed = clock.now() - begun;
    onTalking(Math.max(0, longest - passed));
    if (passed > PATIENCE_MS || signal.aborted) started.dispose();
    else timer.set(clock.now() + 100);
  });
  timer.set(clock.now());
  const evidence: MemberEvidence[] = [];
  try {
    for (const { name, sound, child } of members) {
      const { pid } = child;
      const result = await child.ended;
      evidence.push({ name, sent: sound, pid, result, heard: undefined });
    }
  } finally {
    timer.set(undefined);
    onTalking(undefined);
  }
  const heard = await Promise.all(
    evidence.map(async (it) => ({
      ...it,
      heard: await readRecording(recordingOf(it.name)).catch(() => undefined),
    })),
  );
  const bothJoined = evidence.every(({ result }) => result.events.some(({ type }) => type === 'joined'));
  return { members: heard, goodbyes: witness.goodbyes, dscp: bothJoined ? await witness.dscp() : undefined };
}

async function keepFiles(target: string, folder: string, sdp: string): Promise<void> {
  await mkdir(target, { recursive: true });
  await writeFile(join(target, 'conference.sdp'), sdp);
  for (const { name } of CAST) {
    const file = join(folder, `${name.toLowerCase()}-heard.wav`);
    await copyFile(file, join(target, basename(file))).catch(() => {}); // told already: nothing was recorded
  }
}

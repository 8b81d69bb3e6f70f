import {
  type AudioSource,
  type Call,
  createCall,
  type MediumPlan,
  MulticastRtpProvider,
  openOpusSource,
  openWavSource,
  opusPackets,
  planMedia,
  playPackets,
  repeatPackets,
  readOpusFile,
  type TimedPacket,
} from '../../conference/index.ts';
import type { PlayOptions } from '../commands/play.ts';
import type { CliContext } from '../context.ts';
import { FailedError, InterruptedError } from '../errors.ts';
import { Interrupts } from '../interrupts.ts';
import { findDescription, type FoundDescription } from '../join/description.ts';
import { readJoinSettings } from '../join/options.ts';
import { spanText } from '../output/times.ts';
import { capturedPackets, type PlayPlan, readPlayPlan, recordingKind } from './play-plan.ts';

/** Packets, and what their payload types are in the conference. */
interface PacketPerformance {
  readonly packets: () => AsyncIterable<TimedPacket>;
  readonly payloadTypeOf: (payloadType: number) => number | undefined;
}

/** Something to send, from its beginning, to one medium. */
interface Performance {
  readonly plan: MediumPlan;
  /** Sound to be coded, or packets: each call begins anew. */
  readonly open: (() => Promise<AudioSource>) | PacketPerformance;
}

/** How often it says how far it is. */
const PROGRESS_MS = 10_000;

/**
 * Sends a recording to a conference, and says goodbye.
 *
 * @throws {InterruptedError} when it was interrupted, once everybody has been told goodbye
 */
export async function runPlay(ctx: CliContext, file: string, given: PlayOptions): Promise<void> {
  const settings = await readJoinSettings(ctx, given);
  const wish = readPlayPlan(given);
  const found = await findDescription(ctx, given.to, given.sapWait);
  const { description, name, keys } = found;
  const performance = await prepare(file, wish, found);
  using interrupts = new Interrupts(ctx.host);
  await using call = createCall(description, {
    provider: new MulticastRtpProvider(),
    participant: settings.participant,
    clock: ctx.clock,
    ...(keys.length === 0 ? {} : { keys }),
    ...settings.request,
    media: [performance.plan.mediaType],
    direction: 'sendonly',
    voiceDetection: 'off', // every sample is part of the recording
  });
  call.on('warning', ({ message }) => ctx.err.warn(message));
  await call.connect({ signal: interrupts.signal });
  ctx.err.note(`playing ${file} to "${name}" (${performance.plan.group}:${performance.plan.port})`);
  const begin = ctx.clock.now();
  const sent = (): number => call.transports[0]?.rtpSent ?? 0;
  const { plan, open } = performance;
  if (typeof open === 'function') {
    let before: number;
    do {
      before = sent();
      await playSound(ctx, call, plan, open, interrupts.signal);
    } while (wish.loop && !interrupts.signal.aborted && sent() > before); // else it would spin, as behind the end
  } else await playAsPackets(ctx, call, plan, open, wish, interrupts.signal);
  const played = spanText(ctx.clock.now() - begin);
  await call.disconnect();
  ctx.err.note(`sent ${sent()} packets in ${played}`);
  if (interrupts.signal.aborted) throw new InterruptedError();
}

async function prepare(
  file: string,
  wish: PlayPlan,
  { description, keys }: FoundDescription,
): Promise<Performance> {
  const plans = planMedia(description, undefined, keys).filter(({ support }) => support !== 'none');
  if (plans.length === 0) throw new FailedError('Nothing in this conference can be sent to');
  const kind = await recordingKind(file);
  if (kind === 'capture') {
    const { plan, ...open } = await capturedPackets(file, wish, plans);
    return { plan, open };
  }
  const plan = plans.find((it) => it.preferred !== undefined);
  if (plan === undefined) throw new FailedError('No audio of this conference can be sent from here');
  if (kind === 'wav') return { plan, open: () => openWavSource(file, wish.startMs) };
  const opus = await readOpusFile(file);
  const [format] = plan.formats.filter(({ encoding }) => encoding.toLowerCase() === 'opus');
  if (format === undefined) return { plan, open: () => openOpusSource(file, opus, wish.startMs) };
  const packets = (): AsyncIterable<TimedPacket> => opusPackets(opus, wish.startMs);
  return { plan, open: { packets, payloadTypeOf: () => format.payloadType } };
}

/** Sends packets once, or again and again. */
async function playAsPackets(
  ctx: CliContext,
  call: Call,
  { index }: MediumPlan,
  { packets, payloadTypeOf }: PacketPerformance,
  { speed, loop }: PlayPlan,
  signal: AbortSignal,
): Promise<void> {
  let next = PROGRESS_MS;
  await playPackets(loop ? repeatPackets(packets) : packets(), {
    session: call.session,
    medium: index,
    clock: ctx.clock,
    payloadTypeOf,
    speed,
    signal,
    onProgress(played, sent) {
      if (played < next) return;
      next = played + PROGRESS_MS;
      ctx.err.note(`${spanText(played)} played, ${sent} packets`);
    },
  });
}

/** Sends sound once. */
async function playSound(
  ctx: CliContext,
  call: Call,
  plan: MediumPlan,
  open: () => Promise<AudioSource>,
  signal: AbortSignal,
): Promise<void> {
  const source = await open();
  const stream = call.streams.find((it) => it.direction === 'capture' && it.medium === plan.index);
  if (stream === undefined) throw new FailedError('No audio of this conference can be sent from here');
  await new Promise<void>((resolve, reject) => {
    const begin = ctx.clock.now();
    const timer = ctx.clock.timer(() => {
      ctx.err.note(`${spanText(ctx.clock.now() - begin)} played`);
      timer.set(ctx.clock.now() + PROGRESS_MS);
    });
    timer.set(begin + PROGRESS_MS);
    const ends = [
      call.on('sourceEnded', () => end(resolve)),
      call.on('terminalFailed', ({ message }) => end(() => reject(new FailedError(message)))),
    ];
    const stop = (): void => end(resolve);
    const end = (settle: () => void): void => {
      timer.set(undefined);
      for (const it of ends) it();
      signal.removeEventListener('abort', stop);
      settle();
    };
    signal.addEventListener('abort', stop);
    stream.attach(source);
    if (signal.aborted) stop();
  });
  stream.detach(source);
  await source.close();
}

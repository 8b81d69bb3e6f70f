import type { AudioFormat, Call, Desk, DeskChannel } from '../../conference/index.ts';
import type { CliContext } from '../context.ts';
import { messageOf } from '../output/output.ts';
import type { JoinEvent } from './events.ts';
import { openPlannedSink, openPlannedSource, type TerminalPlan } from './terminals.ts';

/** The best that is heard in any of them, in stereo at least: balance at the desk needs it. */
export function deskFormat(calls: readonly Call[]): AudioFormat {
  const formats = calls.flatMap(({ streams }) =>
    streams.flatMap(({ direction, format }) =>
      direction === 'render' && format !== undefined ? [format] : [],
    ),
  );
  return {
    sampleRate: Math.max(8000, ...formats.map(({ sampleRate }) => sampleRate)),
    channels: Math.max(2, ...formats.map(({ channels }) => channels)),
  };
}

/** Opens what was planned, once for all conferences. */
export async function openDeskTerminals(
  ctx: CliContext,
  desk: Desk,
  plan: TerminalPlan,
  tell: (event: JoinEvent) => void,
): Promise<{ readonly sending: string | null; readonly receiving: readonly string[] }> {
  const missing = (error: unknown): void =>
    tell({ type: 'warning', code: 'terminal', message: `${messageOf(error)}. Going on without` });
  const receiving: string[] = [];
  for (const spec of plan.receive) {
    const sink = await openPlannedSink(spec, desk.format, ctx.host, plan.defaults ? missing : undefined);
    desk.attach(sink);
    receiving.push(sink.name);
  }
  if (plan.send === undefined) return { sending: null, receiving };
  const explicit = plan.send !== 'mic' || !plan.defaults;
  const format = { ...desk.format, channels: 1 };
  const source = await openPlannedSource(plan.send, format, ctx.host, explicit ? undefined : missing);
  if (source !== undefined) desk.attachSource(source);
  return { sending: source?.name ?? null, receiving };
}

/** The conference to talk to at first: the named one, or the first that lets us. */
export function firstTarget(desk: Desk, talk: DeskChannel | undefined): DeskChannel | undefined {
  const lets = ({ call }: DeskChannel): boolean =>
    call.streams.some(({ direction, format }) => direction === 'capture' && format !== undefined);
  return talk ?? desk.channels.find(lets);
}

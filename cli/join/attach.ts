import type { Call, MediaStream } from '../../conference/index.ts';
import type { CliHost } from '../context.ts';
import { FailedError } from '../errors.ts';
import { messageOf } from '../output/output.ts';
import type { JoinEvent } from './events.ts';
import { openPlannedSink, openPlannedSource, type TerminalPlan } from './terminals.ts';

/** What is sent and where it goes, as the user wrote it. */
export interface Attached {
  readonly sending: string | null;
  readonly receiving: readonly string[];
}

export interface AttachContext {
  readonly plan: TerminalPlan;
  readonly host: CliHost;
  readonly gainDb: number | undefined;
  readonly tell: (event: JoinEvent) => void;
}

/** Opens what was planned for one call, and attaches it. */
export async function attachTerminals(
  call: Call,
  { plan, host, gainDb, tell }: AttachContext,
): Promise<Attached> {
  const audio = call.streams.filter((it) => it.mediaType === 'audio' && it.format !== undefined);
  const capture = audio.find(({ direction }) => direction === 'capture');
  const render = audio.find(({ direction }) => direction === 'render');
  const missing = (error: unknown): void =>
    tell({ type: 'warning', code: 'terminal', message: `${messageOf(error)}. Going on without` });
  const onMissing = plan.defaults ? missing : undefined;
  let sending: string | null = null;
  if (plan.send !== undefined && capture !== undefined) {
    const explicit = plan.send !== 'mic' || !plan.defaults;
    const source = await openPlannedSource(
      plan.send,
      formatOf(capture),
      host,
      explicit ? undefined : missing,
    );
    if (source !== undefined) {
      capture.gainDb = gainDb ?? 0;
      capture.attach(source);
      sending = source.name;
    }
  } else if (plan.send !== undefined) {
    tell({
      type: 'warning',
      code: 'recvonly',
      message: 'the description lets nobody send audio that we can make',
    });
  }
  const receiving: string[] = [];
  if (render === undefined) {
    const message = 'nothing in the description can be heard here';
    tell({ type: 'warning', code: 'sendonly', message });
    return { sending, receiving };
  }
  for (const spec of plan.receive) {
    const sink = await openPlannedSink(spec, formatOf(render), host, onMissing, bitsOf(render));
    render.attach(sink);
    receiving.push(sink.name);
  }
  return { sending, receiving };
}

function formatOf(stream: MediaStream): NonNullable<MediaStream['format']> {
  if (stream.format === undefined)
    throw new FailedError(`${stream.name} has a format that nothing here can read`);
  return stream.format;
}

/** What a sound file must keep of each sample, so that nothing is lost. */
function bitsOf({ payloadFormat }: MediaStream): 16 | 24 {
  return /^L(20|24)\//i.test(payloadFormat) ? 24 : 16;
}

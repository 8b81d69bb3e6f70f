import { join } from 'node:path';
import { Desk, type DeskChannel, MulticastRtpProvider } from '../../conference/index.ts';
import type { JoinOptions } from '../commands/join.ts';
import type { CliContext } from '../context.ts';
import { FailedError, InterruptedError, UsageError } from '../errors.ts';
import { Interrupts } from '../interrupts.ts';
import { findDescription, readKeys } from '../join/description.ts';
import { DeskControl } from '../join/desk-control.ts';
import { planDesk } from '../join/desk-plan.ts';
import { deskFormat, firstTarget, openDeskTerminals } from '../join/desk-terminals.ts';
import { DeskView } from '../join/desk-view.ts';
import { type JoinSettings, readJoinSettings } from '../join/options.ts';
import { Participation } from '../join/participation.ts';
import type { Presenter } from '../join/presenter.ts';
import { followRemoteControl } from '../join/remote-control.ts';
import { checkStandardStreams, isStandardStream, planTerminals, soundHere } from '../join/terminals.ts';
import { messageOf, type Output } from '../output/output.ts';
import { openPresenter } from './join-presenter.ts';

/**
 * Joins several conferences at once, heard together at a desk and talked to one at a time.
 *
 * @throws {InterruptedError} when it was interrupted @throws what the first that could not be joined failed with
 */
export async function runJoinSeveral(
  ctx: CliContext,
  conferences: readonly string[],
  given: JoinOptions,
): Promise<void> {
  if (new Set(conferences).size < conferences.length)
    throw new UsageError('Each conference can be joined once');
  if (conferences.includes('-')) {
    throw new UsageError('A session description on standard input (-) is for one conference alone');
  }
  const settings = await readJoinSettings(ctx, given);
  checkStandardStreams('', settings, settings.talk.commands);
  const plan = planTerminals(settings, soundHere(ctx.host.env));
  const found = await Promise.all(conferences.map((it) => findDescription(ctx, it, given.sapWait)));
  const deskPlan = planDesk(
    found.map(({ name }, i) => [conferences[i] ?? name, name]),
    given,
  );
  const output: Output = settings.receive.some(isStandardStream) ? ctx.err : ctx.out;
  using resources = new DisposableStack();
  const interrupts = resources.use(new Interrupts(ctx.host, () => resources.dispose()));
  let presenter: Presenter | undefined;
  const provider = new MulticastRtpProvider();
  const parts = found.map(({ description, name, keys }, i) => {
    const title = found.filter((it) => it.name === name).length > 1 ? (conferences[i] ?? name) : name;
    return new Participation({
      ctx,
      name: title,
      description,
      keys,
      readKeys: () => readKeys(ctx, conferences[i] ?? name),
      settings: recordedBeside(settings, title),
      plan: { send: plan.send, receive: plan.receive, defaults: plan.defaults },
      provider,
      interrupted: interrupts.signal,
      tell: (event) => presenter?.tell(event, title),
      refresh: () => (i === 0 ? presenter?.refresh() : undefined),
      desk: { attached: () => attached, talksTo: (call) => call === target?.call },
    });
  });
  await using desk = new Desk({ format: deskFormat(parts.map(({ call }) => call)) });
  const channels = parts.map(({ call, name }, i) => desk.add(call, { name, ...deskPlan.options.get(i) }));
  const view = new DeskView(desk, parts);
  const stdinIsFree = !settings.talk.commands && !isStandardStream(settings.send ?? '');
  presenter = resources.use(await openPresenter(ctx, settings.json, output, view, interrupts, stdinIsFree));
  const shown = presenter;
  if (plan.note !== undefined && !settings.listen) ctx.err.note(plan.note);
  const attached = await openDeskTerminals(ctx, desk, plan, (event) => shown.tell(event));
  for (const { capture } of channels) if (capture !== undefined) capture.gainDb = settings.talk.gainDb ?? 0;
  followDesk(desk, shown, () => parts.every(({ extras }) => extras.phase === 'leaving'));
  const target = firstTarget(desk, channels[deskPlan.talk ?? -1]);
  if (attached.sending !== null) desk.talkTo(target);
  using _control = followRemoteControl({
    host: ctx.host,
    controlled: new DeskControl(desk),
    lines: settings.talk.commands ? ctx.host.stdin : undefined,
    leave: () => view.press({ action: 'leave' }),
    tell: (event) => shown.tell(event),
  });
  const ends = await Promise.allSettled(parts.map((it, i) => runOne(it, shown, desk, channels[i])));
  if (ends.some((it) => it.status === 'fulfilled' && it.value === 'interrupted'))
    throw new InterruptedError();
  const failed = ends.find((it) => it.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Each is recorded in a folder of its own. */
function recordedBeside(settings: JoinSettings, title: string): JoinSettings {
  if (settings.record === undefined) return settings;
  const folder = title.replaceAll(/[/\\:]|^\.+/g, '_').slice(0, 100);
  return { ...settings, record: { ...settings.record, directory: join(settings.record.directory, folder) } };
}

/** The others go on when one cannot be joined. */
async function runOne(
  part: Participation,
  presenter: Presenter,
  desk: Desk,
  channel: DeskChannel | undefined,
): Promise<string> {
  try {
    return await part.run();
  } catch (error) {
    presenter.tell({ type: 'warning', code: 'join', message: `not joined: ${messageOf(error)}` }, part.name);
    throw new FailedError(`${part.name} could not be joined: ${messageOf(error)}`, { cause: error });
  } finally {
    if (channel !== undefined) await desk.remove(channel); // it ducks nobody any more, nobody talks to it
  }
}

/** @param isOver all are being left: that nobody is talked to any more is no news then */
function followDesk(desk: Desk, presenter: Presenter, isOver: () => boolean): void {
  desk.onAny((event) => {
    if (isOver()) return;
    switch (event.type) {
      case 'ducking':
        presenter.tell({ type: 'ducking', others: duckedBy(desk, event.channel) }, event.channel.name);
        break;
      case 'duckingOver':
        presenter.tell({ type: 'ducking-over' }, event.channel.name);
        break;
      case 'talkTarget':
        presenter.tell({ type: 'talk-target', name: event.channel?.name ?? null });
        break;
      case 'terminalFailed':
        presenter.tell({ type: 'terminal-failed', terminal: event.terminal.name, message: event.message });
        break;
    }
  });
}

function duckedBy(desk: Desk, by: DeskChannel): string[] {
  return desk.channels.filter(({ priority }) => priority < by.priority).map(({ name }) => name);
}

import {
  type Call,
  type CallEvent,
  createCall,
  followTimeline,
  MulticastRtpProvider,
  type Recorder,
  startRecording,
  type TimelineEvent,
} from '../../conference/index.ts';
import type { Ms } from '../../src/machine.ts';
import type { MediaKey, SessionDescription } from '../../src/sdp/index.ts';
import type { CliContext } from '../context.ts';
import { FailedError } from '../errors.ts';
import { momentText } from '../output/times.ts';
import { packageVersion } from '../version.ts';
import { fromCallEvent, fromTimelineEvent, type JoinEvent, type LeaveCause, verdictEvent } from './events.ts';
import type { KeyAction } from './keys.ts';
import { KeyWatch } from './key-watch.ts';
import { mediumJson } from './medium-json.ts';
import type { JoinSettings } from './options.ts';
import { mediaToJoin } from './record-options.ts';
import { followRemoteControl, pressKeys } from './remote-control.ts';
import { type Attached, attachTerminals } from './attach.ts';
import { StatisticsTeller } from './statistics.ts';
import type { TerminalPlan } from './terminals.ts';
import { VerdictWatch } from './verdict-watch.ts';
import { othersOf, type ViewExtras } from './view-state.ts';

/** Refreshes of the view, and looks at the clock, per second. */
const BEAT_MS: Ms = 100;

export interface ParticipationOptions {
  readonly ctx: CliContext;
  readonly name: string;
  readonly description: SessionDescription;
  /** Of encrypted media, and how they are asked for again. */
  readonly keys: readonly MediaKey[];
  readonly readKeys: () => Promise<readonly MediaKey[]>;
  readonly settings: JoinSettings;
  readonly plan: TerminalPlan;
  readonly tell: (event: JoinEvent) => void;
  readonly refresh: () => void;
  /** Aborted when the user wants to leave. */
  readonly interrupted: AbortSignal;
  /** Shared by conferences that are heard together. */
  readonly provider?: MulticastRtpProvider;
  /** At a desk, which sees to where it is heard, what is sent, and what other programs ask for. */
  readonly desk?: {
    /** What is sent and where it is heard. */
    readonly attached: () => Attached;
    /** What we say goes here. */
    readonly talksTo: (call: Call) => boolean;
  };
}

/** Being in one conference from the command line: waiting, joining, telling what happens, leaving. */
export class Participation {
  readonly #options: ParticipationOptions;
  readonly #tell: (event: JoinEvent) => void;
  readonly call: Call;
  #phase: ViewExtras['phase'] = 'joining';
  #joinedAt: Ms = 0;
  #leave: (cause: LeaveCause) => void = () => {};
  readonly #left: Promise<LeaveCause>;
  #watch: VerdictWatch | undefined;
  #recorder: Recorder | undefined;
  #statistics: StatisticsTeller | undefined;
  #begins: number | undefined;
  #ends: number | undefined;

  constructor(options: ParticipationOptions) {
    const { description, settings, tell, interrupted, plan, ctx } = options;
    this.#options = options;
    this.#tell = tell;
    const { provider = new MulticastRtpProvider() } = options;
    // who names a source wants to be heard, also where others are meant to listen only
    const speaker = plan.send !== undefined && !plan.defaults ? { direction: 'sendrecv' as const } : {};
    this.call = createCall(description, {
      provider,
      participant: settings.participant,
      clock: ctx.clock,
      ...(options.keys.length === 0 ? {} : { keys: options.keys }),
      ...settings.request,
      media: mediaToJoin(
        settings.media,
        settings.record !== undefined,
        [...description.media].map(({ kind }) => kind),
      ),
      ...(settings.listen ? { direction: 'recvonly' as const } : speaker),
    });
    this.#left = new Promise((resolve) => {
      this.#leave = resolve;
    });
    if (interrupted.aborted) this.#leave('interrupted');
    interrupted.addEventListener('abort', () => this.#leave('interrupted'), { once: true });
    ctx.out.onClosed(() => this.#leave('output-closed'));
  }

  get name(): string {
    return this.#options.name;
  }
  /** What the live view shows beside the call. */
  get extras(): Pick<ViewExtras, 'title' | 'phase' | 'remainingMs' | 'sending'> {
    const { ctx, name } = this.#options;
    const target = this.#phase === 'waiting' ? this.#begins : this.#ends;
    return {
      title: name,
      phase: this.#phase,
      remainingMs: target === undefined ? undefined : Math.max(0, target - ctx.clock.wall()),
      sending: this.#sending,
    };
  }

  press(action: KeyAction): void {
    const { call } = this;
    switch (action.action) {
      case 'muteSelf':
        call.local.muted = !call.local.muted;
        break;
      case 'talk':
        if (call.talk.pushToTalk) call.talk.key();
        else call.local.muted = !call.local.muted;
        break;
      case 'talkDown':
        if (call.talk.pushToTalk) call.talk.press();
        else call.local.muted = !call.local.muted;
        break;
      case 'talkUp':
        call.talk.release();
        break;
      case 'muteParticipant': {
        const participant = othersOf(call)[action.index];
        if (participant !== undefined) participant.muted = !participant.muted;
        break;
      }
      case 'hold':
        if (call.state === 'hold') call.resume();
        else if (call.state === 'connected') call.hold();
        break;
      case 'leave':
        this.#leave('quit');
        break;
      case 'matrix':
      case 'talkHere':
      case 'muteSelected':
      case 'select':
      case 'conference':
      case 'volume':
      case 'balance':
      case 'interrupt':
      case 'help':
      case 'keyReleases':
      case 'redraw':
      case 'suspend':
        break;
    }
  }

  #followRemoteControl(): Disposable | undefined {
    const { ctx, settings, desk } = this.#options;
    if (desk !== undefined) return undefined;
    return followRemoteControl({
      host: ctx.host,
      controlled: { target: this.call, calls: [this.call] },
      lines: settings.talk.commands ? ctx.host.stdin : undefined,
      leave: () => this.#leave('quit'),
      tell: this.#tell,
    });
  }

  /** Other keys may be given while we are in it. */
  #followKeys(): Disposable | undefined {
    const { ctx, keys, readKeys } = this.#options;
    if (keys.length === 0) return undefined;
    const { session } = this.call;
    const watch = new KeyWatch({
      clock: ctx.clock,
      random: ctx.host.random,
      read: readKeys,
      use: (now) => session.setKeys(now),
    });
    this.call.on('encryption', ({ kind }) => {
      if (kind !== 'keyUsed') watch.hurry();
    });
    return watch;
  }

  /** From the beginning to the end. @returns why it ended */
  async run(): Promise<LeaveCause> {
    const { ctx, settings, interrupted } = this.#options;
    const { clock } = ctx;
    using timeline = this.#followTimes();
    using _control = this.#followRemoteControl();
    using _keys = this.#followKeys();
    const beat = clock.timer(() => {
      this.#onBeat();
      beat.set(clock.now() + BEAT_MS);
    });
    beat.set(clock.now() + BEAT_MS);
    try {
      if (settings.wait && !(await this.#waitFor(timeline.opened))) return await this.#left;
      const asked = await this.#attachTerminals();
      this.#phase = 'joining';
      this.call.onAny((event) => this.#onCallEvent(event));
      if (interrupted.aborted) return 'interrupted';
      await this.#beginRecording();
      await this.#connect(interrupted);
      this.#onJoined(asked);
      if (settings.durationMs !== undefined)
        clock.timer(() => this.#leave('duration')).set(clock.now() + settings.durationMs);
      const cause = await this.#left;
      this.#tellLast();
      await this.#disconnect();
      await this.#endRecording();
      this.#tell({ type: 'left', cause, seconds: round((clock.now() - this.#joinedAt) / 1000) });
      return cause;
    } finally {
      beat.set(undefined);
      this.#phase = 'leaving';
      await this.call.disconnect();
      await this.#recorder?.stop();
    }
  }

  async #beginRecording(): Promise<void> {
    const { ctx, settings, name } = this.#options;
    if (settings.record === undefined) return;
    const { bits, ...wish } = settings.record;
    this.#recorder = await startRecording({
      ...wish,
      ...(bits === undefined ? {} : { bits }),
      session: this.call.session,
      name,
      program: `Rendezvous ${packageVersion()}`,
      clock: ctx.clock,
      onProblem: (message) => this.#tell({ type: 'warning', code: 'recording', message }),
    });
    this.#tell({ type: 'recording', directory: this.#recorder.directory });
  }

  async #endRecording(): Promise<void> {
    const recorder = this.#recorder;
    if (recorder === undefined) return;
    await recorder.stop();
    const { directory, files, manifest } = recorder;
    const packetsLost = manifest.tracks.reduce((sum, it) => sum + it.packetsLost, 0);
    this.#tell({ type: 'recorded', directory, files, seconds: manifest.seconds, packetsLost });
  }

  /** @returns false when we are to leave before it begins */
  async #waitFor(opened: Promise<void>): Promise<boolean> {
    this.#phase = 'waiting';
    return Promise.race([opened.then(() => true), this.#left.then(() => false)]);
  }

  async #connect(signal: AbortSignal): Promise<void> {
    try {
      await this.call.connect({ signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #disconnect(): Promise<void> {
    this.#phase = 'leaving';
    this.#options.refresh();
    await this.call.disconnect();
  }

  /** Tells what the time lines bring, and leaves when the time is over. */
  #followTimes(): Disposable & { readonly opened: Promise<void> } {
    const { ctx, description, settings, name } = this.#options;
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const onEvent = (event: TimelineEvent): void => {
      if (event.type === 'open') {
        this.#ends = event.stop;
        open();
      }
      const isNews = this.#phase === 'joined' || event.type === 'closing';
      if (isNews) this.#tell(fromTimelineEvent(event));
      if (event.type === 'close' && this.#phase !== 'waiting') this.#leave('closed');
    };
    const timeline = followTimeline(description, { clock: ctx.clock, onEvent });
    const { state, nextStart } = timeline;
    this.#begins = nextStart;
    if (state === 'over' && settings.wait) {
      timeline.stop();
      throw new FailedError(`The time of "${name}" is over, it will not take place again`);
    }
    if (state === 'over') {
      this.#tell({ type: 'warning', code: 'over', message: `the time of "${name}" is over` });
    } else if (state === 'before' && nextStart !== undefined) {
      const start = new Date(nextStart);
      const inSeconds = Math.round((nextStart - ctx.clock.wall()) / 1000);
      if (settings.wait) this.#tell({ type: 'waiting', name, start: start.toISOString(), inSeconds });
      else {
        const message = `"${name}" begins ${momentText(start, ctx.now)}; --wait waits for it`;
        this.#tell({ type: 'warning', code: 'notStarted', message });
      }
    }
    return { opened, [Symbol.dispose]: () => timeline.stop() };
  }

  async #attachTerminals(): Promise<Attached> {
    const { plan, ctx, desk, settings } = this.#options;
    if (desk !== undefined) return desk.attached();
    return attachTerminals(this.call, {
      plan,
      host: ctx.host,
      gainDb: settings.talk.gainDb,
      tell: this.#tell,
    });
  }

  #onJoined({ sending, receiving }: Attached): void {
    const { name, ctx, plan, settings, desk } = this.#options;
    const { call } = this;
    this.#phase = 'joined';
    this.#joinedAt = ctx.clock.now();
    this.#statistics = new StatisticsTeller(call, this.#tell, this.#joinedAt);
    this.#watch = new VerdictWatch(this.#joinedAt);
    if (plan.note !== undefined && !settings.listen) ctx.err.note(plan.note);
    this.#tell({
      type: 'joined',
      name,
      cname: call.local.cname ?? '',
      sending,
      receiving,
      stop: this.#ends === undefined ? null : new Date(this.#ends).toISOString(),
      media: call.transports.map(mediumJson),
    });
    const keysHere = desk?.talksTo(call) ?? true; // a secret number is for one conference only
    if (settings.digits !== undefined && keysHere) pressKeys(call, settings.digits, this.#tell);
  }

  #onCallEvent(event: CallEvent): void {
    if (event.type === 'participantTimedOut') this.#watch?.handleVanished();
    this.#tell(fromCallEvent(event));
  }

  #onBeat(): void {
    const now = this.#options.ctx.clock.now();
    if (this.#phase === 'joined') {
      if (this.#watch?.handleTimeout(now, this.#hearing) === true)
        this.#tell(verdictEvent(this.call.verdict()));
      this.#statistics?.handleTimeout(now);
    }
    this.#options.refresh();
  }

  get #hearing(): boolean {
    return othersOf(this.call).some((it) => it.active && it.substreams.length > 0);
  }
  get #sending(): string | undefined {
    const source = this.call.streams.find((it) => it.direction === 'capture')?.terminals[0];
    return source?.name;
  }

  #tellLast(): void {
    if (this.#phase !== 'joined') return;
    if (this.#watch?.finish(this.#hearing) === true) this.#tell(verdictEvent(this.call.verdict()));
    this.#statistics?.finish();
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

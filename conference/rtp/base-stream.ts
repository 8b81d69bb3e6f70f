import { InvalidValueError, StateError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import { type AudioFormat, amplitude } from '../audio/index.ts';
import type { LevelReading } from '../capture/index.ts';
import { InvalidStreamError, InvalidTerminalError, NoTerminalError } from '../errors.ts';
import type { SoundControls } from '../strip/index.ts';
import type { AudioSink, AudioSource } from '../terminal/index.ts';
import type {
  AttachOptions,
  ConferenceEvent,
  MediaStream,
  MediaType,
  StreamCause,
  Substream,
  StreamFormat,
} from '../types/index.ts';
import type { MediumPlan } from './medium-plan.ts';

/** States and terminals that both directions share (STR-03, STR-04, STR-05). */
export abstract class BaseStream<T extends AudioSource | AudioSink> implements MediaStream {
  abstract readonly direction: 'capture' | 'render';
  abstract readonly payloadFormat: string;
  abstract readonly substreams: readonly Substream[];
  abstract readonly format: AudioFormat | undefined;
  abstract readonly levelDbfs: number;
  abstract readonly sound: SoundControls | undefined;
  abstract readonly playedMs: Ms;
  readonly mediaType: MediaType;
  readonly medium: number;
  readonly name: string;
  readonly unsupportedReason: string | undefined;
  readonly formats: readonly StreamFormat[];
  protected readonly emit: (event: ConferenceEvent) => void;
  protected gain = 1;
  readonly #terminals: { readonly terminal: T; readonly unsubscribe: () => void }[] = [];
  #wish: 'run' | 'paused' | 'stopped' = 'run';
  #joined = false;
  #held = false;
  #failed = false;
  #active = false;
  #gainDb = 0;
  #threshold: number | undefined;

  constructor(plan: MediumPlan, name: string, emit: (event: ConferenceEvent) => void) {
    this.mediaType = plan.mediaType;
    this.medium = plan.index;
    this.name = name;
    this.emit = emit;
    this.formats = plan.formats.map(({ label, payloadType, codec }) => ({
      name: label,
      payloadType,
      usable: typeof codec !== 'string',
      reason: typeof codec === 'string' ? codec : undefined,
    }));
    this.unsupportedReason = plan.support === 'full' ? undefined : (plan.reason ?? 'it cannot be decoded');
  }

  get state(): MediaStream['state'] {
    if (this.#failed) return 'failed';
    if (this.#wish !== 'run') return this.#wish;
    if (this.#active) return 'active';
    return this.#held && this.connected ? 'paused' : 'idle';
  }
  get terminals(): readonly T[] {
    return this.#terminals.map(({ terminal }) => terminal);
  }
  get meter(): LevelReading | undefined {
    return undefined;
  }
  get gainDb(): number {
    return this.#gainDb;
  }
  set gainDb(db: number) {
    if (!(db >= -100 && db <= 40)) throw new InvalidValueError(`gain ${db} dB is not from −100 to 40`);
    this.#gainDb = db;
    this.gain = amplitude(db);
  }
  get silenceThresholdDbfs(): number | undefined {
    return this.#threshold;
  }
  set silenceThresholdDbfs(dbfs: number | undefined) {
    if (dbfs !== undefined && !(dbfs >= -90 && dbfs <= 0)) {
      throw new InvalidValueError(`silence threshold ${dbfs} dBFS is not from −90 to 0`);
    }
    this.#threshold = dbfs;
    this.thresholdChanged(dbfs);
  }
  protected abstract thresholdChanged(dbfs: number | undefined): void;
  /** Whether media pass now. */
  protected get active(): boolean {
    return this.#active;
  }
  /** Whether there are terminals beside those attached here. */
  protected get otherTerminals(): boolean {
    return false;
  }
  get #hasTerminal(): boolean {
    return this.#terminals.length > 0 || this.otherTerminals;
  }
  /** Whether the session is joined and a terminal there, running or not. */
  protected get connected(): boolean {
    return this.#joined && this.#hasTerminal;
  }
  /** {@link otherTerminals} may have changed. */
  protected terminalsUpdated(): void {
    this.#update('localRequest');
  }

  attach(terminal: AudioSource | AudioSink): void {
    if (this.unsupportedReason !== undefined) {
      throw new InvalidTerminalError(`${this.name} takes no terminal: ${this.unsupportedReason}`);
    }
    if (!this.accepts(terminal)) {
      throw new InvalidTerminalError(
        `${terminal.name} is for ${terminal.direction}, and ${this.name} is for ${this.direction}`,
      );
    }
    if (this.#terminals.some((it) => it.terminal === terminal)) {
      throw new StateError(`${terminal.name} is attached to ${this.name} already`);
    }
    this.beforeAttach(terminal);
    const entry = { terminal, unsubscribe: (): void => {} };
    this.#terminals.push(entry);
    this.#failed = false;
    this.terminalsChanged();
    this.#update('localRequest');
    // last, since a failure that has already happened is told at once
    entry.unsubscribe = terminal.onFailure(({ message }) => this.#terminalFailed(terminal, message));
  }

  detach(terminal: AudioSource | AudioSink): void {
    const index = this.#terminals.findIndex((it) => it.terminal === terminal);
    if (index < 0) throw new InvalidTerminalError(`${terminal.name} is not attached to ${this.name}`);
    this.#terminals.splice(index, 1)[0]?.unsubscribe();
    this.terminalsChanged();
    this.#update('localRequest');
  }

  abstract switchTerminal(terminal: AudioSink, to: Substream | undefined, options?: AttachOptions): void;

  useFormat(_name: string): void {
    throw new InvalidStreamError(`${this.name} plays what comes: who sends chooses the format`);
  }

  start(): void {
    if (!this.#hasTerminal) {
      throw new NoTerminalError(`${this.name} has no terminal; attach one first`);
    }
    if (this.#wish === 'run' && !this.#failed) {
      throw new StateError(`${this.name} starts by itself; start is for after pause or stop`);
    }
    this.#wish = 'run';
    this.#failed = false;
    this.#update('localRequest');
  }
  pause(): void {
    this.#wish = 'paused';
    this.#update('localRequest');
  }
  stop(): void {
    this.#wish = 'stopped';
    this.#update('localRequest');
    this.flush();
  }

  /** Called by the session: joined or left, held or resumed. */
  setSession({ joined, held }: { joined: boolean; held: boolean }): void {
    this.#joined = joined;
    this.#held = held;
    this.#update(joined ? 'localRequest' : 'remoteRequest');
  }

  /** @throws {StateError} when there is no room for it */
  protected abstract beforeAttach(terminal: T): void;
  protected abstract accepts(terminal: AudioSource | AudioSink): terminal is T;
  protected abstract terminalsChanged(): void;
  /** {@link connected} may have changed. */
  protected abstract connectionChanged(): void;
  protected abstract activated(): void;
  protected abstract deactivated(): void;
  /** Forgets what is buffered. */
  protected abstract flush(): void;

  #terminalFailed(terminal: T, message: string): void {
    const index = this.#terminals.findIndex((it) => it.terminal === terminal);
    if (index >= 0) this.#terminals.splice(index, 1);
    this.terminalsChanged();
    this.emit({ type: 'terminalFailed', stream: this, terminal, message });
    if (this.#hasTerminal) return;
    this.#failed = true;
    this.#update('badDevice');
    this.emit({ type: 'streamFailed', stream: this, cause: 'badDevice' });
  }

  #update(cause: StreamCause): void {
    this.connectionChanged();
    const active = this.connected && this.#wish === 'run' && !this.#held && !this.#failed;
    if (active === this.#active) return;
    this.#active = active;
    if (active) this.activated();
    else this.deactivated();
    this.emit({ type: active ? 'streamActive' : 'streamInactive', stream: this, cause });
  }
}

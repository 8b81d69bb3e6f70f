import { InvalidValueError } from '../../src/errors.ts';
import type { Call } from '../call/index.ts';
import type { SoundControls } from '../strip/index.ts';
import type { MediaStream } from '../types/index.ts';
import type { DeskInput } from './desk-input.ts';
import type { Duckable } from './ducking.ts';

/** What a conference is at the desk. */
export type DeskPriority = 'normal' | 'paging' | 'emergency';

export interface DeskChannelOptions {
  /** Default: the title of the conference. */
  readonly name?: string;
  /** Default `normal`. `paging` ducks normal ones while somebody talks in it, `emergency` silences all others. */
  readonly priority?: DeskPriority;
  /** By how many dB it ducks, 0 to 60; default 20 for `paging`. */
  readonly ducksByDb?: number;
}

const RANK = { normal: 0, paging: 1, emergency: 2 } as const;
const DUCKS = { normal: 0, paging: 20, emergency: Number.POSITIVE_INFINITY } as const;

/** One conference at the desk. */
export class DeskChannel implements Duckable {
  readonly name: string;
  readonly call: Call;
  /** @internal */
  readonly input: DeskInput;
  #rank: DeskPriority;
  #ducksByDb: number;

  /** @throws {InvalidValueError} when `ducksByDb` is out of range */
  constructor(call: Call, name: string, input: DeskInput, options: DeskChannelOptions) {
    this.call = call;
    this.name = name;
    this.input = input;
    this.#rank = options.priority ?? 'normal';
    this.#ducksByDb = options.ducksByDb ?? DUCKS[this.#rank];
    if (options.ducksByDb !== undefined && !(options.ducksByDb >= 0 && options.ducksByDb <= 60)) {
      throw new InvalidValueError(`ducking by ${options.ducksByDb} dB is not from 0 to 60`);
    }
  }

  get importance(): DeskPriority {
    return this.#rank;
  }
  set importance(priority: DeskPriority) {
    this.#rank = priority;
    this.#ducksByDb = DUCKS[priority];
  }
  get priority(): number {
    return RANK[this.#rank];
  }
  get ducksByDb(): number {
    return this.#ducksByDb;
  }
  /** Gain, balance and tone of the conference at the desk. */
  get sound(): SoundControls {
    return this.input.fader;
  }
  get muted(): boolean {
    return !this.input.fader.open;
  }
  /** What is muted here does not duck others either. */
  set muted(muted: boolean) {
    this.input.fader.open = !muted;
  }
  /** Somebody else talks in it, while it is joined. */
  get talking(): boolean {
    return !this.muted && this.running && this.input.voice.talking;
  }
  /** Of its mix, before gain and ducking; −Infinity for silence. */
  get levelDbfs(): number {
    return this.input.levelDbfs;
  }
  /** By how many dB others make it softer, as it is aimed at; 0 for not at all, 60 for silence. */
  get duckedDb(): number {
    return Math.abs(this.input.duck.targetDb);
  }

  /** @internal Gives sound at the moment. */
  get running(): boolean {
    const { state } = this.call;
    return (state === 'connected' || state === 'hold') && !this.input.closed;
  }
  /** @internal */
  get capture(): MediaStream | undefined {
    return this.call.streams.find((it) => it.direction === 'capture' && it.unsupportedReason === undefined);
  }
  /** @internal */
  get render(): MediaStream | undefined {
    return this.call.streams.find((it) => it.direction === 'render' && it.unsupportedReason === undefined);
  }
}

import type { Ms } from '../../src/machine.ts';
import type { AudioFormat } from '../audio/index.ts';
import type { SoundControls } from '../strip/index.ts';
import type { LevelReading } from '../capture/index.ts';
import type { AudioSink, AudioSource } from '../terminal/index.ts';
import type { MediaType } from './common.ts';
import type { Participant } from './participant.ts';
import type { SubstreamQuality } from './quality.ts';

/** A payload format of a medium. */
export interface StreamFormat {
  /** `PCMU/8000`, `L16/48000/2` */
  readonly name: string;
  readonly payloadType: number;
  /** Whether it can be sent and heard here; comfort noise and keys go with the sound. */
  readonly usable: boolean;
  /** Why not. */
  readonly reason: string | undefined;
}

/**
 * One media type in one direction (STR rows). It starts by itself when the session is joined and a terminal attached;
 * `start` is only for after `pause` or `stop`.
 */
export interface MediaStream {
  readonly mediaType: MediaType;
  /** capture: from here to the group. render: from the group to here. */
  readonly direction: 'capture' | 'render';
  /** `audio out`, `audio in`; with a number when there are several. */
  readonly name: string;
  /** Place of the `m=` line, from 0. */
  readonly medium: number;
  /** Audio format of the stream itself, undefined when nothing can decode it. Terminals may have another. */
  readonly format: AudioFormat | undefined;
  /** Name of the payload format: sent (capture), or preferred (render). */
  readonly payloadFormat: string;
  /** What the description has, in its order of preference (QUA-05). */
  readonly formats: readonly StreamFormat[];
  /**
   * Sends another of the {@link formats} from now on, `PCMA` or `L16/48000/2`.
   *
   * @throws {InvalidValueError} when there is none with that name; `InvalidStreamError` on a stream that is heard, where the
   *   senders choose, and for a format with another clock rate, which one source must not have (RFC 7160 §3)
   */
  useFormat(name: string): void;
  /** Why no terminal can be attached; undefined when one can. */
  readonly unsupportedReason: string | undefined;
  /** `idle`: waiting for the join or a terminal. */
  readonly state: 'idle' | 'active' | 'paused' | 'stopped' | 'failed';
  readonly terminals: readonly (AudioSource | AudioSink)[];
  /** Level of what passes now, before {@link gainDb}. */
  readonly levelDbfs: number;
  /** Peak, power and overs of what a capture stream takes in, muted or not; undefined for render streams. */
  readonly meter: LevelReading | undefined;
  /** Made louder or softer by this, −100 to 40 dB; default 0 (TRM-03). */
  gainDb: number;
  /** The mix's gain (the same as {@link gainDb}), balance and tone; undefined for capture streams (QUA-03). */
  readonly sound: SoundControls | undefined;
  /**
   * Level above which somebody talks, −90 to 0 dBFS; undefined (the default) to follow the background noise, 10 dB above it
   * (QUA-03). Of what we send, or of everybody heard.
   */
  silenceThresholdDbfs: number | undefined;
  /**
   * Time that has been handed to sinks so far, silence included, in milliseconds; 0 for capture streams. A sink that is
   * attached now begins here, on the stream as on a substream: this is how tracks are laid beside each other.
   */
  readonly playedMs: Ms;
  /**
   * A capture stream takes one source, a render stream any number of sinks.
   *
   * @throws {StateError} when it is in use already; `InvalidTerminalError` for the wrong direction or media type
   */
  attach(terminal: AudioSource | AudioSink): void;
  /** The last one detached stops the stream. The terminal is not closed. */
  detach(terminal: AudioSource | AudioSink): void;
  /** @throws {StateError} without a terminal, or when it is not paused or stopped */
  start(): void;
  /** A capture stream sends nothing, a render stream hands on silence; time goes on. */
  pause(): void;
  /** As pause, and forgets what is buffered. */
  stop(): void;
  /** Render streams: one per source heard. Empty for capture streams. */
  readonly substreams: readonly Substream[];
  /**
   * Puts a terminal on a participant, taking it from wherever it was on this stream (PAR-09).
   *
   * @param to undefined for the mix
   * @throws {StateError} when the participant sends nothing any more; `InvalidStreamError` when it is on another stream
   */
  switchTerminal(terminal: AudioSink, to: Substream | undefined, options?: AttachOptions): void;
}

/** How a sink hears one participant. */
export interface AttachOptions {
  /** The participant is heard here instead of in the mix. */
  readonly exclusive?: boolean;
  /** As it comes, before gain, balance, tone and mute: for recordings. */
  readonly preFader?: boolean;
}

/** What one participant sends on one medium: an SSRC (SUB rows). */
export interface Substream {
  readonly ssrc: number;
  readonly mediaType: MediaType;
  readonly medium: number;
  readonly participant: Participant;
  readonly stats: SubstreamStats;
  /** Everything that is measured of it; computed at each call, so do not ask for each packet. */
  readonly quality: SubstreamQuality;
  /** The stream whose mix it is in; undefined where nothing is received. */
  readonly stream: MediaStream | undefined;
  /** `idle`: the stream does not run, or the participant sends nothing any more. */
  readonly state: 'idle' | 'active' | 'paused' | 'stopped';
  /** Sinks for this one alone. */
  readonly terminals: readonly AudioSink[];
  /** A terminal hears this instead of the mix. */
  readonly exclusive: boolean;
  /** Gain, balance and tone in the mix, and in terminals that are not `preFader`. */
  readonly sound: SoundControls;
  /** Of this one alone; {@link Participant.muted} is for everything of a participant. */
  muted: boolean;
  /**
   * Gives what this one sends to a sink, beside the mix or instead of it. The sink stays in step with the mix: it is
   * given silence when nothing comes. When the participant has gone and been played to its end, the sink is detached
   * (`participantUnmapped`); it is not closed before the session is left.
   *
   * @throws {StateError} when it is attached already, or the participant has gone; `InvalidTerminalError` when nothing
   *   can be heard of it
   */
  attach(sink: AudioSink, options?: AttachOptions): void;
  /** The sink is not closed. @throws `InvalidTerminalError` when it is not attached */
  detach(sink: AudioSink): void;
  /** @throws {StateError} when it is not paused or stopped, or without a terminal */
  start(): void;
  /** Silence in the mix and in its own sinks; time goes on. */
  pause(): void;
  /** As pause, and forgets what is buffered. */
  stop(): void;
}

export interface SubstreamStats {
  readonly packetsReceived: number;
  readonly octetsReceived: number;
  /** Below zero when duplicates outnumber losses (RFC 3550 §A.3). */
  readonly packetsLost: number;
  /** Share lost in the last report interval, 0 to 1. */
  readonly fractionLost: number;
  readonly jitterMs: number;
  readonly duplicates: number;
  readonly reordered: number;
  /** Came after the moment they should have been played. */
  readonly late: number;
  readonly decoded: number;
  /** Of a format that nothing here decodes. */
  readonly undecodable: number;
  /** Times the playout was moved because delays or the sender's clock changed. */
  readonly playoutAdjustments: number;
  /** How long the fastest packets wait now before they are played. */
  readonly playoutDelayMs: number;
  /** How long they should, as the network is. */
  readonly playoutTargetMs: number;
  /** Audio that was made up for packets that were lost or late, in all. */
  readonly concealedMs: number;
  /** How much faster the sender's clock is than ours, in millionths; undefined until measured (half a minute). */
  readonly clockDriftPpm: number | undefined;
  readonly payloadType: number | undefined;
  /** `PCMU/8000`, undefined while nothing was received. */
  readonly payloadFormat: string | undefined;
  /** −Infinity for silence. */
  readonly levelDbfs: number;
  readonly talking: boolean;
  readonly roundTripMs: number | undefined;
  /** How this participant receives us, by its last report: share lost, 0 to 1. Undefined without one. */
  readonly ourLossThere: number | undefined;
  readonly ourJitterMsThere: number | undefined;
}

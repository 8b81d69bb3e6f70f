import { join } from 'node:path';
import type { Ms } from '../../src/machine.ts';
import { createDepacketizer, VIDEO_ENCODINGS } from '../../src/video/index.ts';
import { isUsable, type MediumPlan } from '../rtp/index.ts';
import { type SampleFormat, WavSink } from '../terminal/index.ts';
import type { Participant } from '../types/index.ts';
import { AppendFile } from './append-file.ts';
import { AudioTrack } from './audio-track.ts';
import type { FileNames } from './file-names.ts';
import { newTrack, type RecordedTrack, type RecordingManifest } from './manifest.ts';
import { MIX_BLOCK_MS, MixTrack } from './mix-track.ts';
import { OpusTrack } from './opus-track.ts';
import type { RecorderOptions } from './recorder.ts';
import type { RecordedSourceOrder } from './source.ts';
import type { TrackWriter } from './track-writer.ts';
import { VideoTrack } from './video-track.ts';

/** One file of one participant. */
export interface Track {
  readonly writer: TrackWriter;
  readonly told: RecordedTrack;
  readonly extension: string;
  readonly kind: 'wav' | 'opus' | 'video';
  readonly medium: number;
  participant: Participant | undefined;
  /** How much the file's name says: its SSRC, its CNAME, its name. */
  named: 0 | 1 | 2;
  /** The source that writes to it now. */
  source: RecordedSourceOrder | undefined;
}

export interface TrackSetOptions {
  readonly directory: string;
  readonly names: FileNames;
  readonly manifest: RecordingManifest;
  readonly startWall: number;
  readonly start: Ms;
  readonly plans: readonly MediumPlan[];
  readonly options: RecorderOptions;
  readonly onProblem: (message: string) => void;
}

/** Files of participants that are open at once. Beyond that, those of participants who have left end. */
const MAX_OPEN = 250;
/** Files of participants in one recording. */
const MAX_TRACKS = 2000;
/** The mix follows the tracks at this distance, so that what comes late is in it. */
const MIX_BEHIND_MS: Ms = 1500;
const SAMPLES: Readonly<Record<16 | 24 | 32, SampleFormat>> = { 16: 's16le', 24: 's24le', 32: 'f32le' };

/** The files of all participants, and the mix. */
export class TrackSet {
  readonly #options: TrackSetOptions;
  /** Those that are open. */
  readonly #tracks: Track[] = [];
  #opened = 0;
  readonly #ending = new Set<Promise<void>>();
  #mix: MixTrack | undefined;
  #mixTold: RecordedTrack | undefined;
  #mixSink: WavSink | undefined;

  constructor(options: TrackSetOptions) {
    this.#options = options;
    if (options.options.formats.includes('wav')) this.#openMix();
  }

  /** The files that a source is written to: those of its participant, or new ones. */
  of(source: RecordedSourceOrder, participant: Participant | undefined): readonly Track[] {
    const { formats } = this.#options.options;
    const { plan } = source;
    const tracks: Track[] = [];
    if (plan.mediaType === 'audio' && plan.formats.some(isUsable)) {
      if (formats.includes('wav')) this.#add(tracks, 'wav', source, participant);
      if (formats.includes('opus') && plan.formats.some(isOpus))
        this.#add(tracks, 'opus', source, participant);
    }
    const carried = formats.includes('wav') || formats.includes('opus');
    if (carried && !plan.formats.some(isUsable)) this.#add(tracks, 'video', source, participant);
    return tracks;
  }

  #add(
    to: Track[],
    kind: Track['kind'],
    source: RecordedSourceOrder,
    participant: Participant | undefined,
  ): void {
    const track = this.#find(kind, source, participant) ?? this.#open(kind, source, participant);
    if (track === undefined) return;
    track.source = source;
    to.push(track);
  }

  /** Who comes back goes on in his file. */
  #find(
    kind: Track['kind'],
    { plan }: RecordedSourceOrder,
    participant: Participant | undefined,
  ): Track | undefined {
    return this.#tracks.find(
      (it) =>
        it.kind === kind &&
        it.medium === plan.index &&
        it.source === undefined &&
        participant !== undefined &&
        (it.participant === participant ||
          (participant.cname !== undefined && it.told.participant.cname === participant.cname)),
    );
  }

  #open(
    kind: Track['kind'],
    source: RecordedSourceOrder,
    participant: Participant | undefined,
  ): Track | undefined {
    const { manifest } = this.#options;
    if (!this.#hasRoom()) return undefined;
    const { plan, own, ssrc } = source;
    const told = newTrack(plan.mediaType === 'audio' ? 'audio' : 'video', plan.index, own);
    const named = knownName(participant);
    const name = named.name ?? `ssrc-${ssrc.toString(16).padStart(8, '0')}`;
    const opened =
      kind === 'opus'
        ? this.#openOpus(told, name, ssrc)
        : kind === 'video'
          ? this.#openVideo(told, name, plan)
          : this.#openWav(told, name, plan);
    if (opened === undefined) return undefined;
    const track: Track = {
      ...opened,
      told,
      kind,
      medium: plan.index,
      participant,
      named: named.level,
      source,
    };
    if (participant !== undefined) told.participant = participant.info;
    this.#tracks.push(track);
    this.#opened++;
    manifest.tracks.push(told);
    return track;
  }

  /** Whether another file may be opened, after one of somebody who has left is closed for it if need be. */
  #hasRoom(): boolean {
    const { onProblem } = this.#options;
    if (this.#opened >= MAX_TRACKS) {
      onProblem(`more than ${MAX_TRACKS} files: not all participants are recorded`);
      return false;
    }
    if (this.#tracks.length < MAX_OPEN) return true;
    const left = this.#tracks.findIndex(({ source }) => source === undefined);
    const [track] = left < 0 ? [] : this.#tracks.splice(left, 1);
    if (track === undefined) {
      onProblem(`more than ${MAX_OPEN} participants at once: not all are recorded`);
      return false;
    }
    const { writer, told } = track;
    told.seconds = Math.round(writer.seconds * 1000) / 1000;
    const ended = writer.finish(writer.seconds).finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
    return true;
  }

  #openWav(
    told: RecordedTrack,
    name: string,
    plan: MediumPlan,
  ): Pick<Track, 'writer' | 'extension'> | undefined {
    const format = plan.preferred?.codec.format;
    if (format === undefined) return undefined;
    const sink = this.#sink(told, name, format, plan.formats.some(is24) ? 24 : 16);
    const { start } = this.#options;
    const writer = new AudioTrack({
      number: this.#opened + 1,
      start,
      track: told,
      sink,
      mix: this.#mix,
    });
    return { writer, extension: '.wav' };
  }

  #openVideo(
    told: RecordedTrack,
    name: string,
    plan: MediumPlan,
  ): Pick<Track, 'writer' | 'extension'> | undefined {
    const { names, options, start, onProblem } = this.#options;
    const medium = [...options.session.description.media][plan.index];
    for (const { payloadType, encoding } of plan.formats) {
      const parameters = medium?.fmtp(payloadType)?.parameters ?? new Map<string, string>();
      const depacketizer = createDepacketizer(encoding, parameters);
      if (depacketizer === undefined) continue;
      const { extension } = depacketizer;
      told.file = names.take(name, extension);
      told.encoding = depacketizer.encoding;
      const file = this.#append(told);
      return { writer: new VideoTrack({ start, track: told, file, payloadType, depacketizer }), extension };
    }
    const formats = plan.formats.map(({ label }) => label).join(', ');
    onProblem(
      `${plan.mediaType}: ${formats} is not put together to a file here (${VIDEO_ENCODINGS.join(', ')} are): --record-format pcapng keeps its packets`,
    );
    return undefined;
  }

  #append(told: RecordedTrack): AppendFile {
    const { directory, onProblem } = this.#options;
    return new AppendFile(join(directory, told.file), (message) => {
      told.failed = message;
      onProblem(message);
    });
  }

  #openOpus(told: RecordedTrack, name: string, ssrc: number): Pick<Track, 'writer' | 'extension'> {
    const { names, options, start } = this.#options;
    told.file = names.take(name, '.opus');
    told.encoding = 'opus';
    const file = this.#append(told);
    const { program, name: conference } = options;
    const title = `${conference}: ${name}`;
    return {
      writer: new OpusTrack({ start, track: told, file, serial: ssrc, program, title }),
      extension: '.opus',
    };
  }

  #sink(told: RecordedTrack, name: string, format: WavSink['format'], bits: 16 | 24): WavSink {
    const { directory, names, options, startWall, onProblem } = this.#options;
    const samples = SAMPLES[options.bits ?? bits];
    told.file = names.take(name, '.wav');
    told.encoding = samples;
    told.sampleRate = format.sampleRate;
    told.channels = format.channels;
    const bext = {
      description: `${options.name}: ${name}`,
      originator: options.program,
      reference: '',
      date: new Date(startWall),
    };
    const sink = new WavSink(join(directory, told.file), format, { samples, bext });
    sink.onFailure(({ message }) => {
      told.failed = message;
      onProblem(message);
    });
    return sink;
  }

  #openMix(): void {
    const { plans, manifest } = this.#options;
    const formats = plans.flatMap(({ mixFormat }) => mixFormat ?? []);
    if (formats.length === 0) return;
    const format = {
      sampleRate: Math.max(...formats.map((it) => it.sampleRate)),
      channels: Math.max(...formats.map((it) => it.channels)),
    };
    const told = newTrack('mix', null, false);
    const bits = plans.some((it) => it.formats.some(is24)) ? 24 : 16;
    const sink = this.#sink(told, 'mix', format, bits);
    manifest.tracks.push(told);
    this.#mixSink = sink;
    this.#mixTold = told;
    this.#mix = new MixTrack(sink);
  }

  /** Two were one and the same. */
  merge(merged: Participant, into: Participant): void {
    for (const track of this.#tracks) if (track.participant === merged) track.participant = into;
  }

  release(source: RecordedSourceOrder): void {
    for (const track of source.tracks) if (track.source === source) track.source = undefined;
  }

  /** A name that says more than the one that the file has, when it is known by now. */
  betterName(track: Track): string | undefined {
    const { level, name } = knownName(track.participant);
    if (name === undefined || level <= track.named) return undefined;
    track.named = level;
    return this.#options.names.take(name, track.extension);
  }

  advance(elapsed: Ms): void {
    this.#mix?.advance(elapsed - MIX_BEHIND_MS);
  }

  flush(rename: (track: Track) => void): void {
    for (const track of this.#tracks) {
      const { told, participant, writer } = track;
      writer.flush();
      told.seconds = Math.round(writer.seconds * 1000) / 1000;
      if (participant !== undefined && Object.keys(participant.info).length > 0)
        told.participant = participant.info;
      rename(track);
    }
    if (this.#mixTold !== undefined && this.#mixSink !== undefined)
      this.#mixTold.seconds = this.#mixSink.frames / this.#mixSink.format.sampleRate;
  }

  /**
   * Ends all files at the same moment: not before the last of what came, which may lie ahead of its time by a packet or a
   * burst of them, and with a whole block of the mix.
   *
   * @returns seconds from the start
   */
  async finish(elapsed: Ms): Promise<number> {
    const ends = this.#tracks.map(({ kind, writer }) => (kind === 'video' ? 0 : writer.seconds * 1000));
    const blocks = Math.ceil(Math.max(elapsed, ...ends) / MIX_BLOCK_MS - 1e-6);
    const seconds = (blocks * MIX_BLOCK_MS) / 1000;
    this.#mix?.advance(blocks * MIX_BLOCK_MS);
    const sink = this.#mixSink;
    if (sink !== undefined) sink.skip(Math.round(seconds * sink.format.sampleRate) - sink.frames);
    const files = this.#tracks.map(({ writer }) => writer.finish(seconds));
    await Promise.all([...files, ...this.#ending, sink?.close()]);
    for (const { told, writer } of this.#tracks) told.seconds = Math.round(writer.seconds * 1000) / 1000;
    if (this.#mixTold !== undefined) this.#mixTold.seconds = seconds;
    return seconds;
  }
}

export function isOpus({ encoding }: { readonly encoding: string }): boolean {
  return encoding.toLowerCase() === 'opus';
}

function is24({ encoding }: { readonly encoding: string }): boolean {
  return /^(L20|L24|opus)$/i.test(encoding);
}

function knownName(participant: Participant | undefined): { level: 0 | 1 | 2; name: string | undefined } {
  const { name, cname } = participant?.info ?? {};
  if (name !== undefined && name !== '') return { level: 2, name };
  return cname === undefined ? { level: 0, name: undefined } : { level: 1, name: cname };
}

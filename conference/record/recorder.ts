import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidValueError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import type { Clock, Timer } from '../../src/net/index.ts';
import { parseRtpPacket, type ReceivedRtp } from '../../src/rtp/index.ts';
import type { MediumPlan } from '../rtp/index.ts';
import { planMedia } from '../rtp/index.ts';
import type { ConferenceEvent, MediaSession, TappedDatagram } from '../types/index.ts';
import { CaptureSet } from './capture-set.ts';
import { FileNames } from './file-names.ts';
import type { RecordingManifest } from './manifest.ts';
import { RecordedSourceOrder, type SourceKey, sourceKey } from './source.ts';
import { isOpus, type Track, TrackSet } from './track-set.ts';

/** What files are made: sound and pictures, Opus and pictures as they were sent, or the packets. */
export type RecordFormat = 'wav' | 'opus' | 'pcapng' | 'rtpdump';
export const RECORD_FORMATS = ['wav', 'opus', 'pcapng', 'rtpdump'] as const;

export interface RecorderOptions {
  readonly session: MediaSession;
  /** Made when it does not exist; a recording in it already is left alone, and a folder made for the new one. */
  readonly directory: string;
  /** Name of the conference, and of the program with its version: for those who find the files. */
  readonly name: string;
  readonly program: string;
  readonly formats: readonly RecordFormat[];
  readonly clock: Clock;
  /** Of WAV files; default by the format of the stream. 32 is floating point. */
  readonly bits?: 16 | 24 | 32;
  /** A file could not be written further; the rest goes on. */
  readonly onProblem: (message: string) => void;
}

const TICK_MS: Ms = 100;
const FLUSH_TICKS = 5;
/** `recording.json` is written so often, and more seldom when there are very many gaps in it. */
const MANIFEST_TICKS = 50;
const MANIFEST_CHARACTERS_PER_TICK = 20_000;
const MANIFEST = 'recording.json';
/** Sources at once: beyond that new ones are not recorded. */
const MAX_SOURCES = 1000;

/**
 * Begins a recording of a session, joined or about to be: a file for each participant, the mix of all, and
 * `recording.json`, which says what is in them. All files begin at the same moment. What was recorded can be played at any
 * time, also when the process is killed.
 *
 * @throws {InvalidValueError} when the directory cannot be written, or there is no Opus to record
 */
export async function startRecording(options: RecorderOptions): Promise<Recorder> {
  const plans = planMedia(options.session.description);
  if (options.formats.includes('opus') && !plans.some(({ formats }) => formats.some(isOpus))) {
    throw new InvalidValueError(
      'Nothing in this conference is Opus, and nothing is coded anew: record as wav',
    );
  }
  const directory = await makeDirectory(options.directory, options.clock.wall());
  const recorder = new Recorder(options, directory);
  await recorder.begin();
  return recorder;
}

async function makeDirectory(path: string, wall: number): Promise<string> {
  try {
    await mkdir(path, { recursive: true });
    if ((await readdir(path)).length === 0) return path;
    const time = new Date(wall).toISOString().slice(0, 19).replaceAll(':', '-');
    for (let number = 1; ; number++) {
      const folder = join(path, number === 1 ? `${time}Z` : `${time}Z-${number}`);
      if ((await mkdir(folder, { recursive: true })) !== undefined) return folder;
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidValueError(`Cannot record in ${path}: ${why}`, { cause: error });
  }
}

/** A recording that goes on; {@link startRecording} makes one. */
export class Recorder implements AsyncDisposable {
  /** Where the files are. */
  readonly directory: string;
  readonly manifest: RecordingManifest;
  readonly #options: RecorderOptions;
  readonly #plans: readonly MediumPlan[];
  readonly #start: Ms;
  readonly #timer: Timer;
  readonly #sources = new Map<SourceKey, RecordedSourceOrder>();
  readonly #tracks: TrackSet;
  readonly #captures: CaptureSet | undefined;
  readonly #problems = new Set<string>();
  #ends: readonly (() => void)[] = [];
  #ticks = 0;
  #nextSave = MANIFEST_TICKS;
  #writing: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #ended: number | undefined;

  constructor(options: RecorderOptions, directory: string) {
    const { session, clock, formats, name, program } = options;
    this.#options = options;
    this.directory = directory;
    this.#plans = planMedia(session.description);
    this.#start = clock.now();
    const wall = clock.wall();
    this.manifest = {
      version: 1,
      program,
      conference: name,
      start: new Date(wall).toISOString(),
      end: null,
      seconds: 0,
      cname: session.local.cname ?? null,
      sdp: session.description.toString(),
      tracks: [],
      captures: [],
    };
    const names = new FileNames();
    names.take('recording', '.json');
    const onProblem = (message: string): void => this.#problem(message);
    const common = { directory, names, manifest: this.manifest, startWall: wall, onProblem };
    this.#tracks = new TrackSet({ ...common, options, plans: this.#plans, start: this.#start });
    const raw = formats.filter((it) => it === 'pcapng' || it === 'rtpdump');
    this.#captures = raw.length === 0 ? undefined : new CaptureSet({ ...common, formats: raw, session });
    this.#timer = clock.timer(() => this.#onTick());
  }

  /** @throws {InvalidValueError} when the directory cannot be written */
  async begin(): Promise<void> {
    const { session, clock, formats } = this.#options;
    try {
      await this.#save();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new InvalidValueError(`Cannot record in ${this.directory}: ${why}`, { cause: error });
    }
    const captures = this.#captures;
    this.#ends = [
      ...(captures === undefined ? [] : [session.tapDatagrams((it) => captures.take(it))]),
      ...(formats.includes('wav') || formats.includes('opus')
        ? [
            session.tapMedia(this.#onMedia),
            session.tapDatagrams(this.#onOwn),
            session.onAny((event) => this.#onEvent(event)),
          ]
        : []),
    ];
    this.#timer.set(clock.now() + TICK_MS);
  }

  readonly #onMedia = (packet: ReceivedRtp, medium: number): void => {
    const { source } = packet;
    const order = this.#source(sourceKey(medium, source.ssrc, false), medium, source.ssrc, false);
    order?.add(packet, source.rtpAddress?.address);
  };

  readonly #onOwn = ({ own, kind, bytes, medium, at, from }: TappedDatagram): void => {
    if (!own || kind !== 'rtp') return;
    const packet = parseRtpPacket(bytes);
    const order = this.#source(sourceKey(medium, packet.ssrc, true), medium, packet.ssrc, true);
    order?.addOwn(packet, at, from.address);
  };

  #source(key: SourceKey, medium: number, ssrc: number, own: boolean): RecordedSourceOrder | undefined {
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    if (this.#sources.size >= MAX_SOURCES) {
      this.#problem(`more than ${MAX_SOURCES} senders at once: not all are recorded`);
      return undefined;
    }
    const plan = this.#plans[medium];
    if (plan === undefined) return undefined;
    const source = new RecordedSourceOrder(plan, ssrc, own);
    this.#sources.set(key, source);
    return source;
  }

  #onEvent(event: ConferenceEvent): void {
    if (event.type === 'substreamRemoved') {
      const { substream } = event;
      this.#end(sourceKey(substream.medium, substream.ssrc, false));
    } else if (event.type === 'participantMerged') this.#tracks.merge(event.merged, event.participant);
  }

  #end(key: SourceKey): void {
    const source = this.#sources.get(key);
    if (source === undefined) return;
    if (!source.attached) this.#attach(source);
    source.flush();
    this.#sources.delete(key);
    this.#tracks.release(source);
  }

  #attach(source: RecordedSourceOrder): void {
    const { session } = this.#options;
    const participant = source.own
      ? session.local
      : session.participants.find((it) =>
          it.substreams.some(({ ssrc, medium }) => ssrc === source.ssrc && medium === source.plan.index),
        );
    const tracks = this.#tracks.of(source, participant);
    source.attach(tracks);
    const substream = participant?.substreams.find(
      ({ ssrc, medium }) => ssrc === source.ssrc && medium === source.plan.index,
    );
    // Until a key picture comes there is nothing in the file that can be shown.
    if (!source.own && substream !== undefined && tracks.some(({ kind }) => kind === 'video'))
      session.requestKeyPicture(substream);
  }

  #onTick(): void {
    const { clock } = this.#options;
    const now = clock.now();
    this.#timer.set(now + TICK_MS);
    for (const source of this.#sources.values()) {
      if (!source.attached && source.isSettled(now)) this.#attach(source);
      source.tick(now);
    }
    this.#tracks.advance(now - this.#start);
    this.#ticks++;
    if (this.#ticks % FLUSH_TICKS === 0) {
      this.#captures?.flush();
      this.#tracks.flush((track) => this.#rename(track));
    }
    if (this.#ticks >= this.#nextSave) this.#saveSoon();
  }

  /** A file is named after its participant as soon as it is known who that is. */
  #rename(track: Track): void {
    const { told } = track;
    const before = told.file;
    const after = this.#tracks.betterName(track);
    if (after === undefined) return;
    told.file = after;
    this.#writing = this.#writing
      .then(() => rename(join(this.directory, before), join(this.directory, after)))
      .catch(() => {
        told.file = before; // some systems rename no file that is open
      });
  }

  #saveSoon(seconds = this.seconds): void {
    this.manifest.seconds = seconds;
    this.#writing = this.#writing
      .then(() => this.#save())
      .catch((error: unknown) => this.#problem(error instanceof Error ? error.message : String(error)));
  }

  /** Replaced in one step: it is always whole. */
  async #save(): Promise<void> {
    const path = join(this.directory, MANIFEST);
    const text = `${JSON.stringify(this.manifest, undefined, 2)}\n`;
    this.#nextSave = this.#ticks + Math.max(MANIFEST_TICKS, text.length / MANIFEST_CHARACTERS_PER_TICK);
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }

  /** Length so far, and at last that of the files. */
  get seconds(): number {
    return this.#ended ?? Math.round(this.#options.clock.now() - this.#start) / 1000;
  }
  /** Files written, without `recording.json`. */
  get files(): number {
    return this.manifest.tracks.length + this.manifest.captures.length;
  }

  /** The same trouble of many files is told once. */
  #problem(message: string): void {
    const kind = message.slice(message.lastIndexOf(': ') + 1);
    if (this.#problems.has(kind)) return;
    this.#problems.add(kind);
    this.#options.onProblem(message);
  }

  /** Ends all files at the same moment. May be called again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#timer.set(undefined);
    for (const end of this.#ends) end();
    const elapsed = this.#options.clock.now() - this.#start;
    for (const key of this.#sources.keys()) this.#end(key);
    this.#tracks.flush((track) => this.#rename(track));
    const [seconds] = await Promise.all([this.#tracks.finish(elapsed), this.#captures?.close()]);
    this.#ended = seconds;
    this.manifest.end = new Date(this.#options.clock.wall()).toISOString();
    this.#saveSoon(seconds);
    await this.#writing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

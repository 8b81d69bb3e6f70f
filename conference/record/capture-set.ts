import { join } from 'node:path';
import type { MediaSession, TappedDatagram } from '../types/index.ts';
import { AppendFile } from './append-file.ts';
import { type CaptureFile, PcapngCapture, RtpDumpCapture } from './capture-file.ts';
import type { FileNames } from './file-names.ts';
import type { RecordedCapture, RecordingManifest } from './manifest.ts';

export interface CaptureSetOptions {
  readonly directory: string;
  readonly names: FileNames;
  readonly manifest: RecordingManifest;
  readonly startWall: number;
  readonly formats: readonly ('pcapng' | 'rtpdump')[];
  readonly session: MediaSession;
  readonly onProblem: (message: string) => void;
}

/** The raw packets of a session: all media in one pcapng file, each medium in an rtpdump file. */
export class CaptureSet {
  readonly #options: CaptureSetOptions;
  readonly #pcapng: CaptureFile | undefined;
  readonly #dumps = new Map<number, CaptureFile>();

  constructor(options: CaptureSetOptions) {
    this.#options = options;
    if (options.formats.includes('pcapng'))
      this.#pcapng = this.#open('packets', 'pcapng', (file, told) => new PcapngCapture(file, told));
  }

  take(datagram: TappedDatagram): void {
    const { session, formats } = this.#options;
    // Our own packets that come back were taken when they went.
    if (!datagram.own && comesBack(datagram, session)) return;
    this.#pcapng?.take(datagram);
    if (formats.includes('rtpdump')) this.#dump(datagram).take(datagram);
  }

  #dump({ medium, to, kind }: TappedDatagram): CaptureFile {
    const known = this.#dumps.get(medium);
    if (known !== undefined) return known;
    const { startWall, session } = this.#options;
    const { mediaType = 'media' } = session.media[medium] ?? {};
    const destination = {
      address: to.address.split('%')[0] ?? to.address,
      port: kind === 'rtp' ? to.port : to.port - 1,
    };
    const made = this.#open(
      `packets-${mediaType}`,
      'rtpdump',
      (file, told) => new RtpDumpCapture(file, told, destination, startWall),
    );
    this.#dumps.set(medium, made);
    return made;
  }

  #open(
    name: string,
    encoding: RecordedCapture['encoding'],
    make: (file: AppendFile, told: RecordedCapture) => CaptureFile,
  ): CaptureFile {
    const { directory, names, manifest, onProblem } = this.#options;
    const told: RecordedCapture = {
      file: names.take(name, `.${encoding}`),
      encoding,
      packets: 0,
      failed: null,
    };
    manifest.captures.push(told);
    const file = new AppendFile(join(directory, told.file), (message) => {
      told.failed = message;
      onProblem(message);
    });
    return make(file, told);
  }

  get #files(): CaptureFile[] {
    return [...(this.#pcapng === undefined ? [] : [this.#pcapng]), ...this.#dumps.values()];
  }
  flush(): void {
    for (const file of this.#files) file.flush();
  }
  async close(): Promise<void> {
    await Promise.all(this.#files.map((it) => it.close()));
  }
}

function comesBack({ medium, from, bytes }: TappedDatagram, session: MediaSession): boolean {
  const own = session.transports.find((it) => it.medium === medium);
  if (own === undefined || from.address !== own.localAddress || bytes.length < 12) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packetType = view.getUint8(1);
  const isRtcp = packetType >= 192 && packetType <= 223;
  return view.getUint32(isRtcp ? 4 : 8) === own.ssrc;
}

import {
  formatPcapngDatagram,
  formatPcapngHeader,
  formatRtpDumpHeader,
  formatRtpDumpPacket,
} from '../../src/capture/index.ts';
import { EncodeError } from '../../src/errors.ts';
import type { TransportAddress } from '../../src/machine.ts';
import type { TappedDatagram } from '../types/index.ts';
import type { AppendFile } from './append-file.ts';
import type { RecordedCapture } from './manifest.ts';

/** Raw packets in a file: all media in pcapng, one medium in rtpdump. */
export interface CaptureFile {
  take(datagram: TappedDatagram): void;
  flush(): void;
  close(): Promise<void>;
}

abstract class BaseCapture implements CaptureFile {
  protected readonly file: AppendFile;
  readonly #told: RecordedCapture;

  constructor(file: AppendFile, told: RecordedCapture) {
    this.file = file;
    this.#told = told;
  }

  take(datagram: TappedDatagram): void {
    if (this.file.failed) return;
    try {
      if (this.file.append(this.format(datagram))) this.#told.packets++;
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error; // what no file can hold, such as an address without its family
    }
  }
  protected abstract format(datagram: TappedDatagram): Uint8Array;

  flush(): void {
    this.file.flush();
  }
  close(): Promise<void> {
    return this.file.close();
  }
}

/** Datagrams with IP and UDP headers made of what is known of them. */
export class PcapngCapture extends BaseCapture {
  constructor(file: AppendFile, told: RecordedCapture) {
    super(file, told);
    file.append(formatPcapngHeader());
  }

  protected format({ wall, from, to, bytes, dscp, ttl }: TappedDatagram): Uint8Array {
    return formatPcapngDatagram({
      timeNs: nanoseconds(wall),
      source: withoutZone(from),
      destination: withoutZone(to),
      payload: bytes,
      ...(dscp === undefined ? {} : { dscp }),
      ...(ttl === undefined ? {} : { ttl }),
    });
  }
}

export class RtpDumpCapture extends BaseCapture {
  readonly #start: number;

  constructor(file: AppendFile, told: RecordedCapture, destination: TransportAddress, startWall: number) {
    super(file, told);
    this.#start = startWall;
    file.append(formatRtpDumpHeader({ destination, startNs: nanoseconds(startWall) }));
  }

  protected format({ wall, kind, bytes }: TappedDatagram): Uint8Array {
    const offsetMs = Math.max(0, Math.round(wall - this.#start));
    return formatRtpDumpPacket({ kind, offsetMs, data: bytes, originalLength: bytes.length });
  }
}

function nanoseconds(wall: number): bigint {
  return BigInt(Math.round(wall * 1000)) * 1000n;
}

/** `fe80::1%eth0` is no address in a packet. */
function withoutZone({ address, port }: TransportAddress): TransportAddress {
  const zone = address.indexOf('%');
  return { address: zone < 0 ? address : address.slice(0, zone), port };
}

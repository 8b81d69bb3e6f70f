import { EncodeError } from '../errors.ts';
import { words } from './lines.ts';

/** The value of an `m=` line (RFC 8866 §5.14). */
export interface MediaLine {
  /** audio, video, text, application, message, image; data, control and whiteboard in old descriptions. */
  readonly kind: string;
  /** 0..65535. */
  readonly port: number;
  /** Ports (for RTP: port pairs) from `port` on; 1 unless written `port/count`. */
  readonly portCount: number;
  /** `RTP/AVP`, `RTP/SAVP`, `udp`, … */
  readonly proto: string;
  /** For RTP payload types; the first is the default. */
  readonly formats: readonly string[];
}

/** Reads the value of an `m=` line; undefined when it is not kind, port, protocol and formats. */
export function parseMediaLine(value: string): MediaLine | undefined {
  const [kind, ports, proto, ...formats] = words(value);
  if (kind === undefined || ports === undefined || proto === undefined) return undefined;
  const match = /^(\d{1,5})(?:\/(\d{1,5}))?$/.exec(ports);
  if (match === null) return undefined;
  const [port, portCount] = [Number(match[1]), Number(match[2] ?? 1)];
  if (port > 65_535 || portCount < 1 || portCount > 65_535) return undefined;
  return { kind, port, portCount, proto, formats };
}

/** @throws {EncodeError} for a number out of range or a part that is not one word */
export function formatMediaLine({ kind, port, portCount, proto, formats }: MediaLine): string {
  for (const word of [kind, proto, ...formats]) checkWord('media', word);
  if (formats.length === 0) throw new EncodeError('SDP', 'formats', 'are none; give at least one');
  return [kind, formatPorts(port, portCount), proto, ...formats].join(' ');
}

/** `port` or `port/count`. @throws {EncodeError} out of range (0..65535, count 0 counts as 1) */
export function formatPorts(port: number, portCount: number): string {
  for (const n of [port, portCount]) {
    if (!Number.isInteger(n) || n < 0 || n > 65_535) {
      throw new EncodeError('SDP', 'port', `${n} is not a whole number from 0 to 65535`);
    }
  }
  return portCount > 1 ? `${port}/${portCount}` : String(port);
}

/** @throws {EncodeError} unless the text is one word without blanks */
export function checkWord(field: string, word: string): void {
  if (!/^[^\s\0]+$/.test(word)) {
    throw new EncodeError('SDP', field, `${JSON.stringify(word)} is not one word without blanks`);
  }
}

/** Whether a transport carries RTP, so that formats are payload types and ports come in pairs. */
export function isRtpProto(proto: string): boolean {
  return /(^|\/)RTP\//i.test(`${proto}/`);
}

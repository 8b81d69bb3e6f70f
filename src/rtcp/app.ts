import { EncodeError } from '../errors.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';
import { RTCP_APP, writeRtcpPacket } from './header.ts';

/** APP: an application's own packet (RFC 3550 §6.7). */
export interface AppPacket {
  readonly type: 'app';
  /** 0 to 31. */
  readonly subtype: number;
  readonly ssrc: number;
  /** Exactly four characters of one byte each; case matters. */
  readonly name: string;
  /** Whole 32-bit words. */
  readonly data: Uint8Array;
}

export function readApp(r: WireReader, subtype: number): AppPacket {
  const ssrc = r.u32();
  return { type: 'app', subtype, ssrc, name: String.fromCharCode(...r.view(4)), data: r.rest() };
}

export function writeApp(w: WireWriter, app: AppPacket): void {
  const name = Array.from(app.name, (character) => character.charCodeAt(0));
  if (name.length !== 4 || name.some((code) => code > 0xff)) {
    throw new EncodeError('RTCP', 'APP name', `"${app.name}" is not four one-byte characters`);
  }
  writeRtcpPacket(w, RTCP_APP, app.subtype, () => {
    w.u32(app.ssrc).bytes(Uint8Array.from(name)).bytes(app.data);
  });
}

/** Puts the payloads of one video format together to what a file of it holds. Payloads come in order. */
export interface Depacketizer {
  /** Of the file: `h264`, and what its name ends with: `.h264`. */
  readonly encoding: string;
  readonly extension: string;
  /** Pictures completed so far; undefined where they are not looked at. */
  readonly frames: number | undefined;
  /** What the file begins with, when that is known from the start. */
  readonly header: Uint8Array;
  /**
   * Takes a payload.
   *
   * @param ticks  RTP clock ticks since the first payload
   * @param marker last packet of a picture, for most formats
   * @param lost   whether packets are missing before this one: what was begun is given up
   * @returns what is to be appended to the file
   */
  take(payload: Uint8Array, ticks: number, marker: boolean, lost: boolean): readonly Uint8Array[];
}

export const NOTHING: Uint8Array = new Uint8Array(0);

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, it) => sum + it.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

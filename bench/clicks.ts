import process from 'node:process';

/** The system's monotonic clock, which all processes share, in milliseconds. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export function clickDescription(group: string, port: number, rtpmap: string, ptimeMs: number): string {
  const payloadType = rtpmap === 'PCMU/8000' ? 0 : 97;
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=bench',
    `c=IN IP4 ${group}/1`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} ${rtpmap}`,
    `a=ptime:${ptimeMs}`,
    '',
  ].join('\r\n');
}

const LOUD = 0.2;
const DEAF_MS = 100;

/** Finds where clicks begin in samples that come one after the other. */
export class ClickFinder {
  readonly #deafFor: number;
  #deaf = 0;

  constructor(sampleRate: number) {
    this.#deafFor = (sampleRate * DEAF_MS) / 1000;
  }

  hear(sample: number): boolean {
    if (this.#deaf > 0) {
      this.#deaf--;
      return false;
    }
    if (Math.abs(sample) < LOUD) return false;
    this.#deaf = this.#deafFor;
    return true;
  }
}

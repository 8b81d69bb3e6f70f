import { codecImpairment, eModel } from '../../src/rtp/index.ts';
import type { SpeechRating } from '../types/index.ts';

export interface RatingInput {
  /** As in `a=rtpmap`. */
  readonly encoding: string;
  /** Whether lost packets are filled with something better than silence. */
  readonly concealed: boolean;
  /** Lost and discarded together, 0 to 1. */
  readonly loss: number;
  /** BurstR, at least 1. */
  readonly burstRatio: number;
  /** From mouth to ear, ms. */
  readonly delayMs: number;
}

/** @returns undefined for a codec of which nothing is known */
export function rateSpeech(input: RatingInput): SpeechRating | undefined {
  const { encoding, concealed, loss, burstRatio, delayMs } = input;
  const impairment = codecImpairment(encoding, concealed);
  if (impairment === undefined) return undefined;
  const { ie, bpl, source } = impairment;
  const listening = { ie, bpl, loss: Math.min(1, Math.max(0, loss)), burstRatio };
  const conversation = eModel({ ...listening, delayMs });
  return {
    mosLq: eModel(listening).mos,
    mosCq: conversation.mos,
    r: Math.max(0, conversation.r),
    delayMs,
    codec: source === 'assumed' ? 'assumed' : 'published',
  };
}

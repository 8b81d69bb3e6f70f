import { buildExtension, type RtpExtension } from '../../src/rtp/index.ts';
import { type MediaDescription, readHeaderExtension, type SessionDescription } from '../../src/sdp/index.ts';
import { dbfs, meanSquare } from '../audio/index.ts';

const AUDIO_LEVEL = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';

/** Level of each packet in its header extension, as the description has it (RFC 6464 §4). */
export interface AudioLevelPlan {
  /** Identifier of the element. */
  readonly id: number;
  /** Whether it says too that somebody talks. */
  readonly voice: boolean;
  /** Senders put it in. */
  readonly sent: boolean;
}

/**
 * Looks for `a=extmap` of audio levels, in the medium and before all media (RFC 8285 §5).
 *
 * @param encrypted nothing is sent then: header extensions stay readable, and levels betray who talks (RFC 6464 §6)
 */
export function planAudioLevel(
  description: SessionDescription,
  medium: MediaDescription,
  encrypted: boolean,
): AudioLevelPlan | undefined {
  const found = [...medium.attributes.all('extmap'), ...description.attributes.all('extmap')]
    .map(readHeaderExtension)
    .find((it) => it?.uri === AUDIO_LEVEL);
  if (found === undefined) return undefined;
  const { id, direction = 'sendrecv', attributes = '' } = found;
  const sent = !encrypted && id <= 255 && direction.startsWith('send');
  return { id, voice: !/(^|\s)vad=off(\s|$)/.test(attributes), sent };
}

/** The header extension with the level of what is sent; the same object again and again. */
export class LevelExtension {
  readonly #extension: RtpExtension;
  readonly #at: number;
  readonly #voice: boolean;

  constructor({ id, voice }: AudioLevelPlan) {
    this.#extension = buildExtension([{ id, data: Uint8Array.of(0) }]);
    this.#at = id <= 14 ? 1 : 2;
    this.#voice = voice;
  }

  /**
   * The extension for one packet: the level from 0 to −127 dBov without its sign, and the bit for a voice (RFC 6464 §3).
   *
   * @param packet what is encoded, full scale being 1
   */
  of(packet: Float32Array, talking: boolean): RtpExtension {
    const level = Math.min(127, Math.max(0, Math.round(-dbfs(meanSquare(packet)))));
    this.#extension.data[this.#at] = (this.#voice && talking ? 0x80 : 0) | level;
    return this.#extension;
  }
}

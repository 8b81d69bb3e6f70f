import { InvalidValueError } from '../errors.ts';
import type { SrtpPrimitives } from './primitives.ts';
import { SRTP_PROFILES, type SrtpProfile, type SrtpProfileName } from './profiles.ts';

export interface SrtpOptions {
  readonly primitives: SrtpPrimitives;
  readonly profile: SrtpProfileName;
  /** Packets after which session keys are derived anew: 0 (default, never) or a power of two up to 2^24 (RFC 3711 §4.3.1). */
  readonly keyDerivationRate?: number;
  /** Packets that may come late, 64 to 16 384; default 128. */
  readonly replayWindow?: number;
  /** Sources that are told apart, for RTP and for RTCP each; default 1024. */
  readonly maxSources?: number;
}

export const DEFAULT_REPLAY_WINDOW = 128;
export const DEFAULT_MAX_SOURCES = 1024;

/** @throws {InvalidValueError} when there is none of that name */
export function profileNamed(name: SrtpProfileName): SrtpProfile {
  if (!Object.hasOwn(SRTP_PROFILES, name)) {
    throw new InvalidValueError(
      `No SRTP profile is named ${name}: give one of ${Object.keys(SRTP_PROFILES).join(', ')}`,
    );
  }
  return SRTP_PROFILES[name];
}

/** @throws {InvalidValueError} when it is not a positive whole number */
export function checkMaxSources(maxSources: number): number {
  if (Number.isInteger(maxSources) && maxSources >= 1) return maxSources;
  throw new InvalidValueError(`Room for ${maxSources} sources: give a whole number from 1`);
}

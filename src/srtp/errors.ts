import { DecodeError } from '../errors.ts';

/**
 * Why a packet was refused:
 * - `short`: too few bytes for its header, tag, index and key identifier
 * - `malformed`: not version 2
 * - `mki`: made with a master key that is not known here
 * - `replay`: received before, or too old to tell
 * - `authentication`: the tag is wrong: another key or roll-over counter, or changed on the way
 * - `sources`: authentic, but from one source more than there is room for
 */
export type SrtpRefusal = 'short' | 'malformed' | 'mki' | 'replay' | 'authentication' | 'sources';

/** A protected packet that was refused. Nothing that was known of its source has changed. */
export class SrtpDecodeError extends DecodeError {
  readonly reason: SrtpRefusal;
  constructor(protocol: 'SRTP' | 'SRTCP', reason: SrtpRefusal, problem: string, rule: string) {
    super(protocol, problem, { rule });
    this.reason = reason;
  }
}

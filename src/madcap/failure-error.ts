import { RendezvousError } from '../errors.ts';
import type { MadcapFailure } from './client-types.ts';
import { describeMadcapFailure } from './failure-text.ts';

/** What was asked of address servers was not done. */
export class MadcapFailureError extends RendezvousError {
  readonly code = 'ERR_MADCAP';
  readonly failure: MadcapFailure;

  /** @param unixSeconds now, to say how far clocks are apart */
  constructor(failure: MadcapFailure, unixSeconds?: number, hint = '') {
    super(`${describeMadcapFailure(failure, unixSeconds)}${hint}`);
    this.failure = failure;
  }
}

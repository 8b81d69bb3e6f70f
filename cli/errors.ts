import { InvalidValueError, RendezvousError } from '../src/errors.ts';

/** Wrong usage that the argument parser cannot see. */
export class UsageError extends InvalidValueError {
  override readonly code = 'ERR_USAGE';
}

/** What was named is not there. */
export class NotThereError extends RendezvousError {
  readonly code = 'ERR_NOT_FOUND';
}

/** What was asked for did not come about, as told already or by `message`. */
export class FailedError extends RendezvousError {
  readonly code = 'ERR_FAILED';
}

/** The user broke it off. */
export class InterruptedError extends RendezvousError {
  readonly code = 'ERR_INTERRUPTED';
  constructor() {
    super('Interrupted');
  }
}

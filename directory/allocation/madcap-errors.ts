import { MADCAP_ERROR, MadcapFailureError } from '../../src/madcap/index.ts';
import {
  AllocationRefusedError,
  NoAllocationServerError,
  NoFreeAddressError,
  UnknownLeaseError,
} from './errors.ts';

/** Whom was asked. */
export interface Asked {
  /** In words. */
  readonly whom: string;
  /** Nobody else will do: it is about a lease that this server has granted. */
  readonly isOnlyOne: boolean;
  readonly waitedMs: number;
  /** Why it could not even be asked. */
  readonly sendProblem?: string | undefined;
}

/** Nobody answered: what may be wrong, and that nothing was drawn instead (MAA-07). */
export function noAnswer(
  { whom, isOnlyOne, waitedMs, sendProblem }: Asked,
  options?: ErrorOptions,
): NoAllocationServerError {
  const seconds = Number((waitedMs / 1000).toFixed(1));
  const others = isOnlyOne
    ? 'is let through'
    : 'is let through; name another server; or draw addresses on this computer, if you want that (--local)';
  if (sendProblem !== undefined) {
    return new NoAllocationServerError(`No MADCAP server could be asked: ${whom}: ${sendProblem}`, options);
  }
  return new NoAllocationServerError(
    `No MADCAP server answered within ${seconds} s: ${whom}. See that one runs there (rendezvous serve --madcap) and ` +
      `that UDP port 2535 ${others}`,
    options,
  );
}

/** The failure of an operation as an error of allocation; what is none comes back as it is. */
export function allocationError(cause: unknown, asked: Asked): unknown {
  if (!(cause instanceof MadcapFailureError)) return cause;
  const { message, failure } = cause;
  switch (failure.reason) {
    case 'refused': {
      const code = failure.error?.code ?? MADCAP_ERROR.notCompletable;
      return code === MADCAP_ERROR.unknownLease
        ? new UnknownLeaseError(message, { cause })
        : new AllocationRefusedError(message, code, { cause });
    }
    case 'try later':
      return new NoFreeAddressError(message, { cause });
    case 'no answer':
    case 'cancelled':
    default:
      return noAnswer(asked, { cause });
  }
}

import { MADCAP_ERROR, MadcapFailureError } from '../../src/madcap/index.ts';
import {
  AllocationRefusedError,
  NoAllocationServerError,
  NoFreeAddressError,
  UnknownLeaseError,
} from './errors.ts';

/** Nobody answered: what may be wrong, and that nothing was drawn instead (MAA-07). @param asked who, in words */
export function noAnswer(asked: string, waitedMs: number, options?: ErrorOptions): NoAllocationServerError {
  return new NoAllocationServerError(
    `No MADCAP server answered within ${Number((waitedMs / 1000).toFixed(1))} s: ${asked}. See that one runs ` +
      '(rendezvous serve --madcap) and that UDP port 2535 is let through; name another server; or draw addresses on ' +
      'this computer, if you want that (--local)',
    options,
  );
}

/** The failure of an operation as an error of allocation; what is none comes back as it is. */
export function allocationError(cause: unknown, asked: string, waitedMs: number): unknown {
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
      return noAnswer(asked, waitedMs, { cause });
  }
}

import { RendezvousError } from '../../src/errors.ts';

/** No address could be leased, renewed or released. */
export class AllocationError extends RendezvousError {
  readonly code: string = 'ERR_ALLOCATION';
}
/** No server answered in time, or it cannot be reached. Nothing is drawn locally instead (MAA-07). */
export class NoAllocationServerError extends AllocationError {
  override readonly code = 'ERR_ALLOCATION_NO_SERVER';
}
/** The server says no. */
export class AllocationRefusedError extends AllocationError {
  override readonly code = 'ERR_ALLOCATION_REFUSED';
  /** Error code of RFC 2730 §3.17. */
  readonly madcapCode: number;

  constructor(message: string, madcapCode: number, options?: ErrorOptions) {
    super(message, options);
    this.madcapCode = madcapCode;
  }
}
/** There is no such lease: it was released, has ended, or was never here. */
export class UnknownLeaseError extends AllocationError {
  override readonly code = 'ERR_ALLOCATION_UNKNOWN_LEASE';
}
/** There is no such scope, or more than one that the words may mean. */
export class UnknownScopeError extends AllocationError {
  override readonly code = 'ERR_ALLOCATION_UNKNOWN_SCOPE';
}
/** Everything in the scope is taken, or was in each draw. */
export class NoFreeAddressError extends AllocationError {
  override readonly code = 'ERR_ALLOCATION_NO_FREE_ADDRESS';
}

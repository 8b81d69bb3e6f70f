import { BerReader, BerWriter, MAX_INT } from './ber.ts';

/**
 * The value of a Cancel request.
 *
 * @returns message id of the operation to cancel
 * @throws {DecodeError}
 * @see RFC 3909 §2.1
 */
export function decodeCancelRequest(value: Uint8Array): number {
  const r = new BerReader(value);
  const seq = r.constructed();
  const cancelId = seq.integer(0, MAX_INT);
  seq.expectEnd('the cancel request value');
  r.expectEnd('the cancel request value');
  return cancelId;
}

/** @param cancelId message id of the operation to cancel, 0..2147483647 */
export function encodeCancelRequest(cancelId: number): Uint8Array {
  return new BerWriter(16).begin().integer(cancelId).end().finish();
}

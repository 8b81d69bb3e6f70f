import { InvalidValueError, NetworkError, StateError } from '../src/errors.ts';
import type { QosResult } from '../src/net/index.ts';

/** Nothing in the description can be joined by this provider. */
export class UnsupportedSessionError extends InvalidValueError {
  override readonly code: string = 'ERR_UNSUPPORTED_SESSION';
}

/** Not an address that can be conferred at: a host name, a single host, none (TAPI_E_INVALADDRESSTYPE). */
export class AddressTypeError extends UnsupportedSessionError {
  override readonly code = 'ERR_ADDRESS_TYPE';
}

/** A terminal for another media type or direction (TAPI_E_INVALIDTERMINAL). */
export class InvalidTerminalError extends InvalidValueError {
  override readonly code = 'ERR_INVALID_TERMINAL';
}

/** A stream cannot start without a terminal (TAPI_E_NOTERMINALSELECTED). */
export class NoTerminalError extends StateError {
  override readonly code = 'ERR_NO_TERMINAL';
}

/** Not a stream that this can be done with (TAPI_E_INVALIDSTREAM, TAPI_E_MAXSTREAMS). */
export class InvalidStreamError extends InvalidValueError {
  override readonly code = 'ERR_INVALID_STREAM';
}

/** A move that the call's state does not allow (TAPI_E_INVALCALLSTATE). */
export class CallStateError extends StateError {
  override readonly code = 'ERR_CALL_STATE';
}

/** Marking was needed and could not be had (QOS-01). */
export class QosError extends NetworkError {
  override readonly code = 'ERR_QOS';
  /** What the system made of the wish; undefined when it was not asked. */
  readonly result: QosResult | undefined;
  constructor(message: string, result?: QosResult) {
    super(message);
    this.result = result;
  }
}

import { InvalidValueError, RendezvousError, StateError } from '../src/errors.ts';
import { resultName } from '../src/ldap/index.ts';
import { adviceFor, type ResultKind } from './result-advice.ts';

/** Where and how a directory said no. */
export interface DirectoryErrorDetails {
  /** LDAP result code (RFC 4511 Appendix A). */
  readonly ldapCode?: number;
  /** The server's own words. */
  readonly diagnostic?: string;
  /** URIs of a referral result. */
  readonly referrals?: readonly string[];
  /** True when a change was sent and nobody knows whether it took effect. */
  readonly outcomeUnknown?: boolean;
  readonly cause?: unknown;
}

/** A directory refused, could not be reached or did not make sense. */
export class DirectoryError extends RendezvousError {
  readonly code: string = 'ERR_DIRECTORY';
  /** LDAP result code (RFC 4511 Appendix A), when the server gave one. */
  readonly ldapCode: number | undefined;
  /** Name of that result code, such as `insufficientAccessRights`. */
  readonly ldapName: string | undefined;
  /** The server's own words, when it gave any. */
  readonly diagnostic: string | undefined;
  /** URIs of a referral result. */
  readonly referrals: readonly string[];
  /** True when a change was sent and nobody knows whether it took effect: look before trying again. */
  readonly outcomeUnknown: boolean;
  constructor(message: string, details: DirectoryErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.ldapCode = details.ldapCode;
    this.ldapName = details.ldapCode === undefined ? undefined : resultName(details.ldapCode);
    this.diagnostic = details.diagnostic === '' ? undefined : details.diagnostic;
    this.referrals = details.referrals ?? [];
    this.outcomeUnknown = details.outcomeUnknown ?? false;
  }
}

/** There is no such entry (noSuchObject). */
export class NotFoundError extends DirectoryError {
  override readonly code = 'ERR_DIRECTORY_NOT_FOUND';
}
/** The name is taken (entryAlreadyExists). */
export class AlreadyExistsError extends DirectoryError {
  override readonly code = 'ERR_DIRECTORY_ALREADY_EXISTS';
}
/** The server does not let us: wrong password, or no right to do this. */
export class NotPermittedError extends DirectoryError {
  override readonly code = 'ERR_DIRECTORY_NOT_PERMITTED';
}
/** Nobody changes it here, whoever asks: it is a copy of what is elsewhere. */
export class ReadOnlyError extends DirectoryError {
  override readonly code = 'ERR_DIRECTORY_READ_ONLY';
}
/** More results than the server or the caller allows. */
export class SizeLimitError extends DirectoryError {
  override readonly code = 'ERR_DIRECTORY_SIZE_LIMIT';
}
/** The server does not carry a dialect for conferences that we know. */
export class UnknownDialectError extends DirectoryError {
  override readonly code = 'ERR_DIRECTORY_DIALECT';
}
/** The server does not keep it, and says who does: see {@link DirectoryError.referrals}. It is not followed by itself. */
export class ReferralError extends DirectoryError {
  override readonly code = 'ERR_DIRECTORY_REFERRAL';
}
/** Somebody else changed it while the answer to our own change was lost. Read it again. */
export class ConflictError extends DirectoryError {
  override readonly code = 'ERR_DIRECTORY_CONFLICT';
}
/** Not reached, or lost on the way. */
export class DirectoryUnavailableError extends DirectoryError {
  override readonly code = 'ERR_DIRECTORY_UNAVAILABLE';
}
/** The server did not answer in time. */
export class DirectoryTimeoutError extends DirectoryError {
  override readonly code = 'ERR_DIRECTORY_TIMEOUT';
}

/** `connect` is missing or has failed, or the directory has been closed. */
export class NotConnectedError extends StateError {
  override readonly code = 'ERR_DIRECTORY_NOT_CONNECTED';
}
/** `connect` was called a second time. */
export class AlreadyConnectedError extends StateError {
  override readonly code = 'ERR_DIRECTORY_ALREADY_CONNECTED';
}
/** No server name was given. */
export class NoServerError extends InvalidValueError {
  override readonly code = 'ERR_DIRECTORY_NO_SERVER';
}
/** A start or stop time that cannot be: not a date, outside the NTP eras, or stop before start. */
export class InvalidTimeError extends InvalidValueError {
  override readonly code = 'ERR_INVALID_TIME';
}
/** No free group address was found within the attempts allowed. */
export class NoFreeGroupError extends DirectoryError {
  override readonly code = 'ERR_DIRECTORY_NO_FREE_GROUP';
}

const ERROR_OF: Readonly<
  Record<ResultKind, new (message: string, details: DirectoryErrorDetails) => DirectoryError>
> = {
  notFound: NotFoundError,
  alreadyExists: AlreadyExistsError,
  notPermitted: NotPermittedError,
  limit: SizeLimitError,
  timeout: DirectoryTimeoutError,
  unavailable: DirectoryUnavailableError,
  referral: ReferralError,
  other: DirectoryError,
};

/** The error for an LDAP result other than success; `doing` completes "Could not …". */
export function errorForResult(
  doing: string,
  ldapCode: number,
  details: Omit<DirectoryErrorDetails, 'ldapCode'> = {},
): DirectoryError {
  const { diagnostic = '', referrals } = details;
  const { kind, advice } = adviceFor(ldapCode, diagnostic, referrals);
  const words = diagnostic === '' ? '' : `: ${diagnostic}`;
  const stop = /[.!?]$/.test(words) ? '' : '.';
  const message = `Could not ${doing}: the directory answered ${resultName(ldapCode)} (${ldapCode})${words}${stop} ${advice}`;
  return new ERROR_OF[kind](message, { ...details, ldapCode });
}

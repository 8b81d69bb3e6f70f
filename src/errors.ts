/**
 * Errors that say whose fault it is. Every one has a stable `code` that scripts may compare, a message that says what
 * went wrong, where, and what to do, and where there is one the `cause`.
 */
export abstract class RendezvousError extends Error {
  /** Stable identifier, `ERR_…`; never renamed once released. */
  abstract readonly code: string;
  override get name(): string {
    return this.constructor.name;
  }
}

/** The peer's bytes (or a file's text) are wrong. `where` is an offset, a line or a field. */
export class DecodeError extends RendezvousError {
  readonly code = 'ERR_DECODE';
  /** Protocol or format being read: `RTP`, `SDP`, `LDAP`, … */
  readonly protocol: string;
  /** Byte offset at which reading stopped, when there is one. */
  readonly offset: number | undefined;
  /** The rule that was broken, such as `RFC 3550 §6.1`. */
  readonly rule: string | undefined;
  constructor(
    protocol: string,
    problem: string,
    where: { offset?: number; rule?: string; cause?: unknown } = {},
  ) {
    const at = where.offset === undefined ? '' : ` at byte ${where.offset}`;
    const rule = where.rule === undefined ? '' : ` (${where.rule})`;
    super(
      `${protocol}: ${problem}${at}${rule}`,
      where.cause === undefined ? undefined : { cause: where.cause },
    );
    this.protocol = protocol;
    this.offset = where.offset;
    this.rule = where.rule;
  }
}

/** A value of ours cannot be put on the wire. */
export class EncodeError extends RendezvousError {
  readonly code = 'ERR_ENCODE';
  readonly protocol: string;
  readonly field: string;
  constructor(protocol: string, field: string, problem: string) {
    super(`${protocol}: ${field} ${problem}`);
    this.protocol = protocol;
    this.field = field;
  }
}

/** A call in the wrong order: the object is not in a state that allows it. */
export class StateError extends RendezvousError {
  readonly code: string = 'ERR_STATE';
}

/** A value given by the caller, a flag, a file or an environment variable is not usable. */
export class InvalidValueError extends RendezvousError {
  readonly code: string = 'ERR_INVALID_VALUE';
}

/** The operating system or the network refused: no such interface, port taken, no route. */
export class NetworkError extends RendezvousError {
  readonly code: string = 'ERR_NETWORK';
}

/** Nothing answered in time. */
export class TimeoutError extends RendezvousError {
  readonly code = 'ERR_TIMEOUT';
}

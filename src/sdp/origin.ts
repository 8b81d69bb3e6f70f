import { words } from './lines.ts';

/** The `o=` line (RFC 8866 §5.2). Numbers stay decimal text: they may have any number of digits. */
export interface Origin {
  /** `-` when there is none; never with blanks. */
  readonly username: string;
  readonly sessionId: string;
  readonly sessionVersion: string;
  readonly netType: string;
  readonly addressType: string;
  /** DNS name or address of the machine that made the description. */
  readonly address: string;
}

/** Reads the value of an `o=` line; undefined when it has not six words. Numbers are not judged here. */
export function parseOrigin(value: string): Origin | undefined {
  const [username, sessionId, sessionVersion, netType, addressType, address, ...rest] = words(value);
  if (username === undefined || sessionId === undefined || sessionVersion === undefined) return undefined;
  if (netType === undefined || addressType === undefined || address === undefined || rest.length > 0) {
    return undefined;
  }
  return { username, sessionId, sessionVersion, netType, addressType, address };
}

/** Compares two decimal texts of any length: below 0, 0 or above 0. Text that is not decimal counts as 0. */
export function compareDecimal(a: string, b: string): number {
  const x = decimal(a);
  const y = decimal(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The version after `old`: `least` when that is greater, else one more. */
export function nextVersion(old: string, least = 0): string {
  const next = decimal(old) + 1n;
  const wanted = BigInt(Math.max(0, Math.floor(least)));
  return String(wanted > next ? wanted : next);
}

/** What identifies a session whatever its version: user, id, network and address (RFC 8866 §5.2). */
export function originKey({ username, sessionId, netType, addressType, address }: Origin): string {
  return [username, sessionId, netType, addressType, address].join(' ');
}

function decimal(text: string): bigint {
  return /^\d{1,64}$/.test(text) ? BigInt(text) : 0n;
}

import { InvalidValueError } from '../src/errors.ts';

/** How to prove to a directory who one is. */
export type Credentials =
  | { readonly kind: 'anonymous' }
  /** Name and password as they are (RFC 4513 §5.1.3): use TLS. Some servers take other names than DNs here. */
  | { readonly kind: 'simple'; readonly dn: string; readonly password: string }
  /** SASL EXTERNAL: what the connection shows anyway, the client's certificate or the user of a local socket. */
  | { readonly kind: 'external' }
  /** SASL PLAIN (RFC 4616): name and password as they are; only sent over TLS or a local socket. */
  | { readonly kind: 'plain'; readonly user: string; readonly password: string }
  /** SASL SCRAM-SHA-256 (RFC 7677): proves the password without sending it, and the server proves that it knows it. */
  | { readonly kind: 'scram'; readonly user: string; readonly password: string };

/** Bits for {@link credentialsFromFlags}, with the values that programs know them by. */
export const BIND_FLAGS = {
  /** By a method that does not give the password away, instead of name and password as they are. */
  authenticate: 0x1,
  /** The domain of this computer's user in place of one given. */
  defaultDomainName: 0x2,
  /** The name of this computer's user in place of one given. */
  defaultUserName: 0x4,
  /** What the system vouches for in place of a password. */
  defaultPassword: 0x8,
  /** All three defaults. */
  defaultCredentials: 0xe,
} as const;

export interface FlaggedBind {
  /** Domain of the user, such as `example.org`; left out where names need none. */
  readonly domain?: string;
  readonly user?: string;
  readonly password?: string;
  /** Bits of {@link BIND_FLAGS}. Default 0. */
  readonly flags?: number;
}

/**
 * The credentials that a bind of domain, user, password and flags means:
 *
 * | user, password | flags | credentials |
 * |---|---|---|
 * | neither | none, or only `authenticate` | anonymous |
 * | both | without `authenticate` | simple |
 * | both | with `authenticate` | SCRAM-SHA-256 |
 * | no password | `defaultPassword` | EXTERNAL |
 *
 * A user that is a DN is used as it is, with a domain it becomes `user@domain`.
 *
 * @param local the user of this computer and its domain, for the defaults
 * @throws {InvalidValueError} when half of what is needed is missing, or a flag is unknown
 */
export function credentialsFromFlags(
  { domain, user, password, flags = 0 }: FlaggedBind,
  local: { readonly user: string; readonly domain?: string },
): Credentials {
  if (!Number.isInteger(flags) || flags < 0 || flags > 0xf) {
    throw new InvalidValueError(`The flags of a bind are 0 to 15, not ${flags}`);
  }
  const has = (bit: number): boolean => (flags & bit) !== 0;
  if (has(BIND_FLAGS.defaultPassword) && password === undefined) return { kind: 'external' };
  const name = user ?? (has(BIND_FLAGS.defaultUserName) ? local.user : undefined);
  if (name === undefined && password === undefined) return { kind: 'anonymous' };
  if (name === undefined) throw new InvalidValueError('A bind with a password needs a user');
  if (password === undefined || password === '') {
    throw new InvalidValueError(`A bind as ${name} needs a password, or the flag defaultPassword`);
  }
  const where = domain ?? (has(BIND_FLAGS.defaultDomainName) ? local.domain : undefined);
  const full = where === undefined || /[=@\\]/.test(name) ? name : `${name}@${where}`;
  return has(BIND_FLAGS.authenticate)
    ? { kind: 'scram', user: full, password }
    : { kind: 'simple', dn: full, password };
}

/** Whom the credentials are of, for messages. */
export function nameOf(credentials: Credentials): string {
  if (credentials.kind === 'anonymous') return 'anonymous';
  if (credentials.kind === 'external') return 'whom the connection shows';
  return credentials.kind === 'simple' ? credentials.dn : credentials.user;
}

import { attributesToJson } from './conference-json.ts';
import type { DirectoryUser } from './user.ts';

/** What `toJSON` gives: fields are added to, never renamed. Absent values are null; times are RFC 3339 in UTC. */
export interface UserJson {
  readonly kind: 'user';
  readonly name: string;
  /** Name or address of the computer at which the user is reached. */
  readonly primaryPhone: string | null;
  readonly email: string | null;
  readonly givenName: string | null;
  readonly surname: string | null;
  readonly location: string | null;
  readonly comment: string | null;
  readonly phones: readonly string[];
  readonly addresses: readonly string[];
  readonly port: number | null;
  readonly inCall: boolean;
  readonly canAudio: boolean;
  readonly canVideo: boolean;
  readonly listed: boolean;
  readonly dn: string | null;
  /** Who may do what, for people; null when the entry does not say. */
  readonly acl: string | null;
  /** The same in SDDL. */
  readonly sddl: string | null;
  readonly ttlSeconds: number | null;
  readonly expiresAt: string | null;
  /** Attributes of the entry that the dialect does not know; values that are no text as `base64:…`. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

export function userToJson(user: DirectoryUser): UserJson {
  return {
    kind: 'user',
    name: user.name,
    primaryPhone: user.primaryPhone ?? null,
    email: user.email ?? null,
    givenName: user.givenName ?? null,
    surname: user.surname ?? null,
    location: user.location ?? null,
    comment: user.comment ?? null,
    phones: user.phones,
    addresses: user.addresses,
    port: user.port ?? null,
    inCall: user.inCall,
    canAudio: user.canAudio,
    canVideo: user.canVideo,
    listed: user.listed,
    dn: user.dn ?? null,
    acl: user.acl?.toString() ?? null,
    sddl: user.acl?.toSddl() ?? null,
    ttlSeconds: user.ttlSeconds ?? null,
    expiresAt: user.expiresAt?.toISOString() ?? null,
    attributes: attributesToJson(user.attributes),
  };
}

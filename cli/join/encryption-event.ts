import type { CallEvent, EncryptionInfo } from '../../conference/index.ts';
import { clockText } from '../output/times.ts';

/** Keys of an encrypted medium, and packets that they do not open. */
export interface EncryptionJoinEvent {
  readonly type: 'encryption';
  readonly media: string;
  /** `keyUsed`, `keyWearsOut`, `keyWornOut`, `authenticationFailed`, `replayed` */
  readonly kind: string;
  readonly message: string;
  readonly suite: string;
  /** Number of the key in use, where it has one. */
  readonly key: string | null;
}

/** How a medium is encrypted. */
export interface EncryptionJson {
  readonly suite: string;
  readonly key: string | null;
  readonly since: string;
  /** When the next key is used; null where none is known. */
  readonly next: string | null;
}

export function encryptionJson(info: EncryptionInfo | undefined): EncryptionJson | null {
  if (info === undefined) return null;
  const { suite, key = null, since, next } = info;
  return { suite, key, since: since.toISOString(), next: next?.toISOString() ?? null };
}

/** `encrypted, AES_CM_128_HMAC_SHA1_80, key 2 since 14:05:31` */
export function encryptionText({ suite, key, since }: EncryptionJson): string {
  return `encrypted, ${suite}, ${key === null ? 'key in use' : `key ${key}`} since ${clockText(new Date(since))}`;
}

export function encryptionEvent(
  event: Extract<CallEvent, { readonly type: 'encryption' }>,
): EncryptionJoinEvent {
  const { mediaType, kind, message, encryption } = event;
  const { suite, key = null } = encryption;
  return { type: 'encryption', media: mediaType, kind, message, suite, key };
}

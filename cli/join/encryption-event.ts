import type { CallEvent } from '../../conference/index.ts';

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

export function encryptionEvent(
  event: Extract<CallEvent, { readonly type: 'encryption' }>,
): EncryptionJoinEvent {
  const { mediaType, kind, message, encryption } = event;
  const { suite, key = null } = encryption;
  return { type: 'encryption', media: mediaType, kind, message, suite, key };
}

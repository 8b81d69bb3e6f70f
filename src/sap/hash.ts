/**
 * Message identifier hash of a payload: 32-bit FNV-1a, its halves folded together, never 0 (RFC 2974 §6: non-zero,
 * and another one for each change). The same payload has the same hash after a restart, on every host.
 *
 * @param previous hash of the version before, which 16 bits could meet by chance: the result differs from it
 * @returns 1 to 65535
 */
export function messageIdHash(payload: Uint8Array, previous?: number): number {
  let hash = 0x811c9dc5;
  for (const byte of payload) hash = Math.imul(hash ^ byte, 0x01000193);
  let folded = ((hash >>> 16) ^ hash) & 0xffff;
  while (folded === 0 || folded === previous) folded = (folded + 1) & 0xffff;
  return folded;
}

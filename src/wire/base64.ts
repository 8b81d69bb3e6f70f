/** Characters to octets and back is done in pieces: a call takes only so many arguments. */
const PIECE = 0x8000;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** RFC 4648 §4, with padding. */
export function toBase64(bytes: Uint8Array): string {
  let octets = '';
  for (let at = 0; at < bytes.length; at += PIECE) {
    octets += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  }
  return btoa(octets);
}

/** The octets, or undefined when `text` is not base64 with its padding. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (!BASE64.test(text)) return undefined;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

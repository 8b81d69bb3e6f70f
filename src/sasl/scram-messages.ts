import { DecodeError } from '../errors.ts';
import { textOf } from './text.ts';

const RULE = 'RFC 5802 §7';

/** Largest SCRAM message that is read, in octets. */
const MAX_MESSAGE_BYTES = 4096;

export interface ClientFirst {
  /** The GS2 header as it was sent, with its commas: the last message repeats it. */
  readonly gs2Header: string;
  /** `n`: the client does no channel binding; `y`: it could, and thinks that the server cannot; `p`: it does. */
  readonly binding: 'n' | 'y' | 'p';
  readonly authzid: string | undefined;
  readonly name: string;
  readonly nonce: string;
  /** What stands behind the header; all signatures begin with it. */
  readonly bare: string;
}

/** `n,a=authzid,n=name,r=nonce` (RFC 5802 §5.1). @throws {DecodeError} */
export function parseClientFirst(bytes: Uint8Array): ClientFirst {
  const text = readText(bytes);
  const header = /^(?:(n|y)|p=[A-Za-z0-9.-]+),(?:a=([^,]+))?,/.exec(text);
  if (header === null) throw fail('the first message does not begin with a GS2 header');
  const [gs2Header, flag, authzid] = header;
  const bare = text.slice(gs2Header.length);
  const { n: name = '', r: nonce = '' } = attributes(bare, ['n', 'r']);
  return {
    gs2Header,
    binding: flag === 'n' || flag === 'y' ? flag : 'p',
    authzid: authzid === undefined ? undefined : unescapeName(authzid),
    name: unescapeName(name),
    nonce,
    bare,
  };
}

export interface ServerFirst {
  readonly nonce: string;
  readonly salt: string;
  readonly iterations: number;
  readonly text: string;
}

/** `r=nonce,s=salt,i=count`. @throws {DecodeError} */
export function parseServerFirst(bytes: Uint8Array): ServerFirst {
  const text = readText(bytes);
  const { r: nonce = '', s: salt = '', i: count = '' } = attributes(text, ['r', 's', 'i']);
  if (!/^[1-9]\d{0,8}$/.test(count)) throw fail(`"${count}" is no count of iterations`);
  return { nonce, salt, iterations: Number(count), text };
}

export interface ClientFinal {
  /** The GS2 header in base64, and the channel binding where there is one. */
  readonly binding: string;
  readonly nonce: string;
  readonly proof: string;
  readonly withoutProof: string;
}

/** `c=binding,r=nonce,p=proof`. @throws {DecodeError} */
export function parseClientFinal(bytes: Uint8Array): ClientFinal {
  const text = readText(bytes);
  const at = text.lastIndexOf(',p=');
  if (at < 0) throw fail('the last message has no proof');
  const withoutProof = text.slice(0, at);
  const { c: binding = '', r: nonce = '' } = attributes(withoutProof, ['c', 'r']);
  return { binding, nonce, proof: text.slice(at + 3), withoutProof };
}

/** `v=signature` or `e=error`. @throws {DecodeError} */
export function parseServerFinal(bytes: Uint8Array): {
  readonly signature?: string;
  readonly error?: string;
} {
  const text = readText(bytes);
  const [first = ''] = text.split(',');
  if (first.startsWith('e=')) return { error: first.slice(2) };
  return { signature: attributes(text, ['v'])['v'] ?? '' };
}

/** Letters, digits and signs, but no comma (RFC 5802 §7, `printable`). */
export const isNonce = (text: string): boolean => /^[\x21-\x2b\x2d-\x7e]+$/.test(text);

/** RFC 5802 §5.1: comma and equals sign are the two that a name cannot have. */
export const escapeName = (name: string): string => name.replaceAll('=', '=3D').replaceAll(',', '=2C');

function unescapeName(text: string): string {
  if (/=(?!2C|3D)/.test(text)) throw fail('a name has "=" that is neither =2C nor =3D');
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

function readText(bytes: Uint8Array): string {
  if (bytes.length > MAX_MESSAGE_BYTES) throw fail(`a message of ${bytes.length} octets`);
  return textOf(bytes);
}

/** The values of `letters`, which must come first and in this order; extensions may follow, but none that is a must. */
function attributes(text: string, letters: readonly string[]): Readonly<Record<string, string>> {
  const parts = text.split(',');
  const values: Record<string, string> = {};
  for (const [at, part] of parts.entries()) {
    const letter = part.slice(0, 1);
    const value = part.slice(2);
    if (!/^[A-Za-z]=./s.test(part) || value.includes('\0')) throw fail('an attribute is not letter=value');
    if (letter === 'm') throw fail('an extension that must be understood, and is not');
    if (at >= letters.length) continue;
    if (letter !== letters[at]) throw fail(`attribute ${letter} stands where ${letters[at]} should`);
    values[letter] = value;
  }
  if (parts.length < letters.length) throw fail(`attribute ${letters[parts.length]} is missing`);
  if (values['r'] !== undefined && !isNonce(values['r'])) throw fail('a nonce is not printable ASCII');
  return values;
}

const fail = (problem: string): DecodeError => new DecodeError('SCRAM', problem, { rule: RULE });

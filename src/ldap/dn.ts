import { DecodeError } from '../errors.ts';
import { BerReader, TAG, utf8Bytes, utf8Text } from './ber.ts';
import { prepareCaseIgnore } from './string-prep.ts';

/** One `type=value`. A value written as `#` and hex digits is BER (RFC 4514 §2.4) and kept as octets. */
export interface AttributeTypeAndValue {
  readonly type: string;
  readonly value: string | Uint8Array;
}
/** Usually one pair; several are joined by `+`. Never empty. */
export type Rdn = readonly AttributeTypeAndValue[];
/** Leaf first, as it is written; empty for the root. */
export type DistinguishedName = readonly Rdn[];

/** A longer DN is refused: nobody has one, and every entry's key holds it. */
export const MAX_DN_LENGTH = 8192;

const TYPE = /(?:[Oo][Ii][Dd]\.)?([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)/y;
const ESCAPABLE = ' "#+,;<=>\\';
const HEX_PAIR = /[0-9A-Fa-f]{2}/y;
const HEX_STRING = /#((?:[0-9A-Fa-f]{2})+)/y;
const BLANK = /[ \t\r\n]*/y;

/**
 * Reads a DN of RFC 4514, and what RFC 2253 §4 asks to accept from LDAPv2: blanks around separators, `;` for `,`,
 * quoted values and the prefix `OID.`.
 *
 * @throws {DecodeError} naming the character position
 */
export function parseDn(text: string): DistinguishedName {
  if (text.length > MAX_DN_LENGTH) {
    throw new DecodeError('DN', `is ${text.length} characters long, at most ${MAX_DN_LENGTH} are read`);
  }
  const p = new DnParser(text);
  return p.dn();
}

class DnParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  dn(): DistinguishedName {
    this.#match(BLANK);
    if (this.#at === this.#text.length) return [];
    const rdns: AttributeTypeAndValue[][] = [[this.#pair()]];
    while (this.#at < this.#text.length) {
      const separator = this.#text[this.#at++];
      if (separator === '+') rdns.at(-1)?.push(this.#pair());
      else rdns.push([this.#pair()]); // `,` or `;`: a value ends at nothing else
    }
    return rdns;
  }

  #pair(): AttributeTypeAndValue {
    this.#match(BLANK);
    const type = this.#match(TYPE)?.[1];
    if (type === undefined) throw this.#fail('an attribute type is missing');
    this.#match(BLANK);
    if (this.#text[this.#at] !== '=') throw this.#fail(`"=" is missing after ${type}`);
    this.#at++;
    this.#match(BLANK);
    const value = this.#value();
    this.#match(BLANK);
    if (this.#at < this.#text.length && !',;+'.includes(this.#text[this.#at]!)) {
      throw this.#fail(`unexpected "${this.#text[this.#at]}" after the value of ${type}`);
    }
    return { type, value };
  }

  #value(): string | Uint8Array {
    const next = this.#text[this.#at];
    if (next === '#') {
      const hexText = this.#match(HEX_STRING)?.[1];
      if (hexText === undefined) throw this.#fail('"#" must be followed by pairs of hex digits');
      return hexBytes(hexText);
    }
    return next === '"' ? this.#quoted() : this.#plain();
  }

  #quoted(): string {
    this.#at++;
    const value = new ValueBuilder();
    for (;;) {
      const c = this.#text[this.#at];
      if (c === undefined) throw this.#fail('a quoted value does not end');
      if (c === '"') {
        this.#at++;
        return this.#text_(value);
      }
      if (c === '\\') this.#escape(value);
      else {
        value.add(c);
        this.#at++;
      }
    }
  }

  #plain(): string {
    const value = new ValueBuilder();
    let blanks = ''; // unescaped blanks count only when something follows
    for (;;) {
      const c = this.#text[this.#at];
      if (c === undefined || c === ',' || c === ';' || c === '+') return this.#text_(value);
      if (c === ' ' || c === '\r' || c === '\n' || c === '\t') {
        blanks += c;
        this.#at++;
        continue;
      }
      value.add(blanks);
      blanks = '';
      if (c === '\\') this.#escape(value);
      else if (c === '"' || c === '<' || c === '>' || c === '\0') {
        throw this.#fail(`${c === '\0' ? 'NUL' : c} must be escaped with a backslash`);
      } else {
        value.add(c);
        this.#at++;
      }
    }
  }

  #escape(value: ValueBuilder): void {
    this.#at++;
    const c = this.#text[this.#at];
    if (c !== undefined && ESCAPABLE.includes(c)) {
      value.add(c);
      this.#at++;
      return;
    }
    const pair = this.#match(HEX_PAIR)?.[0];
    if (pair === undefined) throw this.#fail('a backslash must be followed by two hex digits or a special');
    value.addOctet(Number.parseInt(pair, 16));
  }

  #text_(value: ValueBuilder): string {
    const text = value.finish();
    if (text === undefined) throw this.#fail('escaped octets are not UTF-8');
    return text;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }

  #fail(problem: string): DecodeError {
    return new DecodeError('DN', `${problem}, at character ${this.#at + 1} of "${shorten(this.#text)}"`, {
      rule: 'RFC 4514 §3',
    });
  }
}

/** Text, and octets from hex escapes that must be UTF-8 together with their neighbours. */
class ValueBuilder {
  #text = '';
  #octets: number[] = [];
  #bad = false;

  add(text: string): void {
    if (text === '') return;
    this.#flush();
    this.#text += text;
  }
  addOctet(octet: number): void {
    this.#octets.push(octet);
  }
  finish(): string | undefined {
    this.#flush();
    return this.#bad ? undefined : this.#text;
  }
  #flush(): void {
    if (this.#octets.length === 0) return;
    const text = utf8Text(Uint8Array.from(this.#octets));
    if (text === undefined) this.#bad = true;
    this.#text += text ?? '';
    this.#octets = [];
  }
}

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}...` : text);

function hexBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
const hexText = (bytes: Uint8Array): string =>
  Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join('');

/** Writes a DN in the form of RFC 4514 §2: no blanks around separators, specials escaped by a backslash. */
export function serializeDn(dn: DistinguishedName): string {
  return dn.map(serializeRdn).join(',');
}

export function serializeRdn(rdn: Rdn): string {
  return rdn
    .map(({ type, value }) =>
      typeof value === 'string' ? `${type}=${escapeDnValue(value)}` : `${type}=#${hexText(value)}`,
    )
    .join('+');
}

// Control characters may stand in a DN as they are, but no terminal or log should be sent one.
const SPECIAL = /["+,;<>\\]|\p{Cc}|^[ #]| $/gu;

/** @see RFC 4514 §2.4 */
export function escapeDnValue(value: string): string {
  return value.replace(SPECIAL, (c) =>
    /\p{Cc}/u.test(c) ? hexText(utf8Bytes(c)).replace(/../g, '\\$&') : `\\${c}`,
  );
}

/** How the schema compares names; without it types are lower-cased and values compared ignoring case. */
export interface DnRules {
  /** One name for all the names and the OID of an attribute type. */
  normalizeType(type: string): string;
  /** A key that is equal for values that match. */
  normalizeValue(type: string, value: string): string;
}

const caseIgnoreRules: DnRules = {
  normalizeType: (type) => type.toLowerCase(),
  normalizeValue: (_type, value) => prepareCaseIgnore(value),
};

/** A key for one RDN: equal exactly for RDNs that match, whatever the order of their pairs (RFC 4517 §4.2.15). */
export function normalizeRdn(rdn: Rdn, rules: DnRules = caseIgnoreRules): string {
  const pairs = rdn.map(({ type, value }) => {
    const name = rules.normalizeType(type);
    let text: string | undefined;
    if (typeof value === 'string') text = value;
    else {
      text = berText(value);
      if (text === undefined) return `${name}=#${hexText(value)}`;
    }
    return `${name}=${escapeDnValue(rules.normalizeValue(name, text))}`;
  });
  return pairs.length === 1 ? pairs[0]! : pairs.sort().join('+');
}

/** A key for the whole DN: equal exactly for DNs that match. No control character is left in it. */
export function normalizeDn(dn: DistinguishedName, rules: DnRules = caseIgnoreRules): string {
  return dn.map((rdn) => normalizeRdn(rdn, rules)).join(',');
}

export function dnEquals(a: DistinguishedName, b: DistinguishedName, rules?: DnRules): boolean {
  return a.length === b.length && normalizeDn(a, rules) === normalizeDn(b, rules);
}

/** `#04024869` is the octet string "Hi" and matches it. */
function berText(ber: Uint8Array): string | undefined {
  const STRINGS: readonly number[] = [TAG.octetString, 0x0c, 0x13, 0x16]; // OCTET, UTF8, Printable, IA5
  try {
    const r = new BerReader(ber);
    const tag = r.nextTag;
    if (tag === undefined || !STRINGS.includes(tag)) return undefined;
    const octets = r.octets(tag);
    return r.done ? utf8Text(octets) : undefined;
  } catch {
    return undefined;
  }
}

/** The DN above, or undefined for the root. */
export function parentDn(dn: DistinguishedName): DistinguishedName | undefined {
  return dn.length === 0 ? undefined : dn.slice(1);
}

/** The octets an RDN value stands for in the entry itself. */
export function rdnValueOctets(value: string | Uint8Array): Uint8Array {
  if (typeof value === 'string') return utf8Bytes(value);
  const r = new BerReader(value);
  return r.octets(r.nextTag ?? TAG.octetString);
}

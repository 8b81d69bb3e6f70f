import { EncodeError } from '../errors.ts';
import type { IpFamily } from '../ip/index.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';
import { readAddress, writeAddress } from './addresses.ts';

/** What a scope is called in one language. */
export interface ScopeName {
  /** Language tag (BCP 47), such as `en`. */
  readonly language: string;
  readonly name: string;
  /** To be shown when no name is in the reader's language. */
  readonly isDefault: boolean;
}

/** One zone of the Multicast Scope List (RFC 2730 §3.10). */
export interface MadcapScope {
  /** The lowest address of the scope, which is its id. */
  readonly first: string;
  readonly last: string;
  /** Largest TTL or hop limit to send with in this scope, 0 to 255. */
  readonly ttl: number;
  readonly names: readonly ScopeName[];
}

const DEFAULT_NAME = 0x80;
const utf8 = new TextEncoder();

export function readScopeList(r: WireReader, family: IpFamily): MadcapScope[] {
  return Array.from({ length: r.u8() }, () => {
    const first = readAddress(r, family);
    const last = readAddress(r, family);
    const ttl = r.u8();
    const names = Array.from({ length: r.u8() }, () => {
      const flags = r.u8();
      const language = r.utf8(r.u8());
      return { language, name: r.utf8(r.u8()), isDefault: (flags & DEFAULT_NAME) !== 0 };
    });
    return { first, last, ttl, names };
  });
}

export function writeScopeList(w: WireWriter, family: IpFamily, scopes: readonly MadcapScope[]): void {
  requireOctet(scopes.length, 'the number of scopes');
  w.u8(scopes.length);
  for (const { first, last, ttl, names } of scopes) {
    writeAddress(w, family, first, 'scopeList');
    writeAddress(w, family, last, 'scopeList');
    requireOctet(ttl, 'the TTL of a scope');
    requireOctet(names.length, 'the number of names of a scope');
    w.u8(ttl).u8(names.length);
    for (const { language, name, isDefault } of names) {
      w.u8(isDefault ? DEFAULT_NAME : 0);
      writeShortText(w, language);
      writeShortText(w, name);
    }
  }
}

function writeShortText(w: WireWriter, text: string): void {
  const octets = utf8.encode(text);
  if (octets.length > 255) {
    throw new EncodeError('MADCAP', 'scopeList', `${JSON.stringify(text)} is over 255 octets`);
  }
  w.u8(octets.length).bytes(octets);
}

function requireOctet(value: number, what: string): void {
  if (!Number.isInteger(value) || value < 0 || value > 255) {
    throw new EncodeError('MADCAP', 'scopeList', `${what} is ${value}, not 0 to 255`);
  }
}

/**
 * The name to show to a reader of `language`: the longest tag that the wanted one begins with or that begins with the
 * wanted one, else the default, else the first.
 */
export function scopeNameFor(scope: MadcapScope, language: string | undefined): string | undefined {
  return chooseName(scope.names, language)?.name;
}

/** As {@link scopeNameFor}, with its language. */
export function chooseName(names: readonly ScopeName[], language: string | undefined): ScopeName | undefined {
  const wanted = language?.toLowerCase();
  if (wanted !== undefined) {
    for (let tag = wanted; tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
      const exact = names.find((it) => it.language.toLowerCase() === tag);
      if (exact !== undefined) return exact;
      const narrower = names.find((it) => it.language.toLowerCase().startsWith(`${tag}-`));
      if (narrower !== undefined) return narrower;
    }
  }
  return names.find(({ isDefault }) => isDefault) ?? names[0];
}

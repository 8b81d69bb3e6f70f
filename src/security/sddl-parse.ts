import { DecodeError } from '../errors.ts';
import { type Ace, ACE_TYPE, isAccountAce, isObjectAce } from './ace.ts';
import { type Acl, aclOf, type SecurityDescriptor } from './descriptor.ts';
import { isGuid } from './guid.ts';
import { DACL_BITS, SACL_BITS, type SddlOptions } from './sddl-format.ts';
import {
  ACE_FLAG_TOKENS,
  ACE_TYPE_TOKENS,
  COMBINED_RIGHT_TOKENS,
  isDomainAlias,
  LABEL_RIGHT_TOKENS,
  RIGHT_TOKENS,
  sidOfAlias,
} from './sddl-tokens.ts';
import { type Sid, tryParseSid } from './sid.ts';

/** A longer text is refused: no list of 65535 bytes needs it. */
const MAX_SDDL_LENGTH = 262_144;
const RULE = 'MS-DTYP §2.5.1.1';

const types = new Map(ACE_TYPE_TOKENS);
const flagTokens = new Map(ACE_FLAG_TOKENS);
const rightTokens = new Map([...RIGHT_TOKENS, ...COMBINED_RIGHT_TOKENS]);
const labelTokens = new Map(LABEL_RIGHT_TOKENS);

/**
 * Reads a security descriptor from text. Blanks between parts are allowed; letters may be of either case.
 *
 * @throws {DecodeError} naming the character position
 * @see MS-DTYP §2.5.1
 */
export function parseSddl(text: string, options: SddlOptions = {}): SecurityDescriptor {
  if (text.length > MAX_SDDL_LENGTH) throw new DecodeError('SDDL', `is ${text.length} characters long`);
  return new SddlParser(text, options).descriptor();
}

/** Reads one ACE in parentheses. @throws {DecodeError} */
export function parseAce(text: string, options: SddlOptions = {}): Ace {
  const parser = new SddlParser(text, options);
  const ace = parser.ace();
  parser.expectEnd();
  return ace;
}

class SddlParser {
  readonly #text: string;
  readonly #options: SddlOptions;
  #at = 0;

  constructor(text: string, options: SddlOptions) {
    this.#text = text;
    this.#options = options;
  }

  descriptor(): SecurityDescriptor {
    let owner: Sid | undefined;
    let group: Sid | undefined;
    let dacl: Acl | null | undefined;
    let sacl: Acl | null | undefined;
    let control = 0;
    const seen = new Set<string>();
    for (let part; (part = this.#match(/\s*([OGDS])\s*:\s*/iy)) !== null; ) {
      const letter = part[1]!.toUpperCase();
      if (seen.has(letter)) throw this.#fail(`has ${letter}: twice`);
      seen.add(letter);
      if (letter === 'O') owner = this.#sid();
      else if (letter === 'G') group = this.#sid();
      else {
        const list = this.#acl(letter === 'D' ? DACL_BITS : SACL_BITS);
        control |= list.control;
        if (letter === 'D') dacl = list.acl;
        else sacl = list.acl;
      }
    }
    this.expectEnd();
    return {
      control,
      ...(owner === undefined ? {} : { owner }),
      ...(group === undefined ? {} : { group }),
      ...(sacl === undefined ? {} : { sacl }),
      ...(dacl === undefined ? {} : { dacl }),
    };
  }

  expectEnd(): void {
    this.#match(/\s*/y);
    if (this.#at < this.#text.length) {
      throw this.#fail(
        `has "${this.#text.slice(this.#at, this.#at + 20)}" where a part begins or the text ends`,
      );
    }
  }

  ace(): Ace {
    if (this.#match(/\s*\(\s*/y) === null) throw this.#fail('has no "(" where an ACE begins');
    const start = this.#at;
    const found = this.#match(/([^;()]*);([^;()]*);([^;()]*);([^;()]*);([^;()]*);([^;()]*)(?:;([^()]*))?\)/y);
    if (found === null) {
      throw this.#fail(
        'has an ACE that is not (type;flags;rights;object;inherited object;account). Conditions are read as # and ' +
          'hexadecimal digits only',
      );
    }
    const end = this.#at;
    this.#at = start; // errors point at the ACE
    const [typeText, flagText, rights, object, inherited, account] = found.slice(1, 7).map((s) => s.trim());
    const type = types.get(typeText!.toUpperCase()) ?? this.#number(typeText!, 0xff, 'ACE type');
    const flags = this.#bits(flagText!, flagTokens, 0xff, 'ACE flag');
    if (rights!.startsWith('#')) {
      if (`${object}${inherited}${account}` !== '') throw this.#fail('has an unknown ACE with an account');
      this.#at = end;
      return { kind: 'opaque', type, flags, body: this.#octets(rights!) };
    }
    if (!isAccountAce(type))
      throw this.#fail(`has an ACE of type ${typeText}, which is read as # and digits only`);
    const label = type === ACE_TYPE.systemMandatoryLabel;
    const ace: Ace = {
      kind: 'account',
      type,
      flags,
      mask: this.#bits(rights!, label ? labelTokens : rightTokens, 0xffff_ffff, 'right'),
      ...(object === '' ? {} : { objectType: this.#guid(object!, type) }),
      ...(inherited === '' ? {} : { inheritedObjectType: this.#guid(inherited!, type) }),
      sid: this.#account(account!),
      data: found[7] === undefined ? new Uint8Array(0) : this.#octets(found[7].trim()),
    };
    this.#at = end;
    return ace;
  }

  #acl(bits: typeof DACL_BITS | typeof SACL_BITS): { acl: Acl | null; control: number } {
    let control = 0;
    let isNull = false;
    for (let flag; (flag = this.#match(/\s*(NO_ACCESS_CONTROL|P|AR|AI)/iy)) !== null; ) {
      const name = flag[1]!.toUpperCase();
      if (name === 'P') control |= bits.protect;
      else if (name === 'AR') control |= bits.request;
      else if (name === 'AI') control |= bits.inherited;
      else isNull = true;
    }
    const aces: Ace[] = [];
    while (/\s*\(/y.test(this.#ahead())) aces.push(this.ace());
    if (isNull && aces.length > 0) throw this.#fail('has ACEs after NO_ACCESS_CONTROL');
    return { acl: isNull ? null : aclOf(aces), control };
  }

  #sid(): Sid {
    const found = this.#match(/S-[\dA-FX-]+(?=\s*(?:[OGDS]\s*:|$))|[A-Z]{2}/iy);
    if (found === null) throw this.#fail('has no account where one belongs');
    return this.#account(found[0]);
  }

  #account(text: string): Sid {
    const sid = tryParseSid(text) ?? sidOfAlias(text.toUpperCase(), this.#options.domain);
    if (sid !== undefined) return sid;
    if (isDomainAlias(text.toUpperCase())) {
      throw this.#fail(`has ${text}, an account of a domain, and no domain is known`);
    }
    throw this.#fail(`has "${text.slice(0, 80)}", which is neither a SID nor an alias`);
  }

  #guid(text: string, type: number): string {
    if (!isGuid(text)) throw this.#fail(`has "${text.slice(0, 80)}", which is no GUID`);
    if (!isObjectAce(type)) throw this.#fail('has a GUID in an ACE whose type has no place for it');
    return text.toLowerCase();
  }

  #bits(text: string, tokens: ReadonlyMap<string, number>, max: number, what: string): number {
    if (/^\d/.test(text)) return this.#number(text, max, what);
    let bits = 0;
    for (let at = 0; at < text.length; at += 2) {
      const token = text.slice(at, at + 2).toUpperCase();
      const bit = tokens.get(token);
      if (bit === undefined) throw this.#fail(`has "${token}", which is no ${what}`);
      bits |= bit;
    }
    return bits >>> 0;
  }

  #number(text: string, max: number, what: string): number {
    const value = /^(0x[\da-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : Number.NaN;
    if (!(value <= max)) throw this.#fail(`has "${text.slice(0, 80)}", which is no ${what}`);
    return value;
  }

  #octets(text: string): Uint8Array {
    if (!/^#(?:[\da-f]{2})*$/i.test(text)) {
      throw this.#fail(`has "${text.slice(0, 40)}" where only # and hexadecimal digits are read`);
    }
    return Uint8Array.from({ length: (text.length - 1) / 2 }, (_, i) =>
      Number.parseInt(text.slice(1 + 2 * i, 3 + 2 * i), 16),
    );
  }

  #ahead(): string {
    return this.#text.slice(this.#at, this.#at + 100);
  }
  #match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#text);
    if (found !== null) this.#at = sticky.lastIndex;
    return found;
  }
  #fail(problem: string): DecodeError {
    return new DecodeError('SDDL', problem, { offset: this.#at, rule: RULE });
  }
}

import { utf8Bytes, utf8Text } from '../../src/ldap/index.ts';

/** Values to write, by attribute name. Text goes out as UTF-8. */
export type LdapAttributes = Readonly<Record<string, readonly (string | Uint8Array)[]>>;

/** What a new entry has in place of an old one: what is not understood goes along, and object classes are joined. */
export function withOldOnes(
  fresh: LdapAttributes,
  notUnderstood: ReadonlyMap<string, readonly (string | Uint8Array)[]>,
  oldClasses: readonly (string | Uint8Array)[],
): LdapAttributes {
  const classes = [...(fresh['objectClass'] ?? []), ...oldClasses];
  const distinct = new Map(classes.map((value) => [String(value).toLowerCase(), value]));
  return { ...Object.fromEntries(notUnderstood), ...fresh, objectClass: [...distinct.values()] };
}

/** An entry as the server gave it. Attribute names are compared without regard to case. */
export class LdapEntry {
  readonly dn: string;
  readonly #attributes = new Map<
    string,
    { readonly name: string; readonly values: readonly (string | Uint8Array)[] }
  >();

  constructor(dn: string, attributes: Iterable<readonly [string, readonly (string | Uint8Array)[]]>) {
    this.dn = dn;
    for (const [name, values] of attributes) {
      if (values.length > 0) this.#attributes.set(name.toLowerCase(), { name, values });
    }
  }

  /** Attribute names as the server spells them. */
  get names(): readonly string[] {
    return Array.from(this.#attributes.values(), ({ name }) => name);
  }

  /** Every value of an attribute; none when the entry does not have it. */
  all(name: string): readonly (string | Uint8Array)[] {
    return this.#attributes.get(name.toLowerCase())?.values ?? [];
  }

  /** The first value as text; undefined when there is none, or when it is not UTF-8. */
  text(name: string): string | undefined {
    const [value] = this.all(name);
    if (value === undefined || typeof value === 'string') return value;
    return utf8Text(value);
  }

  /** The first value's bytes. */
  bytes(name: string): Uint8Array | undefined {
    const [value] = this.all(name);
    return typeof value === 'string' ? utf8Bytes(value) : value;
  }

  /** The first value as a whole number. */
  integer(name: string): number | undefined {
    const text = this.text(name);
    return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
  }

  /** Whether one of the values is `text`, ignoring case. */
  has(name: string, text: string): boolean {
    const wanted = text.toLowerCase();
    return this.all(name).some((value) => typeof value === 'string' && value.toLowerCase() === wanted);
  }
}

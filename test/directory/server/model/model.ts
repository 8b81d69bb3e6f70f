import { type Filter, RESULT } from '../../../../src/ldap/index.ts';
import { ATTRIBUTES, type ModelChange, type ModelDn, type Operation, type Values } from './operations.ts';

/**
 * A directory as the standards describe it and nothing more: written without a look at the server, slow and simple.
 * Where several things are wrong with a request any of their codes is right, for no document says which comes first.
 */
export class Model {
  /** The container is the first of them: no operation changes it. */
  readonly #entries = new Map<string, ModelEntry>([['', CONTAINER]]);
  readonly #defaultSeconds: number;
  #now = 0;

  /** @param defaultSeconds time to live of a dynamic entry that nobody refreshed */
  constructor(defaultSeconds: number) {
    this.#defaultSeconds = defaultSeconds;
  }

  /** Does what is asked when nothing speaks against it. */
  perform(op: Operation): Expected {
    switch (op.kind) {
      case 'add':
        return this.#add(op.dn, op.attributes);
      case 'modify':
        return this.#modify(op.dn, op.changes);
      case 'delete':
        return this.#delete(op.dn);
      case 'compare':
        return this.#compare(op);
      case 'search':
        return this.#search(op);
      case 'refresh':
        return this.#refresh(op.dn, op.seconds);
      case 'rename':
        return this.#rename(op);
      case 'timeLeft':
        return this.#timeLeft(op.dn);
      case 'wait':
        this.#now += op.seconds;
    }
    return { codes: [RESULT.success] };
  }

  /** Whether there is a live entry below that name. */
  hasBelow(dn: ModelDn): boolean {
    return this.#below(keyOf(dn)).some((each) => this.#isLive(this.#entries.get(each)));
  }

  /** Whether an entry lives longer than it was told to, for the sake of one that is or was below it. */
  isExtended(dn: ModelDn): boolean {
    return this.#entries.get(keyOf(dn))?.isExtended === true;
  }

  #add(dn: ModelDn, given: Values): Expected {
    const wrong = new Set<number>();
    const key = keyOf(dn);
    for (const [attribute, values] of Object.entries(given)) {
      if (attribute === 'objectClass') continue;
      for (const code of valueFaults(attribute, values)) wrong.add(code);
    }
    const classes = given.objectClass!;
    if (classes.some((name) => !CLASSES.has(name))) {
      wrong.add(RESULT.objectClassViolation).add(RESULT.invalidAttributeSyntax);
    }
    const isDynamic = classes.includes('dynamicObject');
    const parent = this.#live(dn.slice(1));
    if (parent === undefined) wrong.add(RESULT.noSuchObject);
    if (parent?.expires !== undefined && !isDynamic) {
      wrong.add(RESULT.objectClassViolation).add(RESULT.constraintViolation);
    }
    if (this.#live(dn) !== undefined) wrong.add(RESULT.entryAlreadyExists);
    if (wrong.size > 0) return { codes: [...wrong] };
    for (const below of [key, ...this.#below(key)]) this.#entries.delete(below);
    const expires = isDynamic ? this.#now + this.#defaultSeconds : undefined;
    const attributes = new Map(Object.entries(given).filter(([, values]) => values.length > 0));
    this.#entries.set(key, { dn, attributes, expires });
    if (expires !== undefined) this.#extend(dn, expires);
    return { codes: [RESULT.success] };
  }

  #modify(dn: ModelDn, changes: readonly ModelChange[]): Expected {
    const entry = this.#live(dn);
    const wrong = new Set<number>(entry === undefined ? [RESULT.noSuchObject] : []);
    for (const { operation, attribute, values } of changes) {
      for (const code of valueFaults(attribute, values)) wrong.add(code);
      if (operation === 'add' && values.length === 0) wrong.add(RESULT.protocolError);
    }
    const attributes = new Map(entry?.attributes);
    let isWhole = true;
    for (const change of changes) {
      const code = entry === undefined ? undefined : apply(attributes, change);
      if (code === undefined) continue;
      wrong.add(code);
      isWhole = false;
      break; // the rest is not come to
    }
    if (entry !== undefined && isWhole) {
      for (const code of wholeFaults(entry.dn, attributes)) wrong.add(code);
    }
    if (wrong.size > 0 || entry === undefined) return { codes: [...wrong] };
    this.#entries.set(keyOf(dn), { ...entry, attributes });
    return { codes: [RESULT.success] };
  }

  #delete(dn: ModelDn): Expected {
    if (this.#live(dn) === undefined) return { codes: [RESULT.noSuchObject] };
    if (this.hasBelow(dn)) return { codes: [RESULT.notAllowedOnNonLeaf] };
    for (const each of [keyOf(dn), ...this.#below(keyOf(dn))]) this.#entries.delete(each);
    return { codes: [RESULT.success] };
  }

  #compare({ dn, attribute, value }: Extract<Operation, { kind: 'compare' }>): Expected {
    const entry = this.#live(dn);
    const wrong = entry === undefined ? [RESULT.noSuchObject] : [];
    if (!isKnown(attribute)) return { codes: [...wrong, RESULT.undefinedAttributeType] };
    if (entry === undefined) return { codes: wrong };
    const values = entry.attributes.get(attribute);
    if (values === undefined) return { codes: [RESULT.noSuchAttribute] };
    const isEqual = values.some((each) => normal(attribute, each) === normal(attribute, value));
    return { codes: [isEqual ? RESULT.compareTrue : RESULT.compareFalse] };
  }

  #search({ dn, scope, filter, sizeLimit }: Extract<Operation, { kind: 'search' }>): Expected {
    if (this.#live(dn) === undefined) return { codes: [RESULT.noSuchObject] };
    const base = keyOf(dn);
    const found = [...this.#entries].filter(([key, entry]) => {
      if (!this.#isLive(entry)) return false;
      const isBase = key === base;
      const isChild = keyOf(entry.dn.slice(1)) === base && !isBase;
      const isBelow = isBase || isUnder(key, base);
      const inScope = { base: isBase, one: isChild, sub: isBelow, subordinates: isBelow && !isBase }[scope];
      return inScope && holds(filter, entry.attributes) === true;
    });
    const entries = new Map(found.map(([key, { attributes }]) => [key, inOrder(attributes)]));
    return { codes: [RESULT.success], entries, sizeLimit };
  }

  #refresh(dn: ModelDn, seconds: number): Expected {
    const entry = this.#live(dn);
    if (entry === undefined) return { codes: [RESULT.noSuchObject] };
    if (entry.expires === undefined) return { codes: [RESULT.objectClassViolation] };
    this.#entries.set(keyOf(dn), { ...entry, expires: this.#now + seconds, isExtended: false });
    this.#extend(dn, this.#now + seconds);
    return { codes: [RESULT.success], seconds };
  }

  #timeLeft(dn: ModelDn): Expected {
    const entry = this.#live(dn);
    if (entry === undefined) return { codes: [RESULT.noSuchObject] };
    const seconds = entry.expires === undefined ? undefined : entry.expires - this.#now;
    return { codes: [RESULT.success], seconds };
  }

  #rename({ dn, rdn, deleteOld, superior }: Extract<Operation, { kind: 'rename' }>): Expected {
    const entry = this.#live(dn);
    const target = [rdn, ...superior];
    const parent = this.#live(superior);
    const wrong = new Set<number>();
    if (entry === undefined || parent === undefined) wrong.add(RESULT.noSuchObject);
    const isCircle = keyOf(superior) === keyOf(dn) || isUnder(keyOf(superior), keyOf(dn));
    if (isCircle || isUnder(keyOf(dn), keyOf(target))) wrong.add(RESULT.unwillingToPerform);
    if (keyOf(target) !== keyOf(dn) && this.#live(target) !== undefined) wrong.add(RESULT.entryAlreadyExists);
    const below = this.#below(keyOf(dn));
    if (this.hasBelow(dn)) wrong.add(RESULT.notAllowedOnNonLeaf);
    if (parent?.expires !== undefined && entry?.expires === undefined) {
      wrong.add(RESULT.objectClassViolation).add(RESULT.constraintViolation);
    }
    if (entry === undefined || wrong.size > 0) return { codes: [...wrong] };
    const attributes = new Map(entry.attributes);
    const [oldType, oldValue] = pair(entry.dn[0]!);
    const [type, value] = pair(rdn);
    if (deleteOld) apply(attributes, { operation: 'delete', attribute: oldType, values: [oldValue] });
    apply(attributes, { operation: 'add', attribute: type, values: [value] });
    for (const each of [keyOf(dn), ...below, keyOf(target), ...this.#below(keyOf(target))]) {
      this.#entries.delete(each);
    }
    this.#entries.set(keyOf(target), { ...entry, dn: target, attributes });
    if (entry.expires !== undefined) this.#extend(target, entry.expires);
    return { codes: [RESULT.success] };
  }

  #live(dn: ModelDn): ModelEntry | undefined {
    const entry = this.#entries.get(keyOf(dn));
    return this.#isLive(entry) ? entry : undefined;
  }
  #isLive(entry: ModelEntry | undefined): boolean {
    return entry !== undefined && (entry.expires === undefined || entry.expires > this.#now);
  }
  #below(key: string): string[] {
    return [...this.#entries.keys()].filter((each) => isUnder(each, key));
  }
  /** RFC 2589 §3.1: an entry does not end before those below it. */
  #extend(dn: ModelDn, expires: number): void {
    for (let above = dn.slice(1); above.length > 0; above = above.slice(1)) {
      const entry = this.#entries.get(keyOf(above));
      if (entry?.expires !== undefined && entry.expires < expires) {
        this.#entries.set(keyOf(above), { ...entry, expires, isExtended: true });
      }
    }
  }
}

interface ModelEntry {
  readonly dn: ModelDn;
  readonly attributes: ReadonlyMap<string, readonly string[]>;
  readonly expires: number | undefined;
  readonly isExtended?: boolean;
}

/** What is right to answer. */
export interface Expected {
  readonly codes: readonly number[];
  /** Entries by {@link keyOf}. With a size limit that they exceed, any so many of them and sizeLimitExceeded. */
  readonly entries?: ReadonlyMap<string, Values>;
  readonly sizeLimit?: number;
  /** Time to live that was granted, or that is left. */
  readonly seconds?: number | undefined;
}

/** Attributes that searches ask for. */
export const SHOWN: readonly string[] = ['objectClass', 'uid', 'cn', ...ATTRIBUTES];

const CONTAINER: ModelEntry = {
  dn: [],
  attributes: new Map([['objectClass', ['organizationalUnit']]]),
  expires: undefined,
};
const CLASSES = new Set(['rtConference', 'rtPerson', 'dynamicObject']);
const isKnown = (attribute: string): boolean => SHOWN.includes(attribute);
const isSingle = (attribute: string): boolean => attribute === 'conferenceBlob';

/** A value as its attribute compares it. */
function normal(attribute: string, value: string): string {
  if (attribute === 'conferenceBlob') return value;
  const squeezed = value.trim().replace(/ +/g, ' ');
  return attribute === 'url' ? squeezed : squeezed.toLowerCase();
}

function pair(rdn: string): [string, string] {
  const at = rdn.indexOf('=');
  return [rdn.slice(0, at).toLowerCase(), rdn.slice(at + 1).replaceAll('\\', '')];
}

/** One text for all ways to write a name. */
export const keyOf = (dn: ModelDn): string =>
  dn
    .map((rdn) =>
      pair(rdn)
        .map((text) => normal('uid', text))
        .join('='),
    )
    .join('\n');
const isUnder = (key: string, above: string): boolean => above === '' || key.endsWith(`\n${above}`);

/** Attributes and values in an order of their own, so that they can be compared as text. */
export const inOrder = (attributes: Iterable<readonly [string, readonly string[]]>): Values =>
  Object.fromEntries(
    [...attributes]
      .map(([name, values]) => [name, values.toSorted()] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** What is wrong with values given at once. */
function valueFaults(attribute: string, values: readonly string[]): number[] {
  if (!isKnown(attribute)) return [RESULT.undefinedAttributeType];
  const isTwice = new Set(values.map((value) => normal(attribute, value))).size < values.length;
  return [
    ...(isTwice ? [RESULT.attributeOrValueExists] : []),
    ...(isSingle(attribute) && values.length > 1 ? [RESULT.constraintViolation] : []),
  ];
}

/** Makes one change. @returns why it cannot be made */
function apply(
  attributes: Map<string, readonly string[]>,
  { operation, attribute, values }: ModelChange,
): number | undefined {
  const present = attributes.get(attribute) ?? [];
  const has = (value: string): boolean =>
    present.some((each) => normal(attribute, each) === normal(attribute, value));
  let left = values;
  if (operation === 'add') {
    if (values.some(has)) return RESULT.attributeOrValueExists;
    left = [...present, ...values];
  } else if (operation === 'delete') {
    if (present.length === 0 || !values.every(has)) return RESULT.noSuchAttribute;
    const gone = new Set(values.map((value) => normal(attribute, value)));
    left = values.length === 0 ? [] : present.filter((value) => !gone.has(normal(attribute, value)));
  }
  if (left.length === 0) attributes.delete(attribute);
  else attributes.set(attribute, left);
  return undefined;
}

/** What is wrong with an entry after all changes. */
function wholeFaults(dn: ModelDn, attributes: ReadonlyMap<string, readonly string[]>): number[] {
  const faults: number[] = [];
  for (const [name, values] of attributes) {
    if (isSingle(name) && values.length > 1) faults.push(RESULT.constraintViolation);
  }
  const [type, value] = pair(dn[0]!);
  if (!attributes.get(type)?.some((each) => normal(type, each) === normal(type, value))) {
    faults.push(RESULT.notAllowedOnRDN);
  }
  if (!attributes.has('cn')) faults.push(RESULT.objectClassViolation);
  return faults;
}

/** RFC 4511 §4.5.1.7, with three truth values. */
function holds(filter: Filter, attributes: ReadonlyMap<string, readonly string[]>): boolean | undefined {
  if ('filters' in filter) {
    const decisive = filter.kind === 'or';
    const truths = filter.filters.map((inner) => holds(inner, attributes));
    if (truths.includes(decisive)) return decisive;
    return truths.includes(undefined) ? undefined : !decisive;
  }
  if (filter.kind === 'not') {
    const truth = holds(filter.filter, attributes);
    return truth === undefined ? undefined : !truth;
  }
  if (filter.kind === 'extensible') return undefined; // not generated
  const { attribute } = filter;
  if (!isKnown(attribute)) return undefined;
  const values = (attributes.get(attribute) ?? []).map((value) => normal(attribute, value));
  if (filter.kind === 'present') return values.length > 0;
  const text = (octets: Uint8Array): string => normal(attribute, new TextDecoder().decode(octets));
  if (filter.kind === 'substrings') {
    if (attribute === 'conferenceBlob') return undefined; // octet strings have no substrings
    const { initial, any, final } = filter;
    const quoted = [initial, ...any, final].map((octets) =>
      octets === undefined ? '' : escape(text(octets)),
    );
    const pattern = new RegExp(`^${quoted.join('.*')}$`, 's');
    return values.some((value) => pattern.test(value));
  }
  const wanted = text(filter.value);
  if (filter.kind === 'greaterOrEqual') return values.some((value) => value >= wanted);
  if (filter.kind === 'lessOrEqual') return values.some((value) => value <= wanted);
  return values.includes(wanted);
}

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

import { type BerReader, BerWriter } from '../../src/ldap/index.ts';
import { type AttributeDescription, attributeDescription } from './schema.ts';

/** Shapes that are remembered together: options come from clients, so there may be any number. */
const MAX_SHAPES = 5000;
/** Attributes up to which an entry is like others. */
const MAX_SHARED = 200;
const UNNAMED = new Uint8Array(0);
let remembered = 0;
let root: EntryShape | undefined;

/**
 * Which attributes a stored entry has, in their order. Most entries have those that the one before had, so their names
 * are compared with what is expected and not read.
 */
export class EntryShape {
  /** Number of attributes. */
  readonly count: number;
  /** How many of them, from the first on, are user attributes. */
  readonly userCount: number;
  /** The last of them; undefined when the schema no longer has it. */
  readonly last: AttributeDescription | undefined;
  /** The name of the last of them as it is stored. */
  readonly #name: Uint8Array;
  readonly #before: EntryShape | undefined;
  #after: Map<string, EntryShape> | undefined;
  /** What came next last time. */
  #likely: EntryShape | undefined;
  #whole: Whole | undefined;

  private constructor(before: EntryShape | undefined, name: string) {
    this.#before = before;
    this.count = before === undefined ? 0 : before.count + 1;
    this.#name = this.count > MAX_SHARED ? UNNAMED : new BerWriter(32).text(name).finish();
    this.last = before === undefined ? undefined : attributeDescription(name);
    const isUser = this.last !== undefined && !this.last.type.operational;
    const isAllUser = before !== undefined && before.userCount === before.count && isUser;
    this.userCount = isAllUser ? this.count : (before?.userCount ?? 0);
  }

  /** The shape without attributes. */
  static empty(): EntryShape {
    if (root === undefined || remembered > MAX_SHAPES) {
      root = new EntryShape(undefined, '');
      remembered = 0;
    }
    return root;
  }

  /** Reads the name of one more attribute. @throws {DecodeError} when it is none */
  with(r: BerReader): EntryShape {
    const likely = this.#likely;
    if (likely !== undefined && r.skipBytes(likely.#name)) return likely;
    const name = r.text();
    if (this.count >= MAX_SHARED) return new EntryShape(this, name);
    this.#after ??= new Map();
    let next = this.#after.get(name);
    if (next === undefined) {
      next = new EntryShape(this, name);
      this.#after.set(name, next);
      remembered++;
    }
    this.#likely = next;
    return next;
  }

  /** Of each attribute; undefined for one that the schema no longer has. */
  get descriptions(): readonly (AttributeDescription | undefined)[] {
    return this.#all.descriptions;
  }
  /** Place of the attribute with that key. */
  placeOf(key: string): number | undefined {
    return this.#all.places.get(key);
  }
  /** Whether the user attributes are not one run: a type that the schema no longer has stands between them. */
  get isBroken(): boolean {
    return this.#all.isBroken;
  }
  /** Whether any attribute has options. */
  get hasOptions(): boolean {
    return this.#all.hasOptions;
  }

  get #all(): Whole {
    this.#whole ??= gather(EntryShape.#listOf(this), this.userCount);
    return this.#whole;
  }
  static #listOf(shape: EntryShape): (AttributeDescription | undefined)[] {
    const list: (AttributeDescription | undefined)[] = [];
    for (let at = shape; at.#before !== undefined; at = at.#before) list.push(at.last);
    return list.reverse();
  }
}

function gather(descriptions: readonly (AttributeDescription | undefined)[], userCount: number): Whole {
  const places = new Map<string, number>();
  for (const [place, description] of descriptions.entries()) {
    if (description !== undefined && !places.has(description.key)) places.set(description.key, place);
  }
  remembered += descriptions.length;
  const hasOptions = descriptions.some((description) => (description?.options.length ?? 0) > 0);
  const isBroken = descriptions.slice(userCount).some((after) => after?.type.operational === false);
  return { descriptions, places, hasOptions, isBroken };
}

interface Whole {
  readonly descriptions: readonly (AttributeDescription | undefined)[];
  readonly places: ReadonlyMap<string, number>;
  readonly hasOptions: boolean;
  readonly isBroken: boolean;
}

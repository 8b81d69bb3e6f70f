import fc from 'fast-check';
import type { Filter } from '../../../../src/ldap/index.ts';
import { filtersOf } from '../../../ldap/support.ts';

/** RDNs from the leaf up, below a container that every subject has. Few, so that operations meet the same entries. */
export type ModelDn = readonly string[];
export type Values = Readonly<Record<string, readonly string[]>>;
export interface ModelChange {
  readonly operation: 'add' | 'delete' | 'replace';
  readonly attribute: string;
  readonly values: readonly string[];
}
export type Scope = 'base' | 'one' | 'sub' | 'subordinates';

/** What a directory can be asked to do. */
export type Operation =
  | { readonly kind: 'add'; readonly dn: ModelDn; readonly attributes: Values }
  | { readonly kind: 'modify'; readonly dn: ModelDn; readonly changes: readonly ModelChange[] }
  | { readonly kind: 'delete'; readonly dn: ModelDn }
  | { readonly kind: 'compare'; readonly dn: ModelDn; readonly attribute: string; readonly value: string }
  | {
      readonly kind: 'search';
      readonly dn: ModelDn;
      readonly scope: Scope;
      readonly filter: Filter;
      readonly sizeLimit: number;
    }
  | { readonly kind: 'refresh'; readonly dn: ModelDn; readonly seconds: number }
  | {
      readonly kind: 'rename';
      readonly dn: ModelDn;
      readonly rdn: string;
      readonly deleteOld: boolean;
      readonly superior: ModelDn;
    }
  | { readonly kind: 'timeLeft'; readonly dn: ModelDn }
  | { readonly kind: 'wait'; readonly seconds: number };

const WORDS = ['x', 'X', 'y', 'Zed', 'x y', 'x   Y', ' x', '*(z)\\'] as const;
const CONFERENCE_ATTRIBUTES = ['originator', 'url', 'conferenceBlob', 'generalDescription', 'protocolID'];
const PERSON_ATTRIBUTES = ['location', 'comment', 'port', 'guid'];
export const ATTRIBUTES: readonly string[] = [...CONFERENCE_ATTRIBUTES, ...PERSON_ATTRIBUTES];
/** No schema has it. */
export const UNKNOWN = 'noSuchThing';

const word = fc.constantFrom(...WORDS);
const rdn = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('uid=a', 'UID=A', 'uid=a  b', 'uid=A b', 'cn=p') },
  { weight: 1, arbitrary: fc.constantFrom('uid=c\\,d', 'CN=P', 'cn=q') },
);
const dn: fc.Arbitrary<ModelDn> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(rdn) },
  { weight: 1, arbitrary: fc.tuple(rdn, rdn) },
);
const baseDn: fc.Arbitrary<ModelDn> = fc.oneof(dn, fc.constant([]), fc.constant([]));
export const isConference = (name: ModelDn): boolean => /^uid=/i.test(name[0] ?? '');

/** Attributes that both classes of a name allow: not everyone holds entries against their class. */
const attributeOf = (name: ModelDn): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.constantFrom(...(isConference(name) ? CONFERENCE_ATTRIBUTES : PERSON_ATTRIBUTES)),
    },
    { weight: 1, arbitrary: fc.constant(UNKNOWN) },
  );

const add: fc.Arbitrary<Operation> = dn.chain((name) =>
  fc
    .record({
      classes: fc.oneof(
        { weight: 6, arbitrary: fc.constant(['dynamicObject']) },
        { weight: 2, arbitrary: fc.constant<string[]>([]) },
        { weight: 1, arbitrary: fc.constant([UNKNOWN]) },
      ),
      others: fc.dictionary(attributeOf(name), fc.array(word, { minLength: 1, maxLength: 2 }), {
        maxKeys: 3,
      }),
    })
    .map(({ classes, others }) => ({
      kind: 'add' as const,
      dn: name,
      attributes: {
        objectClass: [isConference(name) ? 'rtConference' : 'rtPerson', ...classes],
        ...namingAttributes(name[0]!),
        ...others,
      },
    })),
);

/** The values of an RDN; not every server adds them itself. A conference must have a cn. */
function namingAttributes(text: string): Values {
  const value = text.slice(text.indexOf('=') + 1).replaceAll('\\', '');
  return isConference([text]) ? { uid: [value], cn: ['conference'] } : { cn: [value] };
}

/**
 * Servers differ in whether a value may be deleted twice in one change, and in whether a single-valued attribute may have
 * two values until a later change takes one away (RFC 4511 §4.6 allows it; slapd does not). Neither is asked for.
 */
function withoutDispute(change: ModelChange): ModelChange {
  const { operation, attribute, values } = change;
  return operation === 'delete' || attribute === 'conferenceBlob'
    ? { ...change, values: values.slice(0, 1) }
    : change;
}

const modify: fc.Arbitrary<Operation> = dn.chain((name) =>
  fc
    .array(
      fc.record({
        operation: fc.constantFrom('add' as const, 'delete' as const, 'replace' as const),
        attribute: fc.oneof(
          { weight: 10, arbitrary: attributeOf(name) },
          { weight: 1, arbitrary: fc.constant(isConference(name) ? 'uid' : 'cn') },
        ),
        values: fc.array(word, { maxLength: 2 }),
      }),
      { minLength: 1, maxLength: 3 },
    )
    .map((changes) => ({ kind: 'modify' as const, dn: name, changes: changes.map(withoutDispute) })),
);

const anyAttribute = fc.constantFrom(...ATTRIBUTES, 'uid', 'cn', UNKNOWN);
const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const part = fc.constantFrom('x', 'Y', 'z', 'ed', 'a');
const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ kind: fc.constant('present' as const), attribute: anyAttribute }),
  fc.record({
    kind: fc.constant('equality' as const),
    attribute: anyAttribute,
    value: fc.oneof(word, fc.constantFrom('A', 'a b', 'p', 'Q')).map(octets),
  }),
  // RFC 4519 gives cn and uid no ordering rule; our service lets them have one.
  fc.record({
    kind: fc.constantFrom('greaterOrEqual' as const, 'lessOrEqual' as const),
    attribute: fc.constantFrom(...ATTRIBUTES, UNKNOWN),
    value: word.map(octets),
  }),
  fc.record({
    kind: fc.constant('equality' as const),
    attribute: fc.constant('objectClass'),
    value: fc.constantFrom('rtConference', 'RTPERSON', 'dynamicobject').map(octets),
  }),
  fc
    .record({
      attribute: anyAttribute,
      initial: fc.option(part, { nil: undefined }),
      any: fc.array(part, { maxLength: 2 }),
      final: fc.option(part, { nil: undefined }),
    })
    .filter(({ initial, any, final }) => initial !== undefined || final !== undefined || any.length > 0)
    .map(({ attribute, initial, any, final }) => ({
      kind: 'substrings' as const,
      attribute,
      any: any.map(octets),
      ...(initial === undefined ? {} : { initial: octets(initial) }),
      ...(final === undefined ? {} : { final: octets(final) }),
    })),
);
const search: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constant('search' as const),
  dn: baseDn,
  scope: fc.constantFrom(
    'base' as const,
    'one' as const,
    'sub' as const,
    'sub' as const,
    'subordinates' as const,
  ),
  filter: filtersOf(leaf),
  sizeLimit: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(2) }),
});
/** To a name of the same kind: conferences are named by uid, persons by cn. */
const rename: fc.Arbitrary<Operation> = fc
  .record({
    kind: fc.constant('rename' as const),
    dn,
    rdn,
    deleteOld: fc.boolean(),
    superior: fc.oneof(fc.constant([]), fc.constant([]), fc.tuple(rdn)),
  })
  .filter((op) => isConference(op.dn) === isConference([op.rdn]));

/** Everything there is. */
const lookAround: Operation = {
  kind: 'search',
  dn: [],
  scope: 'sub',
  filter: { kind: 'present', attribute: 'objectClass' },
  sizeLimit: 0,
};

export const operations = {
  add,
  modify,
  search,
  rename,
  lookAround: fc.constant(lookAround),
  delete: dn.map((name): Operation => ({ kind: 'delete', dn: name })),
  compare: fc.record({
    kind: fc.constant('compare' as const),
    dn,
    attribute: anyAttribute,
    value: word,
  }),
  refresh: fc.record({
    kind: fc.constant('refresh' as const),
    dn: fc.oneof(dn, dn, fc.constant([])),
    seconds: fc.constantFrom(60, 1000, 86_400),
  }),
  timeLeft: dn.map((name): Operation => ({ kind: 'timeLeft', dn: name })),
  wait: fc.constantFrom(1, 59, 1000, 2000).map((seconds): Operation => ({ kind: 'wait', seconds })),
} satisfies Record<string, fc.Arbitrary<Operation>>;

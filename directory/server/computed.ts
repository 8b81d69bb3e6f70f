import { textAttribute } from '../../src/ldap/index.ts';
import { csnText } from './change-log.ts';
import type { OperationContext } from './context.ts';
import { type Entry, EntryAttribute } from './entry.ts';
import type { ComputedAttribute } from './filter-match.ts';
import type { PlanContext } from './plan.ts';
import { isMonitorPath } from './monitor.ts';
import { attributeDescription } from './schema.ts';
import { subschemaValues } from './subschema.ts';
import { SCHEMA, SCHEMA_PATH, SUFFIX_PATH } from './tree.ts';
import { secondsLeft } from './ttl.ts';

const text = (name: string, ...values: readonly string[]): EntryAttribute =>
  new EntryAttribute(attributeDescription(name)!, textAttribute(name, ...values).vals);

const subschemaSubentry = text('subschemaSubentry', SCHEMA);
const yes = text('hasSubordinates', 'TRUE');
const no = text('hasSubordinates', 'FALSE');
const subschema: ReadonlyMap<string, EntryAttribute> = new Map(
  Array.from(subschemaValues(), ([key, values]) => [key, text(key, ...values)]),
);

/** Keys of attributes that {@link computedAttributes} makes. */
export const COMPUTED: readonly string[] = [
  'entryttl',
  'hassubordinates',
  'subschemasubentry',
  'entrydn',
  'entrycsn',
  'contextcsn',
  ...subschema.keys(),
];

/** Computed too, but given to those alone who name it: OpenLDAP's replicas ask for all, and do not know it. */
const NAMED_ONLY = 'numsubordinates';

/** Attributes that are worked out when they are read. */
export function computedAttributes(context: OperationContext): ComputedAttribute {
  const { store, clock } = context;
  return (entry: Entry, type) => {
    if (entry.path === '' || isMonitorPath(entry.path)) return undefined; // these are made whole
    switch (type) {
      case 'entryttl':
        return entry.expires === undefined
          ? undefined
          : text('entryTtl', String(secondsLeft(entry.expires, clock.wall())));
      case 'hassubordinates':
        return store.hasChildren(entry.id, clock.wall()) ? yes : no;
      case NAMED_ONLY:
        return text('numSubordinates', String(store.countChildren(entry.id, clock.wall())));
      case 'subschemasubentry':
        return subschemaSubentry;
      case 'entrydn':
        return text('entryDN', entry.dn);
      case 'entrycsn':
        return text('entryCSN', csnText(entry.csn));
      case 'contextcsn':
        return entry.path === SUFFIX_PATH ? text('contextCSN', csnText(store.changes.last)) : undefined;
      default:
        return entry.path === SCHEMA_PATH
          ? subschema.get(type)
          : context.legacy?.joinedAttribute(context, entry, type);
    }
  };
}

/** What choosing an index needs to know: values that are worked out are in none. */
export const planContext = ({ store, legacy }: OperationContext): PlanContext => ({
  store,
  isComputed: (type) => COMPUTED.includes(type) || type === NAMED_ONLY || (legacy?.isJoined(type) ?? false),
});

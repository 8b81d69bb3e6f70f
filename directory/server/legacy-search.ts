import {
  type Filter,
  MAX_TTL_SECONDS,
  type SearchRequest,
  utf8Bytes,
  utf8Text,
} from '../../src/ldap/index.ts';
import { readPseudoDn } from './legacy-names.ts';
import { attributeType, STTL } from './schema.ts';

type Assertion = Filter & { readonly kind: 'equality' };

/**
 * A search as NetMeeting means it: the base `objectClass=rtPerson` is the container of all persons and is searched
 * whatever the scope says, and `%` in a name stands for anything. Below any other base `%` is a character: names may
 * have it, and those who search there know `*`.
 */
export function translateSearch(request: SearchRequest): SearchRequest {
  const base = baseOf(request);
  if (base === undefined) return request;
  const filter = withWildcards(request.filter);
  return { ...request, filter, baseObject: base.dn, ...(base.isContainer ? { scope: 'sub' } : {}) };
}

function baseOf({
  baseObject,
  scope,
  filter,
}: SearchRequest): { dn: string; isContainer: boolean } | undefined {
  if (baseObject !== '') return readPseudoDn(baseObject);
  // An empty base is the root DSE for everyone else, which is of none of these classes.
  if (scope !== 'base') return undefined;
  for (const part of conjuncts(filter)) {
    if (!isAbout(part, 'objectclass')) continue;
    const name = readPseudoDn(`objectClass=${utf8Text(part.value) ?? ''}`);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** The parts that must all be true. */
const conjuncts = (filter: Filter): readonly Filter[] => (filter.kind === 'and' ? filter.filters : [filter]);

const isAbout = (filter: Filter, key: string): filter is Assertion =>
  filter.kind === 'equality' && attributeType(filter.attribute)?.key === key;

/** `filter` itself when nothing in it is to be changed. */
function withWildcards(filter: Filter): Filter {
  if (filter.kind === 'not') {
    const inner = withWildcards(filter.filter);
    return inner === filter.filter ? filter : { kind: 'not', filter: inner };
  }
  if (filter.kind === 'and' || filter.kind === 'or') {
    const filters = filter.filters.map(withWildcards);
    const isSame = filters.every((inner, i) => inner === filter.filters[i]);
    return isSame ? filter : { kind: filter.kind, filters };
  }
  return isAbout(filter, 'cn') ? wildcard(filter) : filter;
}

function wildcard(filter: Assertion): Filter {
  const { attribute, value } = filter;
  const parts = utf8Text(value)?.split('%');
  if (parts === undefined || parts.length === 1) return filter;
  const octets = (text: string | undefined): Uint8Array | undefined =>
    text === undefined || text === '' ? undefined : utf8Bytes(text);
  const initial = octets(parts[0]);
  const final = octets(parts.at(-1));
  const any = parts
    .slice(1, -1)
    .filter((part) => part !== '')
    .map(utf8Bytes);
  if (initial === undefined && final === undefined && any.length === 0) return { kind: 'present', attribute };
  return {
    kind: 'substrings',
    attribute,
    any,
    ...(initial === undefined ? {} : { initial }),
    ...(final === undefined ? {} : { final }),
  };
}

/** A search that sets the time to live of what it finds. */
export interface RefreshSearch {
  /** What it looks for: the filter without `sttl`. */
  readonly filter: Filter;
  readonly seconds: number;
  /** Whether it names what it is about. One that lists everybody refreshes nobody. */
  readonly namesOne: boolean;
}

/**
 * Reads `(&(objectClass=rtPerson)(cn=<name>)(sttl=10))`, by which NetMeeting keeps its entry for ten minutes more.
 *
 * @returns undefined unless exactly one part of an outermost AND is `sttl` with a whole number of minutes; anywhere
 *   else `sttl` is an attribute that does not exist
 */
export function readRefreshSearch(filter: Filter): RefreshSearch | undefined {
  if (filter.kind !== 'and') return undefined;
  const isSttl = (part: Filter): part is Assertion =>
    part.kind === 'equality' && part.attribute.toLowerCase() === STTL;
  const asked = filter.filters.filter(isSttl);
  const minutes = asked.length === 1 ? (utf8Text(asked[0]!.value) ?? '') : '';
  if (!/^0*[1-9]\d{0,9}$/.test(minutes)) return undefined;
  const filters = filter.filters.filter((part) => !isSttl(part));
  return {
    filter: { kind: 'and', filters },
    seconds: Math.min(Number(minutes) * 60, MAX_TTL_SECONDS),
    namesOne: filters.some((part) => isAbout(part, 'cn') || isAbout(part, 'uid')),
  };
}

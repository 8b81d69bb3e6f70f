import type { Filter } from '../../src/ldap/index.ts';
import { assertionTest, matchesSubstrings, substringParts } from './filter-match.ts';
import { type AttributeType, attributeDescription } from './schema.ts';
import type { EntryStore } from './store.ts';
import { ascending, indexKey } from './store-index.ts';
import { INDEXED_ATTRIBUTES } from './store-schema.ts';
import { type CandidateSource, ColumnSource } from './store-scope.ts';

/** More alternatives than this are looked for by reading everything once. */
const MAX_ALTERNATIVES = 64;

interface Choice {
  /** Guess of the share of entries that are candidates: 0 none, 1 all. */
  readonly share: number;
  source(): CandidateSource;
}

/** What choosing needs to know: where to look, and which attributes entries do not hold themselves. */
export interface PlanContext {
  readonly store: EntryStore;
  readonly isComputed: (type: string) => boolean;
}

const everything: Choice = { share: 1, source: () => ({ kind: 'all' }) };
const nothing: Choice = { share: 0, source: () => ({ kind: 'ids', ids: [] }) };

/** Chooses the way that leaves the fewest entries to hold against `filter`. */
export function chooseSource(filter: Filter, context: PlanContext): CandidateSource {
  return choose(filter, context).source();
}

function choose(filter: Filter, context: PlanContext): Choice {
  switch (filter.kind) {
    case 'and': {
      let best = everything;
      for (const inner of filter.filters) {
        const choice = choose(inner, context);
        if (choice.share < best.share) best = choice;
      }
      return best;
    }
    case 'or':
      return union(filter.filters, context);
    case 'not':
    case 'extensible':
      return everything;
    case 'present':
    case 'equality':
    case 'approx':
    case 'substrings':
    case 'greaterOrEqual':
    case 'lessOrEqual':
      break;
  }
  const type = attributeDescription(filter.attribute)?.type;
  if (type === undefined || context.isComputed(type.key)) return everything;
  // Every entry has a class; and most values of it are in half of them.
  if (filter.kind === 'present' && type.key === 'objectclass') return everything;
  const attribute = INDEXED_ATTRIBUTES.indexOf(type.key);
  return attribute < 0 ? byColumn(filter, type, context) : byIndex(filter, attribute, type, context);
}

type ValueFilter = Exclude<Filter, { kind: 'and' | 'or' | 'not' | 'extensible' }>;

function byIndex(
  filter: ValueFilter,
  attribute: number,
  type: AttributeType,
  { store }: PlanContext,
): Choice {
  switch (filter.kind) {
    case 'equality':
    case 'approx': {
      const key = type.rule.key(filter.value);
      if (key === undefined) return nothing;
      if (attribute === 0 && key === 'top') return everything;
      return {
        // Few entries share a name, many a class.
        share: attribute === 0 ? 0.5 : 0.001,
        source: () => ({ kind: 'equal', attribute, value: indexKey(key) }),
      };
    }
    case 'substrings': {
      const parts = substringParts(filter, type.rule);
      if (parts === undefined || attribute === 0) return everything;
      const { initial, any, final } = parts;
      // A blank at the edge of a part may have been squeezed together with its neighbour.
      const prefix = initial.trimEnd();
      if (prefix !== '') {
        return {
          share: 0.1 / prefix.length,
          source: () => ({ kind: 'ids', ids: store.index.withPrefix(attribute, prefix) }),
        };
      }
      const longest = [...any, final].map((part) => part.trim()).sort((a, b) => b.length - a.length)[0] ?? '';
      if (longest === '') return everything;
      return {
        share: 0.2,
        source: () => ({ kind: 'ids', ids: store.index.containing(attribute, longest) }),
      };
    }
    case 'present':
    case 'greaterOrEqual':
    case 'lessOrEqual':
      return everything;
  }
  return everything;
}

function byColumn(filter: ValueFilter, type: AttributeType, { store }: PlanContext): Choice {
  const choice = (share: number, test: (key: string) => boolean): Choice => ({
    share,
    source: () => new ColumnSource([type.key], () => store.columns.find(type.key, test)),
  });
  if (filter.kind === 'present') return choice(0.6, () => true);
  if (filter.kind === 'substrings') {
    const parts = substringParts(filter, type.rule);
    if (parts === undefined) return nothing;
    return choice(0.25 / (1 + parts.initial.length), (key) => matchesSubstrings(parts, key));
  }
  const test = assertionTest(filter, type.rule);
  if (test === undefined) return nothing;
  const key =
    filter.kind === 'equality' || filter.kind === 'approx' ? type.rule.key(filter.value) : undefined;
  if (key === undefined) return choice(0.4, test);
  const exact = indexKey(key);
  return choice(0.002, (found) => found === exact);
}

function union(filters: readonly Filter[], context: PlanContext): Choice {
  if (filters.length === 0) return nothing;
  if (filters.length > MAX_ALTERNATIVES) return everything;
  const choices = filters.map((inner) => choose(inner, context));
  if (choices.length === 1) return choices[0]!;
  const share = choices.reduce((sum, choice) => sum + choice.share, 0);
  if (share >= 0.5) return everything;
  return {
    share,
    source() {
      const sources = choices.map((choice) => choice.source());
      if (sources.some(({ kind }) => kind === 'all')) return { kind: 'all' };
      const ids = (): number[] => ascending(sources.flatMap((source) => [...idsOf(source, context)]));
      const attributes = sources.flatMap((source) => (source.kind === 'columns' ? source.attributes : []));
      return attributes.length > 0 ? new ColumnSource(attributes, ids) : { kind: 'ids', ids: ids() };
    },
  };
}

function idsOf(source: CandidateSource, { store }: PlanContext): readonly number[] {
  switch (source.kind) {
    case 'ids':
      return source.ids;
    case 'columns':
      return source.ids();
    case 'equal':
      return store.index.equal(source.attribute, source.value);
    case 'all':
      return [];
  }
  return [];
}

import type { Filter } from '../../src/ldap/index.ts';
import { substringParts } from './filter-match.ts';
import { attributeDescription } from './schema.ts';
import type { EntryStore } from './store.ts';
import { indexKey } from './store-index.ts';
import { INDEXED_ATTRIBUTES } from './store-schema.ts';
import type { CandidateSource } from './store-scope.ts';

/** More alternatives than this are looked for by reading everything once. */
const MAX_ALTERNATIVES = 64;

interface Choice {
  /** Guess of the share of entries that are candidates: 0 none, 1 all. */
  readonly share: number;
  source(): CandidateSource;
}

const everything: Choice = { share: 1, source: () => ({ kind: 'all' }) };
const nothing: Choice = { share: 0, source: () => ({ kind: 'ids', ids: [] }) };

/** Chooses the index that leaves the fewest entries to hold against `filter`. */
export function chooseSource(filter: Filter, store: EntryStore): CandidateSource {
  return choose(filter, store).source();
}

function choose(filter: Filter, store: EntryStore): Choice {
  switch (filter.kind) {
    case 'and': {
      let best = everything;
      for (const inner of filter.filters) {
        const choice = choose(inner, store);
        if (choice.share < best.share) best = choice;
      }
      return best;
    }
    case 'or':
      return union(filter.filters, store);
    case 'equality':
    case 'approx': {
      const wanted = indexed(filter.attribute);
      if (wanted === undefined) return everything;
      const key = wanted.type.rule.key(filter.value);
      if (key === undefined) return nothing;
      if (wanted.attribute === 0 && key === 'top') return everything;
      return {
        // Few entries share a name, many a class.
        share: wanted.attribute === 0 ? 0.5 : 0.001,
        source: () => ({ kind: 'equal', attribute: wanted.attribute, value: indexKey(key) }),
      };
    }
    case 'substrings': {
      const wanted = indexed(filter.attribute);
      const parts = wanted === undefined ? undefined : substringParts(filter, wanted.type.rule);
      if (wanted === undefined || parts === undefined || wanted.attribute === 0) return everything;
      const { initial, any, final } = parts;
      // A blank at the edge of a part may have been squeezed together with its neighbour.
      const prefix = initial.trimEnd();
      if (prefix !== '') {
        return {
          share: 0.1 / prefix.length,
          source: () => ({ kind: 'ids', ids: store.idsWithPrefix(wanted.attribute, prefix) }),
        };
      }
      const longest = [...any, final].map((part) => part.trim()).sort((a, b) => b.length - a.length)[0] ?? '';
      if (longest === '') return everything;
      return {
        share: 0.2,
        source: () => ({ kind: 'ids', ids: store.idsContaining(wanted.attribute, longest) }),
      };
    }
    case 'not':
    case 'present':
    case 'greaterOrEqual':
    case 'lessOrEqual':
    case 'extensible':
      return everything;
  }
  return everything;
}

function union(filters: readonly Filter[], store: EntryStore): Choice {
  if (filters.length === 0) return nothing;
  if (filters.length > MAX_ALTERNATIVES) return everything;
  const choices = filters.map((inner) => choose(inner, store));
  if (choices.length === 1) return choices[0]!;
  const share = choices.reduce((sum, choice) => sum + choice.share, 0);
  if (share >= 0.5) return everything;
  return {
    share,
    source() {
      const ids = new Set<number>();
      for (const choice of choices) {
        const source = choice.source();
        if (source.kind === 'all') return source;
        const found = source.kind === 'ids' ? source.ids : store.idsEqual(source.attribute, source.value);
        for (const id of found) ids.add(id);
      }
      return { kind: 'ids', ids: [...ids].sort((a, b) => a - b) };
    },
  };
}

function indexed(
  name: string,
): { attribute: number; type: NonNullable<ReturnType<typeof attributeDescription>>['type'] } | undefined {
  const description = attributeDescription(name);
  if (description === undefined) return undefined;
  const attribute = INDEXED_ATTRIBUTES.indexOf(description.type.key);
  return attribute < 0 ? undefined : { attribute, type: description.type };
}

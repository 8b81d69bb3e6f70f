import { type Filter, utf8Bytes } from '../../src/ldap/index.ts';

// Short ways to write filters as values, so that nothing ever needs escaping.

export const and = (...filters: readonly (Filter | undefined)[]): Filter => {
  const all = filters.filter((filter) => filter !== undefined);
  const [only] = all;
  return all.length === 1 && only !== undefined ? only : { kind: 'and', filters: all };
};
export const or = (...filters: readonly Filter[]): Filter => ({ kind: 'or', filters });
export const not = (filter: Filter): Filter => ({ kind: 'not', filter });
export const present = (attribute: string): Filter => ({ kind: 'present', attribute });
export const equality = (attribute: string, value: string): Filter => ({
  kind: 'equality',
  attribute,
  value: utf8Bytes(value),
});
export const atLeast = (attribute: string, value: string): Filter => ({
  kind: 'greaterOrEqual',
  attribute,
  value: utf8Bytes(value),
});
export const atMost = (attribute: string, value: string): Filter => ({
  kind: 'lessOrEqual',
  attribute,
  value: utf8Bytes(value),
});

/** Equality, or substrings where the pattern has `*`; undefined for `*` alone, which asks for nothing. */
export function matching(attribute: string, pattern: string): Filter | undefined {
  const parts = pattern.split('*');
  const [initial = ''] = parts;
  if (parts.length === 1) return equality(attribute, initial);
  const final = parts.at(-1) ?? '';
  const any = parts.slice(1, -1).filter((part) => part !== '');
  if (initial === '' && final === '' && any.length === 0) return undefined;
  return {
    kind: 'substrings',
    attribute,
    any: any.map(utf8Bytes),
    ...(initial === '' ? {} : { initial: utf8Bytes(initial) }),
    ...(final === '' ? {} : { final: utf8Bytes(final) }),
  };
}

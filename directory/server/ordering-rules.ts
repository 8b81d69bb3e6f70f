import type { MatchingRule } from './matching.ts';
import { rules } from './schema.ts';

/** An ordering rule of RFC 4517 §4.2: it orders values as the equality rule beside it does. */
export interface OrderingRule {
  readonly name: string;
  readonly oid: string;
  readonly rule: MatchingRule;
}

const NAMES: readonly (readonly [name: string, oid: string, equality: string])[] = [
  ['caseIgnoreOrderingMatch', '2.5.13.3', 'caseIgnoreMatch'],
  ['caseExactOrderingMatch', '2.5.13.6', 'caseExactMatch'],
  ['integerOrderingMatch', '2.5.13.15', 'integerMatch'],
  ['octetStringOrderingMatch', '2.5.13.18', 'octetStringMatch'],
  ['generalizedTimeOrderingMatch', '2.5.13.28', 'generalizedTimeMatch'],
  ['uuidOrderingMatch', '1.3.6.1.1.16.3', 'uuidMatch'],
];

export const ORDERING_RULES: readonly OrderingRule[] = NAMES.map(([name, oid, equality]) => ({
  name,
  oid,
  rule: rules.get(equality.toLowerCase())!,
}));

const byName = new Map(
  ORDERING_RULES.flatMap(({ name, oid, rule }) => [
    [name.toLowerCase(), rule] as const,
    [oid, rule] as const,
  ]),
);

/** How the ordering rule of that name or OID compares, or undefined when there is none. */
export const orderingRule = (nameOrOid: string): MatchingRule | undefined =>
  byName.get(nameOrOid.toLowerCase());

/** Name of the ordering rule that goes with an equality rule, or undefined. */
export const orderingName = (rule: MatchingRule): string | undefined =>
  ORDERING_RULES.find((ordering) => ordering.rule === rule)?.name;

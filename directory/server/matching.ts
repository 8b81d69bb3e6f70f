import { normalizeDn, parseDn, prepareCaseExact, prepareCaseIgnore, utf8Text } from '../../src/ldap/index.ts';
import type { DnRules } from '../../src/ldap/index.ts';

/**
 * A matching rule of RFC 4517: values match when their keys are equal, and are ordered as `compare` orders keys.
 */
export interface MatchingRule {
  readonly name: string;
  readonly oid: string;
  /** OID of the syntax an assertion has. */
  readonly syntax: string;
  /** The value's key, or undefined when the value does not have the syntax. */
  readonly key: (value: Uint8Array) => string | undefined;
  readonly compare: (a: string, b: string) => number;
  /** Prepares text for substring comparison; only rules on strings have it. */
  readonly prepare?: (text: string) => string;
}

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const stringRule = (
  name: string,
  oid: string,
  syntax: string,
  prepare: (text: string) => string,
): MatchingRule => ({
  name,
  oid,
  syntax,
  key(value) {
    const text = utf8Text(value);
    return text === undefined ? undefined : prepare(text);
  },
  compare: byCodeUnit,
  prepare,
});

const SYNTAX_DIRECTORY_STRING = '1.3.6.1.4.1.1466.115.121.1.15';
const SYNTAX_IA5 = '1.3.6.1.4.1.1466.115.121.1.26';

const hexKey = (value: Uint8Array): string =>
  Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex');

function integerKey(value: Uint8Array): string | undefined {
  const text = utf8Text(value);
  return text !== undefined && text.length <= 100 && /^-?\d+$/.test(text)
    ? BigInt(text).toString()
    : undefined;
}

const TIME = /^(\d{4})(\d{2})(\d{2})(\d{2})(?:(\d{2})(\d{2})?)?(?:[.,](\d+))?(Z|[+-]\d{2}(?:\d{2})?)$/;

/**
 * Milliseconds since 1970 of a GeneralizedTime, or undefined when `text` is none.
 *
 * @see RFC 4517 §3.3.13
 */
export function generalizedTimeMs(text: string): number | undefined {
  const m = TIME.exec(text);
  if (m === null) return undefined;
  const [year, month, day, hour] = [Number(m[1]), Number(m[2]), Number(m[3]), Number(m[4])];
  const minute = Number(m[5] ?? 0);
  const second = Number(m[6] ?? 0);
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60) return undefined;
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day) return undefined;
  // A fraction belongs to the smallest unit given.
  const unit = m[6] !== undefined ? 1000 : m[5] !== undefined ? 60_000 : 3_600_000;
  const fraction = m[7] === undefined ? 0 : Number(`0.${m[7]}`) * unit;
  const zone = m[8]!;
  const offset =
    zone === 'Z'
      ? 0
      : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3) || 0));
  return at.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + Math.round(fraction);
}

/** `ms` since 1970 as GeneralizedTime in UTC with seconds. */
export function generalizedTime(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace(/[-:T]/g, '')
    .replace(/\.\d+Z$/, 'Z');
}

/** Where keys are to sort as numbers although they are strings: all of one width, none negative. */
const TIME_ZERO = 8e14;

function timeKey(value: Uint8Array): string | undefined {
  const ms = generalizedTimeMs(utf8Text(value) ?? '');
  return ms === undefined ? undefined : String(ms + TIME_ZERO).padStart(16, '0');
}

function booleanKey(value: Uint8Array): string | undefined {
  const text = utf8Text(value);
  return text === 'TRUE' || text === 'FALSE' ? text : undefined;
}

function uuidKey(value: Uint8Array): string | undefined {
  const text = utf8Text(value)?.toLowerCase();
  return text !== undefined && /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/.test(text)
    ? text
    : undefined;
}

/** Ordering rules by the equality rule whose keys they order (RFC 4517 §4.2, RFC 4530 §2.4); others have no order. */
export const ORDERING_RULES: ReadonlyMap<string, { readonly name: string; readonly oid: string }> = new Map([
  ['caseIgnoreMatch', { name: 'caseIgnoreOrderingMatch', oid: '2.5.13.3' }],
  ['caseExactMatch', { name: 'caseExactOrderingMatch', oid: '2.5.13.6' }],
  ['octetStringMatch', { name: 'octetStringOrderingMatch', oid: '2.5.13.18' }],
  ['integerMatch', { name: 'integerOrderingMatch', oid: '2.5.13.15' }],
  ['generalizedTimeMatch', { name: 'generalizedTimeOrderingMatch', oid: '2.5.13.28' }],
  ['uuidMatch', { name: 'uuidOrderingMatch', oid: '1.3.6.1.1.16.3' }],
]);

/** Texts that are remembered together with their keys: few people create many entries. */
const MAX_REMEMBERED = 500;
const MAX_REMEMBERED_LENGTH = 200;

function remembered(keyOf: (text: string) => string | undefined): (text: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (text) => {
    if (known.has(text)) return known.get(text);
    const key = keyOf(text);
    if (text.length > MAX_REMEMBERED_LENGTH) return key;
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(text, key);
    return key;
  };
}

/** Names and OIDs compare as the schema knows them, DNs by the schema's rules: hence the two arguments. */
export function matchingRules(
  canonicalOid: (nameOrOid: string) => string,
  dnRules: () => DnRules,
): ReadonlyMap<string, MatchingRule> {
  const dnKey = remembered((text) => {
    try {
      return normalizeDn(parseDn(text), dnRules());
    } catch {
      return undefined;
    }
  });
  const rules: readonly MatchingRule[] = [
    stringRule('caseIgnoreMatch', '2.5.13.2', SYNTAX_DIRECTORY_STRING, prepareCaseIgnore),
    stringRule('caseExactMatch', '2.5.13.5', SYNTAX_DIRECTORY_STRING, prepareCaseExact),
    stringRule('caseIgnoreIA5Match', '1.3.6.1.4.1.1466.109.114.2', SYNTAX_IA5, prepareCaseIgnore),
    stringRule('caseExactIA5Match', '1.3.6.1.4.1.1466.109.114.1', SYNTAX_IA5, prepareCaseExact),
    stringRule('telephoneNumberMatch', '2.5.13.20', '1.3.6.1.4.1.1466.115.121.1.50', (text) =>
      prepareCaseIgnore(text).replace(/[ -]/g, ''),
    ),
    {
      name: 'octetStringMatch',
      oid: '2.5.13.17',
      syntax: '1.3.6.1.4.1.1466.115.121.1.40',
      key: hexKey,
      compare: byCodeUnit,
    },
    {
      name: 'integerMatch',
      oid: '2.5.13.14',
      syntax: '1.3.6.1.4.1.1466.115.121.1.27',
      key: integerKey,
      compare: (a, b) => (BigInt(a) < BigInt(b) ? -1 : a === b ? 0 : 1),
    },
    {
      name: 'generalizedTimeMatch',
      oid: '2.5.13.27',
      syntax: '1.3.6.1.4.1.1466.115.121.1.24',
      key: timeKey,
      compare: byCodeUnit,
    },
    {
      name: 'booleanMatch',
      oid: '2.5.13.13',
      syntax: '1.3.6.1.4.1.1466.115.121.1.7',
      key: booleanKey,
      compare: byCodeUnit,
    },
    { name: 'uuidMatch', oid: '1.3.6.1.1.16.2', syntax: '1.3.6.1.1.16.1', key: uuidKey, compare: byCodeUnit },
    {
      name: 'distinguishedNameMatch',
      oid: '2.5.13.1',
      syntax: '1.3.6.1.4.1.1466.115.121.1.12',
      key(value) {
        const text = utf8Text(value);
        return text === undefined ? undefined : dnKey(text);
      },
      compare: byCodeUnit,
    },
    {
      name: 'objectIdentifierMatch',
      oid: '2.5.13.0',
      syntax: '1.3.6.1.4.1.1466.115.121.1.38',
      key(value) {
        const text = utf8Text(value);
        return text === undefined || !/^[A-Za-z0-9.-]+$/.test(text) ? undefined : canonicalOid(text);
      },
      compare: byCodeUnit,
    },
  ];
  const map = new Map<string, MatchingRule>();
  for (const rule of rules) {
    map.set(rule.name.toLowerCase(), rule);
    map.set(rule.oid, rule);
  }
  return map;
}

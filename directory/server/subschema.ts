import { type MatchingRule, ORDERING_RULES } from './matching.ts';
import {
  ALL_ATTRIBUTE_TYPES,
  ALL_OBJECT_CLASSES,
  type AttributeType,
  attributeType,
  rules,
} from './schema.ts';
import type { ObjectClassData } from './schema-data.ts';

const SYNTAX = '1.3.6.1.4.1.1466.115.121.1.';

/** Names of the syntaxes in use (RFC 4517 §3.3, RFC 4530 §2.1). */
const SYNTAX_NAMES: ReadonlyMap<string, string> = new Map([
  [`${SYNTAX}3`, 'Attribute Type Description'],
  [`${SYNTAX}7`, 'Boolean'],
  [`${SYNTAX}12`, 'DN'],
  [`${SYNTAX}15`, 'Directory String'],
  [`${SYNTAX}24`, 'Generalized Time'],
  [`${SYNTAX}26`, 'IA5 String'],
  [`${SYNTAX}27`, 'INTEGER'],
  [`${SYNTAX}30`, 'Matching Rule Description'],
  [`${SYNTAX}37`, 'Object Class Description'],
  [`${SYNTAX}38`, 'OID'],
  [`${SYNTAX}40`, 'Octet String'],
  [`${SYNTAX}50`, 'Telephone Number'],
  [`${SYNTAX}54`, 'LDAP Syntax Description'],
  [`${SYNTAX}58`, 'Substring Assertion'],
  ['1.3.6.1.1.16.1', 'UUID'],
]);

const FIRST_COMPONENT = {
  name: 'objectIdentifierFirstComponentMatch',
  oid: '2.5.13.30',
  syntax: `${SYNTAX}38`,
};

/** Types whose values are descriptions of the schema (RFC 4512 §4.2), by key. */
const DESCRIPTIONS: ReadonlyMap<string, string> = new Map([
  ['attributetypes', `${SYNTAX}3`],
  ['objectclasses', `${SYNTAX}37`],
  ['matchingrules', `${SYNTAX}30`],
  ['ldapsyntaxes', `${SYNTAX}54`],
]);

/** Rules for parts of strings (RFC 4517 §4.2), by the equality rule that prepares the strings. */
const SUBSTRING_RULES: ReadonlyMap<string, { readonly name: string; readonly oid: string }> = new Map([
  ['caseIgnoreMatch', { name: 'caseIgnoreSubstringsMatch', oid: '2.5.13.4' }],
  ['caseExactMatch', { name: 'caseExactSubstringsMatch', oid: '2.5.13.7' }],
  ['caseIgnoreIA5Match', { name: 'caseIgnoreIA5SubstringsMatch', oid: '1.3.6.1.4.1.1466.109.114.3' }],
  ['telephoneNumberMatch', { name: 'telephoneNumberSubstringsMatch', oid: '2.5.13.21' }],
]);

/** Attributes of the root DSE describe this server, not the directory (RFC 4512 §5.1). */
const OF_SERVER = /^(namingContexts|altServer|supported\w+|vendor\w+|dynamicSubtrees|monitorContext)$/;

const quoted = (names: readonly string[]): string =>
  names.length === 1 ? `'${names[0]}'` : `( ${names.map((name) => `'${name}'`).join(' ')} )`;
const oids = (names: readonly string[]): string =>
  names.length === 1 ? names[0]! : `( ${names.join(' $ ')} )`;

function describeType({
  oid,
  name,
  names,
  key,
  rule,
  single,
  operational,
  noUserModification,
}: AttributeType) {
  const description = DESCRIPTIONS.get(key);
  const [ordering, substrings] = [ORDERING_RULES.get(rule.name), SUBSTRING_RULES.get(rule.name)];
  const matching =
    description !== undefined
      ? `EQUALITY ${FIRST_COMPONENT.name} SYNTAX ${description}`
      : [
          `EQUALITY ${rule.name}`,
          ...(ordering === undefined ? [] : [`ORDERING ${ordering.name}`]),
          ...(substrings === undefined ? [] : [`SUBSTR ${substrings.name}`]),
          `SYNTAX ${rule.syntax}`,
        ].join(' ');
  const usage = OF_SERVER.test(name) ? 'dSAOperation' : 'directoryOperation';
  return [
    `( ${oid} NAME ${quoted(names)} ${matching}`,
    ...(single ? ['SINGLE-VALUE'] : []),
    // RFC 4512 §4.1.2: only operational attributes can be so.
    ...(noUserModification && operational ? ['NO-USER-MODIFICATION'] : []),
    ...(operational ? [`USAGE ${usage}`] : []),
    ')',
  ].join(' ');
}

const describeClass = ({ oid, name, superior, kind, must, may }: ObjectClassData): string =>
  [
    `( ${oid} NAME '${name}'`,
    ...(superior === undefined ? [] : [`SUP ${superior}`]),
    kind,
    ...(must.length === 0 ? [] : [`MUST ${oids(must)}`]),
    ...(may.length === 0 ? [] : [`MAY ${oids(may)}`]),
    ')',
  ].join(' ');

function allRules(): { readonly name: string; readonly oid: string; readonly syntax: string }[] {
  const equality: readonly MatchingRule[] = [...new Set(rules.values())];
  return [
    ...equality,
    FIRST_COMPONENT,
    ...equality.flatMap(({ name, syntax }) => {
      const ordering = ORDERING_RULES.get(name);
      const substrings = SUBSTRING_RULES.get(name);
      return [
        ...(ordering === undefined ? [] : [{ ...ordering, syntax }]),
        ...(substrings === undefined ? [] : [{ ...substrings, syntax: `${SYNTAX}58` }]),
      ];
    }),
  ];
}

/** Values of the subschema subentry (RFC 4512 §4.1, 4.2), by the key of their attribute. */
export function subschemaValues(): ReadonlyMap<string, readonly string[]> {
  return new Map([
    ['attributetypes', ALL_ATTRIBUTE_TYPES.map(({ oid }) => describeType(attributeType(oid)!))],
    ['objectclasses', ALL_OBJECT_CLASSES.map(describeClass)],
    [
      'matchingrules',
      allRules().map(({ oid, name, syntax }) => `( ${oid} NAME '${name}' SYNTAX ${syntax} )`),
    ],
    ['ldapsyntaxes', Array.from(SYNTAX_NAMES, ([oid, name]) => `( ${oid} DESC '${name}' )`)],
  ]);
}

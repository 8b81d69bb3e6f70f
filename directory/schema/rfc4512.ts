import {
  attributeOid,
  classOid,
  type SchemaAttribute,
  type SchemaClass,
  type SchemaSyntax,
} from './definition.ts';

/** Syntaxes and matching rules of RFC 4517 §3.3, §4.2. */
const SYNTAXES: Readonly<
  Record<SchemaSyntax, { readonly oid: string; readonly equality: string; readonly more: string }>
> = {
  octets: { oid: '40', equality: 'octetStringMatch', more: '' },
  text: { oid: '15', equality: 'caseIgnoreMatch', more: ' SUBSTR caseIgnoreSubstringsMatch' },
  exactText: { oid: '15', equality: 'caseExactMatch', more: ' SUBSTR caseExactSubstringsMatch' },
  integer: { oid: '27', equality: 'integerMatch', more: ' ORDERING integerOrderingMatch' },
  time: { oid: '24', equality: 'generalizedTimeMatch', more: ' ORDERING generalizedTimeOrderingMatch' },
};

/**
 * Lines of an attribute type description (RFC 4512 §4.1.2), without a keyword before it.
 *
 * @param oid default the number itself
 */
export function attributeTypeLines(
  attribute: SchemaAttribute,
  oid = attributeOid(attribute),
  extension = '',
): string[] {
  const { oid: syntax, equality, more } = SYNTAXES[attribute.syntax];
  const length = attribute.maxLength === undefined ? '' : `{${attribute.maxLength}}`;
  const single = attribute.multi === true ? '' : ' SINGLE-VALUE';
  return [
    `( ${oid} NAME '${attribute.name}'`,
    `  DESC '${attribute.description}'`,
    `  EQUALITY ${equality}${more}`,
    `  SYNTAX 1.3.6.1.4.1.1466.115.121.1.${syntax}${length}${single}${extension} )`,
  ];
}

/** Lines of an object class description (RFC 4512 §4.1.1), without a keyword before it. */
export function objectClassLines(
  objectClass: SchemaClass,
  oid = classOid(objectClass),
  extension = '',
): string[] {
  const { name, description, kind, must, may } = objectClass;
  return [
    `( ${oid} NAME '${name}'`,
    `  DESC '${description}'`,
    `  SUP top ${kind}`,
    ...(must.length === 0 ? [] : wrap('  MUST ( ', must)),
    ...wrap('  MAY ( ', may),
  ].map((line, i, all) => (i === all.length - 1 ? `${line}${extension} )` : line));
}

/** `HEAD a $ b $ c )` in lines of at most 118 characters, each but the first set in below the first name. */
function wrap(head: string, names: readonly string[]): string[] {
  const lines: string[] = [];
  let line = head;
  for (const [i, name] of names.entries()) {
    const item = i === names.length - 1 ? `${name} )` : `${name} $`;
    if (line.length + item.length + 1 > 118) {
      lines.push(line.trimEnd());
      line = ' '.repeat(head.length);
    }
    line += line.endsWith(' ') ? item : ` ${item}`;
  }
  return [...lines, line];
}

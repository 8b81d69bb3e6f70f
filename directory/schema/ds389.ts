import { PLACEHOLDER_NOTICE, SCHEMA_ATTRIBUTES, SCHEMA_CLASSES } from './definition.ts';
import { ldifComment } from '../../src/ldap/index.ts';
import { ldifRecord } from './ldif.ts';
import { attributeTypeLines, objectClassLines } from './rfc4512.ts';

/** Changes of `cn=schema` for 389 Directory Server; it keeps them in its `99user.ldif` and replicates them. */
export function ds389Ldif(): string {
  const origin = " X-ORIGIN 'rendezvous'";
  const one = (lines: readonly string[]): string => lines.map((line) => line.trim()).join(' ');
  return `${ldifComment(`Conferences and users in 389 Directory Server. Made by: rendezvous schema --format 389ds

Load it with: ldapmodify -x -H ldap://localhost -D "cn=Directory Manager" -W -f rendezvous.ldif

${PLACEHOLDER_NOTICE}`)}${ldifRecord([
    ['dn', 'cn=schema'],
    ['changetype', 'modify'],
    ['add', 'attributeTypes'],
    ...SCHEMA_ATTRIBUTES.map(
      (attribute) => ['attributeTypes', one(attributeTypeLines(attribute, undefined, origin))] as const,
    ),
  ])}-
${ldifRecord([
  ['add', 'objectClasses'],
  ...SCHEMA_CLASSES.map(
    (objectClass) => ['objectClasses', one(objectClassLines(objectClass, undefined, origin))] as const,
  ),
])}-
`;
}

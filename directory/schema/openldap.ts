import { PLACEHOLDER_NOTICE, SCHEMA_ARC, SCHEMA_ATTRIBUTES, SCHEMA_CLASSES } from './definition.ts';
import { ldifComment } from '../../src/ldap/index.ts';
import { ldifRecord } from './ldif.ts';
import { attributeTypeLines, objectClassLines } from './rfc4512.ts';

/** OpenLDAP lets a name stand for an arc, so that the number is written once. */
const ARCS = [
  ['rdvRoot', SCHEMA_ARC],
  ['rdvAttribute', 'rdvRoot:1'],
  ['rdvClass', 'rdvRoot:2'],
] as const;

/** Names to index, by kind, as slapd.conf writes them. */
function indexes(): string {
  const of = (kind: string): string =>
    SCHEMA_ATTRIBUTES.filter(({ index }) => index === kind)
      .map(({ name }) => name)
      .join(',');
  return `index objectClass,${of('equality')} eq
index cn,${of('substrings')} eq,sub`;
}

/** For `include` in slapd.conf. */
export function openldapSchema(): string {
  const about = `Conferences and users in OpenLDAP. Made by: rendezvous schema --format openldap-schema

Load it with "include /path/to/rendezvous.schema" in slapd.conf, after core.schema. For cn=config use
"rendezvous schema --format openldap-ldif". Then make a container and let people write below it:

  dn: ou=Conferences,dc=example,dc=com
  objectClass: organizationalUnit

On a single server the dds overlay removes entries that are not refreshed (RFC 2589). Where the directory is
replicated do without it: rdvExpires then says when an entry counts as gone, "rendezvous sweep" removes it.

Indexes worth having, in slapd.conf:

${indexes().replaceAll(/^/gm, '  ')}

${PLACEHOLDER_NOTICE}`;
  const blocks = [
    ...SCHEMA_ATTRIBUTES.map((attribute) =>
      [...attributeTypeLines(attribute, `rdvAttribute:${attribute.number}`)].join('\n'),
    ).map((text) => `attributetype ${text}`),
    ...SCHEMA_CLASSES.map((objectClass) =>
      [...objectClassLines(objectClass, `rdvClass:${objectClass.number}`)].join('\n'),
    ).map((text) => `objectclass ${text}`),
  ];
  const arcs = ARCS.map(([name, oid]) => `objectIdentifier ${name} ${oid}`);
  return `${ldifComment(about)}${arcs.join('\n')}\n\n${blocks.join('\n\n')}\n`;
}

/** An entry below `cn=schema,cn=config`, for `ldapadd -Y EXTERNAL -H ldapi:///` or `slapadd -n 0`. */
export function openldapLdif(): string {
  const one = (lines: readonly string[]): string => lines.map((line) => line.trim()).join(' ');
  return `${ldifComment(`Conferences and users in OpenLDAP's cn=config. Made by: rendezvous schema --format openldap-ldif

Load it with: ldapadd -Y EXTERNAL -H ldapi:/// -f rendezvous.ldif
It needs cn=core below cn=schema,cn=config.

${PLACEHOLDER_NOTICE}`)}${ldifRecord([
    ['dn', 'cn=rendezvous,cn=schema,cn=config'],
    ['objectClass', 'olcSchemaConfig'],
    ['cn', 'rendezvous'],
    ...ARCS.map(([name, oid]) => ['olcObjectIdentifier', `${name} ${oid}`] as const),
    ...SCHEMA_ATTRIBUTES.map(
      (attribute) =>
        [
          'olcAttributeTypes',
          one(attributeTypeLines(attribute, `rdvAttribute:${attribute.number}`)),
        ] as const,
    ),
    ...SCHEMA_CLASSES.map(
      (objectClass) =>
        ['olcObjectClasses', one(objectClassLines(objectClass, `rdvClass:${objectClass.number}`))] as const,
    ),
  ])}`;
}

import { createHash } from 'node:crypto';
import {
  attributeOid,
  classOid,
  PLACEHOLDER_NOTICE,
  SCHEMA_ATTRIBUTES,
  SCHEMA_CLASSES,
  type SchemaAttribute,
  type SchemaClass,
  type SchemaSyntax,
} from './definition.ts';
import { ldifComment } from '../../src/ldap/index.ts';
import { ldifRecord } from './ldif.ts';

/** attributeSyntax and oMSyntax ([MS-ADTS] 3.1.1.2.2.2). */
const SYNTAXES: Readonly<Record<SchemaSyntax, readonly [string, string]>> = {
  octets: ['2.5.5.10', '4'],
  text: ['2.5.5.12', '64'],
  exactText: ['2.5.5.12', '64'], // case is never minded there
  integer: ['2.5.5.9', '2'],
  time: ['2.5.5.11', '24'],
};
/** searchFlags ([MS-ADTS] 2.2.10): an index for equality and beginnings, and one for any part. */
const INDEX_FLAGS = { none: '0', equality: '1', substrings: '33' } as const;

/** Read by those who have the right of control access, too ([MS-ADTS] 2.2.10, fCONFIDENTIAL). */
const CONFIDENTIAL = '128';

/** Domain administrators and the system may do all, everybody with an account may read: as of msTAPI-RtConference. */
const DEFAULT_SECURITY =
  'D:(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;DA)(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;SY)(A;;RPLCLORC;;;AU)';

/** Classes below which entries of ours may be, besides those that the server has for every class. */
const SUPERIORS = ['organizationalUnit', 'container'];

type LdifLine = readonly [name: string, value: string | Uint8Array];

/**
 * Entries of the schema partition for `ldifde -i -f FILE` or `ldapmodify`, as a schema administrator.
 *
 * @param rootDn DN of the forest's root domain; default `DC=X`, which `ldifde -c DC=X dc=example,dc=com` replaces
 */
export function activeDirectoryLdif(rootDn = 'DC=X'): string {
  const partition = `CN=Schema,CN=Configuration,${rootDn}`;
  const update: readonly LdifLine[] = [
    ['changetype', 'modify'],
    ['add', 'schemaUpdateNow'],
    ['schemaUpdateNow', '1'],
  ];
  const updateNow = `dn:\n${ldifRecord(update)}-\n`;
  return [
    ldifComment(`Conferences and users in Active Directory. Made by: rendezvous schema --format ad-ldif

Load it on the schema master, as a member of Schema Admins:
  ldifde -i -f rendezvous.ldf -c "DC=X" "DC=example,DC=com"
or, printed with --base DC=example,DC=com, by ldapmodify. A schema cannot be taken back: try it in a test forest.

${PLACEHOLDER_NOTICE}`),
    ...SCHEMA_ATTRIBUTES.map((attribute) => ldifRecord(attributeEntry(attribute, partition))),
    updateNow,
    ...SCHEMA_CLASSES.map((objectClass) => ldifRecord(classEntry(objectClass, partition))),
    updateNow,
  ].join('\n');
}

function attributeEntry(attribute: SchemaAttribute, partition: string): LdifLine[] {
  const { name, description, syntax, maxLength, multi, secret, index = 'none' } = attribute;
  const [attributeSyntax, oMSyntax] = SYNTAXES[syntax];
  return [
    ['dn', `CN=${name},${partition}`],
    ['changetype', 'add'],
    ['objectClass', 'attributeSchema'],
    ['lDAPDisplayName', name],
    ['adminDisplayName', name],
    ['adminDescription', description],
    ['attributeID', attributeOid(attribute)],
    ['schemaIDGUID', guidOf(attributeOid(attribute))],
    ['attributeSyntax', attributeSyntax],
    ['oMSyntax', oMSyntax],
    ['isSingleValued', multi === true ? 'FALSE' : 'TRUE'],
    ['searchFlags', secret === true ? CONFIDENTIAL : INDEX_FLAGS[index]],
    ...(maxLength === undefined ? [] : [['rangeUpper', String(maxLength)] as const]),
    ['showInAdvancedViewOnly', 'TRUE'],
  ];
}

function classEntry(objectClass: SchemaClass, partition: string): LdifLine[] {
  const { name, description, kind, must, may, mayInAd = [] } = objectClass;
  const structural = kind === 'STRUCTURAL';
  return [
    ['dn', `CN=${name},${partition}`],
    ['changetype', 'add'],
    ['objectClass', 'classSchema'],
    ['lDAPDisplayName', name],
    ['adminDisplayName', name],
    ['adminDescription', description],
    ['governsID', classOid(objectClass)],
    ['schemaIDGUID', guidOf(classOid(objectClass))],
    ['subClassOf', 'top'],
    ['objectClassCategory', structural ? '1' : '3'],
    ['rDNAttID', 'cn'],
    ...must.map((attribute) => ['mustContain', attribute] as const),
    ...[...may, ...mayInAd].map((attribute) => ['mayContain', attribute] as const),
    ...(structural ? SUPERIORS.map((superior) => ['possSuperiors', superior] as const) : []),
    ...(structural ? [['defaultSecurityDescriptor', DEFAULT_SECURITY] as const] : []),
    ['showInAdvancedViewOnly', 'TRUE'],
    ['defaultHidingValue', 'FALSE'],
    ['defaultObjectCategory', `CN=${name},${partition}`],
  ];
}

/** The same for the same OID wherever the schema is loaded: a UUID by name (RFC 9562 §5.5, name space OID). */
function guidOf(oid: string): Uint8Array {
  const nameSpace = Buffer.from('6ba7b8129dad11d180b400c04fd430c8', 'hex');
  const guid = createHash('sha1').update(nameSpace).update(oid).digest().subarray(0, 16);
  guid[6] = ((guid[6] ?? 0) & 0x0f) | 0x50;
  guid[8] = ((guid[8] ?? 0) & 0x3f) | 0x80;
  return guid;
}

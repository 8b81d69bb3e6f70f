/** The project's LDAP schema, ready to load into the servers that people have. */
import { activeDirectoryLdif } from './active-directory.ts';
import { ds389Ldif } from './ds389.ts';
import { openldapLdif, openldapSchema } from './openldap.ts';

export { MEDIA_KEY, SCHEMA_ARC } from './definition.ts';
export { partitionLdif, type PartitionOptions } from './partition.ts';
export { SERVICE_BINDING, SERVICE_KEYWORD, SERVICE_POINT_CLASS } from './service-point.ts';

export const SCHEMA_FORMATS = ['openldap-schema', 'openldap-ldif', '389ds', 'ad-ldif'] as const;
export type SchemaFormat = (typeof SCHEMA_FORMATS)[number];

/** @param rootDn for `ad-ldif`, DN of the root domain of the forest; default `DC=X`, which `ldifde -c` replaces */
export function schemaText(format: SchemaFormat, rootDn?: string): string {
  return PRINTERS[format](rootDn);
}

const PRINTERS: Readonly<Record<SchemaFormat, (rootDn: string | undefined) => string>> = {
  'openldap-schema': openldapSchema,
  'openldap-ldif': openldapLdif,
  '389ds': ds389Ldif,
  'ad-ldif': activeDirectoryLdif,
};

import { InvalidValueError } from '../../src/errors.ts';
import { type DistinguishedName, ldifComment, parseDn, serializeDn } from '../../src/ldap/index.ts';
import { ldifRecord } from './ldif.ts';
import { SERVICE_BINDING, SERVICE_KEYWORD, SERVICE_POINT_CLASS } from './service-point.ts';

export interface PartitionOptions {
  /** DN of the organizational unit for conferences and users. */
  readonly base: string;
  /** Make an application partition right above it ([MS-ADTS] 3.1.1.1.5), instead of a place in the domain. Default false. */
  readonly isApplication?: boolean;
  /** Publish it for the clients of the domain. Default true. */
  readonly publish?: boolean;
  /** DN of the domain in which it is published; default what the base ends in. */
  readonly domain?: string;
  /** Take all that back instead. Default false. */
  readonly remove?: boolean;
}

/** NC head that can be written ([MS-ADTS] 3.1.1.1.5: IT_NC_HEAD and IT_WRITE). */
const PARTITION_INSTANCE_TYPE = '5';

/**
 * LDIF that makes the place for conferences in Active Directory and publishes it by a service connection point, which
 * clients look for when they are given no base: what `tapicfg` did.
 *
 * @throws {InvalidValueError} when the base is no organizational unit, or is not below a domain
 */
export function partitionLdif(options: PartitionOptions): string {
  const { isApplication = false, publish = true, remove = false } = options;
  const base = parseDn(options.base);
  const [unit] = base[0] ?? [];
  if (unit === undefined || !/^ou$/i.test(unit.type) || typeof unit.value !== 'string') {
    throw new InvalidValueError(
      `"${options.base}" is no organizational unit, below which Active Directory has conferences: name it like OU=Conferences,DC=example,DC=com`,
    );
  }
  const above = base.slice(1);
  const domain = options.domain ?? serializeDn(domainOf(isApplication ? above.slice(1) : above));
  if (domain === '')
    throw new InvalidValueError(`"${options.base}" is not below a domain: give the DN of one`);
  const point = `CN=Rendezvous,CN=System,${domain}`;
  const records = [
    ...(isApplication ? [{ dn: serializeDn(above), more: partition(above) }] : []),
    { dn: serializeDn(base), more: [['objectClass', 'organizationalUnit']] as const },
    ...(publish ? [{ dn: point, more: servicePoint(serializeDn(base)) }] : []),
  ];
  const made = remove
    ? records.toReversed().map(({ dn }) =>
        ldifRecord([
          ['dn', dn],
          ['changetype', 'delete'],
        ]),
      )
    : records.map(({ dn, more }) => ldifRecord([['dn', dn], ['changetype', 'add'], ...more]));
  const about = `${remove ? 'Takes back the' : 'The'} place for conferences in Active Directory. Made by: rendezvous partition
Load it as a domain administrator, by ldapmodify or ldifde -i -f FILE.${isApplication && !remove ? '\nThe partition can be made on the domain naming master alone.' : ''}`;
  return [ldifComment(about), ...made].join('\n');
}

const partition = (dn: DistinguishedName): readonly (readonly [string, string])[] => [
  ['objectClass', 'domainDNS'],
  ['instanceType', PARTITION_INSTANCE_TYPE],
  ['description', `Conferences and users, ${serializeDn(dn)}`],
];

const servicePoint = (container: string): readonly (readonly [string, string])[] => [
  ['objectClass', SERVICE_POINT_CLASS],
  ['keywords', SERVICE_KEYWORD],
  ['serviceClassName', 'Rendezvous'],
  [SERVICE_BINDING, container],
];

/** The domain components at the end. */
function domainOf(dn: DistinguishedName): DistinguishedName {
  const first = dn.findLastIndex((rdn) => rdn.some(({ type }) => !/^dc$/i.test(type)));
  return dn.slice(first + 1);
}

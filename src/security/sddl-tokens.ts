import { ACE_TYPE } from './ace.ts';
import { RIGHT } from './rights.ts';
import type { Sid } from './sid.ts';

/** The tokens of the security descriptor definition language (MS-DTYP §2.5.1.1). */

export const ACE_TYPE_TOKENS: readonly (readonly [string, number])[] = [
  ['A', ACE_TYPE.accessAllowed],
  ['D', ACE_TYPE.accessDenied],
  ['AU', ACE_TYPE.systemAudit],
  ['AL', ACE_TYPE.systemAlarm],
  ['OA', ACE_TYPE.accessAllowedObject],
  ['OD', ACE_TYPE.accessDeniedObject],
  ['OU', ACE_TYPE.systemAuditObject],
  ['OL', ACE_TYPE.systemAlarmObject],
  ['XA', ACE_TYPE.accessAllowedCallback],
  ['XD', ACE_TYPE.accessDeniedCallback],
  ['ZA', ACE_TYPE.accessAllowedCallbackObject],
  ['XU', ACE_TYPE.systemAuditCallback],
  ['ML', ACE_TYPE.systemMandatoryLabel],
  ['RA', ACE_TYPE.systemResourceAttribute],
  ['SP', ACE_TYPE.systemScopedPolicyId],
  ['TL', ACE_TYPE.systemProcessTrustLabel],
  ['FL', ACE_TYPE.systemAccessFilter],
];

/** In the order in which they are written. */
export const ACE_FLAG_TOKENS: readonly (readonly [string, number])[] = [
  ['OI', 0x01],
  ['CI', 0x02],
  ['NP', 0x04],
  ['IO', 0x08],
  ['ID', 0x10],
  ['CR', 0x20],
  ['SA', 0x40],
  ['FA', 0x80],
];

/** Single rights, in the order in which they are written. */
export const RIGHT_TOKENS: readonly (readonly [string, number])[] = [
  ['GA', RIGHT.genericAll],
  ['GR', RIGHT.genericRead],
  ['GW', RIGHT.genericWrite],
  ['GX', RIGHT.genericExecute],
  ['RP', RIGHT.readProperty],
  ['WP', RIGHT.writeProperty],
  ['CR', RIGHT.controlAccess],
  ['CC', RIGHT.createChild],
  ['DC', RIGHT.deleteChild],
  ['LC', RIGHT.listChildren],
  ['LO', RIGHT.listObject],
  ['RC', RIGHT.readControl],
  ['WO', RIGHT.writeOwner],
  ['WD', RIGHT.writeDac],
  ['SD', RIGHT.delete],
  ['DT', RIGHT.deleteTree],
  ['SW', RIGHT.self],
];

/** Rights of files and registry keys: read, and written as the single rights they stand for. */
export const COMBINED_RIGHT_TOKENS: readonly (readonly [string, number])[] = [
  ['FA', 0x1f_01ff],
  ['FR', 0x12_0089],
  ['FW', 0x12_0116],
  ['FX', 0x12_00a0],
  ['KA', 0xf_003f],
  ['KR', 0x2_0019],
  ['KW', 0x2_0006],
  ['KX', 0x2_0019],
];

/** What a mandatory label forbids; these stand for other things in other ACEs. */
export const LABEL_RIGHT_TOKENS: readonly (readonly [string, number])[] = [
  ['NW', 0x1],
  ['NR', 0x2],
  ['NX', 0x4],
];

/** Aliases of SIDs that are the same everywhere. */
const FIXED: readonly (readonly [string, Sid])[] = [
  ['WD', 'S-1-1-0'],
  ['CO', 'S-1-3-0'],
  ['CG', 'S-1-3-1'],
  ['OW', 'S-1-3-4'],
  ['NU', 'S-1-5-2'],
  ['IU', 'S-1-5-4'],
  ['SU', 'S-1-5-6'],
  ['AN', 'S-1-5-7'],
  ['ED', 'S-1-5-9'],
  ['PS', 'S-1-5-10'],
  ['AU', 'S-1-5-11'],
  ['RC', 'S-1-5-12'],
  ['SY', 'S-1-5-18'],
  ['LS', 'S-1-5-19'],
  ['NS', 'S-1-5-20'],
  ['WR', 'S-1-5-33'],
  ['BA', 'S-1-5-32-544'],
  ['BU', 'S-1-5-32-545'],
  ['BG', 'S-1-5-32-546'],
  ['PU', 'S-1-5-32-547'],
  ['AO', 'S-1-5-32-548'],
  ['SO', 'S-1-5-32-549'],
  ['PO', 'S-1-5-32-550'],
  ['BO', 'S-1-5-32-551'],
  ['RE', 'S-1-5-32-552'],
  ['RU', 'S-1-5-32-554'],
  ['RD', 'S-1-5-32-555'],
  ['NO', 'S-1-5-32-556'],
  ['MU', 'S-1-5-32-558'],
  ['LU', 'S-1-5-32-559'],
  ['IS', 'S-1-5-32-568'],
  ['CY', 'S-1-5-32-569'],
  ['ER', 'S-1-5-32-573'],
  ['CD', 'S-1-5-32-574'],
  ['RA', 'S-1-5-32-575'],
  ['ES', 'S-1-5-32-576'],
  ['MS', 'S-1-5-32-577'],
  ['HA', 'S-1-5-32-578'],
  ['AA', 'S-1-5-32-579'],
  ['RM', 'S-1-5-32-580'],
  ['UD', 'S-1-5-84-0-0-0-0-0'],
  ['AC', 'S-1-15-2-1'],
  ['LW', 'S-1-16-4096'],
  ['ME', 'S-1-16-8192'],
  ['MP', 'S-1-16-8448'],
  ['HI', 'S-1-16-12288'],
  ['SI', 'S-1-16-16384'],
  ['AS', 'S-1-18-1'],
  ['SS', 'S-1-18-2'],
];

/** Aliases of accounts of a domain, by the last number of their SID. */
const OF_DOMAIN: readonly (readonly [string, number])[] = [
  ['RO', 498],
  ['LA', 500],
  ['LG', 501],
  ['DA', 512],
  ['DU', 513],
  ['DG', 514],
  ['DC', 515],
  ['DD', 516],
  ['CA', 517],
  ['SA', 518],
  ['EA', 519],
  ['PA', 520],
  ['CN', 522],
  ['AP', 525],
  ['KA', 526],
  ['EK', 527],
  ['RS', 553],
];

const fixedByAlias = new Map(FIXED);
const fixedBySid = new Map(FIXED.map(([alias, sid]) => [sid, alias]));
const domainByAlias = new Map(OF_DOMAIN);
const domainByNumber = new Map(OF_DOMAIN.map(([alias, number]) => [number, alias]));

/** Whether an alias means an account of some domain. */
export const isDomainAlias = (alias: string): boolean => domainByAlias.has(alias);

/**
 * The SID of a two-letter alias.
 *
 * @param domain SID of the domain whose accounts are meant
 * @returns undefined for an alias that does not exist, or that needs a domain when there is none
 */
export function sidOfAlias(alias: string, domain: Sid | undefined): Sid | undefined {
  const fixed = fixedByAlias.get(alias);
  const number = domainByAlias.get(alias);
  if (fixed !== undefined || number === undefined || domain === undefined) return fixed;
  return `${domain}-${number}`;
}

/** The alias of `sid`, or undefined. */
export function aliasOfSid(sid: Sid, domain: Sid | undefined): string | undefined {
  const fixed = fixedBySid.get(sid);
  if (fixed !== undefined || domain === undefined || !sid.startsWith(`${domain}-`)) return fixed;
  return domainByNumber.get(Number(sid.slice(domain.length + 1)));
}

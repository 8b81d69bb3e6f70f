import { InvalidValueError } from '../src/errors.ts';
import type { Filter } from '../src/ldap/index.ts';
import { decodeSid, encodeSid, type Sid } from '../src/security/index.ts';
import { AccessRights } from './access-rights.ts';
import { ACCOUNTS, DOMAIN_ACCOUNT, type DomainAccounts, isAccountSid, isDn } from './account-sid.ts';
import type { Connected } from './entries.ts';
import { equality, or, present } from './dialect/filters.ts';
import { DirectoryError } from './errors.ts';
import type { PageRequest } from './ldap/connection.ts';
import type { LdapEntry } from './ldap/entry.ts';

/** Accounts whose names are looked up at most. */
const MAX_ACCOUNTS = 10_000;
/** Accounts of a domain that are asked for by SID at once; a descriptor has room for a few thousand. */
const AT_ONCE = 100;

/** [MS-ADA3] 2.222 and 2.237. */
const LOGON_NAME = 'sAMAccountName';
const SID = 'objectSid';

/**
 * Asks the directory for its accounts when the rights of `object` speak of some that are not known, so that they are
 * shown by name. A directory that has none, or does not tell, is no error: they are shown as SIDs then.
 *
 * @returns `object`
 */
export async function withAccountNames<T extends { readonly acl: AccessRights | undefined } | undefined>(
  object: T,
  connected: Connected,
  signal?: AbortSignal,
): Promise<T> {
  const { accounts } = connected.dialect;
  const strangers = object?.acl?.strangers ?? [];
  if (accounts === undefined || strangers.length === 0) return object;
  try {
    if (!(accounts instanceof Set)) await nameStrangers(connected, accounts, strangers, signal);
    else if (strangers.some(isAccountSid)) {
      const request = { base: ACCOUNTS, scope: 'one', filter: present('cn'), attributes: ['1.1'] } as const;
      const found = await entriesOf(connected, { ...request, sizeLimit: MAX_ACCOUNTS }, signal);
      for (const { dn } of found) accounts.add(dn);
    }
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
  }
  return object;
}

/**
 * Before rights are written in a domain: accounts that they name get the SIDs that it has for them, and the owner of a
 * list becomes the account that owns the entry, or is about to, since Samba knows no OWNER RIGHTS. A new entry without
 * rights gets those that locator clients give (MS-TAIL §3.1.4), as the domain's own rule is that only administrators may
 * refresh it. Elsewhere nothing is done.
 *
 * @throws {InvalidValueError} when there is no such account, or more than one
 */
export async function withAccountSids(
  object: { acl: AccessRights | undefined; readonly storedAcl: AccessRights | undefined },
  isNew: boolean,
  connected: Connected,
  signal?: AbortSignal,
): Promise<void> {
  const { accounts } = connected.dialect;
  if (accounts === undefined || accounts instanceof Set || accounts.domain === undefined) return;
  const own = (): Promise<Sid | undefined> => ownSid(connected, accounts, signal);
  if (isNew && object.acl === undefined && (await own()) !== undefined) object.acl = usualRights();
  const { acl } = object;
  if (acl === undefined) return;
  const sids = new Map<Sid, Sid>();
  for (const [derived, name] of acl.named) {
    sids.set(derived, await sidIn(connected, accounts.domain, name, signal));
  }
  const isOpen = acl.origin === 'list' && acl.hasOwner;
  const owner = isOpen ? (object.storedAcl?.descriptor.owner ?? (await own())) : undefined;
  if (sids.size > 0 || owner !== undefined) object.acl = acl.withSids(sids, owner);
}

const usualRights = (): AccessRights => AccessRights.parse('everyone:read,owner:all');

async function nameStrangers(
  connected: Connected,
  { domain = '', names }: DomainAccounts,
  strangers: readonly Sid[],
  signal?: AbortSignal,
): Promise<void> {
  for (let from = 0; from < strangers.length; from += AT_ONCE) {
    const some = strangers.slice(from, from + AT_ONCE);
    const filter = or(
      ...some.map((sid): Filter => ({ kind: 'equality', attribute: SID, value: encodeSid(sid) })),
    );
    const request = { base: domain, scope: 'sub', filter, attributes: [LOGON_NAME, SID] } as const;
    for (const entry of await entriesOf(connected, request, signal)) {
      const [sid, name] = [sidOf(entry), entry.text(LOGON_NAME)];
      if (sid === undefined || name === undefined) continue;
      if (names.size >= MAX_ACCOUNTS) names.clear();
      names.set(sid, name);
    }
  }
}

/** The account that we are bound as ([MS-ADTS] 3.1.1.3.2, tokenGroups of the rootDSE, where it stands first). */
async function ownSid(
  connected: Connected,
  { selves }: DomainAccounts,
  signal?: AbortSignal,
): Promise<Sid | undefined> {
  const { boundDn = '' } = connected.session;
  const known = selves.get(boundDn);
  if (known !== undefined || boundDn === '') return known;
  const attributes = ['tokenGroups'];
  const request = { base: '', scope: 'base', filter: present('objectClass'), attributes } as const;
  const [root] = await entriesOf(connected, request, signal);
  const bytes = root?.bytes('tokenGroups');
  const sid = bytes === undefined ? undefined : decodeSid(bytes);
  if (sid?.startsWith(DOMAIN_ACCOUNT) !== true) return undefined;
  selves.set(boundDn, sid);
  return sid;
}

async function sidIn(connected: Connected, domain: string, name: string, signal?: AbortSignal): Promise<Sid> {
  const byName = or(equality(LOGON_NAME, name), equality('userPrincipalName', name));
  const place = isDn(name)
    ? ({ base: name, scope: 'base', filter: present(SID) } as const)
    : ({ base: domain, scope: 'sub', filter: byName } as const);
  const found = await entriesOf(connected, { ...place, attributes: [SID] }, signal).catch(
    (error: unknown) => {
      if (error instanceof DirectoryError && NO_ENTRY.has(error.ldapCode ?? 0)) return [];
      throw error;
    },
  );
  const [sid, another] = found.map(sidOf).filter((it) => it !== undefined);
  if (sid !== undefined && another === undefined) return sid;
  throw new InvalidValueError(
    sid === undefined
      ? `There is no account "${name}" in ${domain}, or you may not see it: name it by its log-on name, its DN or its SID`
      : `More than one account in ${domain} is called "${name}": name it by its DN or its SID`,
  );
}

/** noSuchObject and invalidDNSyntax. */
const NO_ENTRY: ReadonlySet<number> = new Set([32, 34]);

const sidOf = (entry: LdapEntry): Sid | undefined => {
  const bytes = entry.bytes(SID);
  return bytes === undefined ? undefined : decodeSid(bytes);
};

async function entriesOf(
  { session }: Connected,
  request: Omit<PageRequest, 'binaryAttributes'>,
  signal?: AbortSignal,
): Promise<readonly LdapEntry[]> {
  const whole = { ...request, binaryAttributes: [SID, 'tokenGroups'] };
  return (await session.read((connection) => connection.searchPage(whole, signal), signal)).entries;
}

import { DecodeError } from '../../src/errors.ts';
import { normalizeDn, parseDn } from '../../src/ldap/index.ts';
import {
  GENERIC_MAPPING,
  grantedRights,
  parseSecurityDescriptor,
  RIGHT,
  type SecurityDescriptor,
  type Sid,
  WELL_KNOWN,
} from '../../src/security/index.ts';
import { accountSid, isAccountSid } from '../account-sid.ts';
import type { AccessAction, Identity } from './access.ts';
import type { Entry, EntryAttribute, EntryAttributes } from './entry.ts';
import { OperationError } from './errors.ts';
import { dnRules } from './schema.ts';
import { isBaseTree } from './tree.ts';

/**
 * Rights on single entries, after their security descriptors. An entry without one is as locator services have it:
 * everyone reads, its owner does all. The owner is the identity that added the entry, unless the descriptor names
 * another account; an entry that somebody without a name added belongs to everyone who can see it, and the tree of
 * every service to its administrators. They and the user of this process may do everything.
 */

export const DESCRIPTOR = 'ntsecuritydescriptor';

/** What an action asks for; each of the rights is enough. */
const NEEDED: Readonly<Record<AccessAction | 'permissions' | 'readPermissions', number>> = {
  read: RIGHT.readProperty,
  compare: RIGHT.readProperty,
  add: RIGHT.createChild,
  modify: RIGHT.writeProperty,
  delete: RIGHT.delete,
  refresh: RIGHT.writeProperty | RIGHT.self,
  permissions: RIGHT.writeDac,
  readPermissions: RIGHT.readControl,
};
export type EntryAction = keyof typeof NEEDED;

/** Decisions remembered for one identity; descriptors come from clients, so what is remembered is bounded. */
const MAX_REMEMBERED = 4096;
/** Bytes of a descriptor that is remembered, some fifty entries of a list; a longer one is judged anew each time. */
const MAX_REMEMBERED_BYTES = 2048;

interface Asker {
  /** Normalised DN; empty for nobody. */
  readonly dn: string;
  readonly sids: ReadonlySet<Sid>;
  readonly decisions: Map<string, number>;
  /** Whether a creator's name, as it is written, is the asker's own. */
  readonly creators: Map<string, boolean>;
  /** The last of both: entries beside each other are mostly of one owner. */
  lastDecision?: { readonly descriptor: EntryAttribute; readonly place: Place; readonly rights: number };
  lastCreator?: { readonly name: EntryAttribute; readonly isOwn: boolean };
}
/** Whether an entry is the asker's creation, somebody else's (a stranger's) or nobody's own. */
type Place = 'c' | 's' | 'o';
const askers = new WeakMap<Identity, Asker>();

function askerOf(who: Identity): Asker {
  let asker = askers.get(who);
  if (asker === undefined) {
    const isNamed = who.dn !== '';
    const own = isNamed ? [WELL_KNOWN.authenticated, accountSid(who.dn)] : [WELL_KNOWN.anonymous];
    asker = {
      dn: isNamed ? normalizeDn(parseDn(who.dn), dnRules) : '',
      sids: new Set([WELL_KNOWN.everyone, WELL_KNOWN.self, ...own]),
      decisions: new Map(),
      creators: new Map(),
    };
    askers.set(who, asker);
  }
  return asker;
}

const isUnrestricted = (who: Identity): boolean => who.isAdmin || who.isInProcess;

/** Whether `who` may do this to the entry, as far as the entry itself is concerned. */
export function mayDo(who: Identity, action: EntryAction, entry: Entry): boolean {
  // Most searches look at many entries of which none has a descriptor: those everyone reads.
  if (READS.has(action) && entry.attributes.get(DESCRIPTOR) === undefined) return true;
  return (rightsOn(who, entry) & NEEDED[action]) !== 0;
}
const READS: ReadonlySet<EntryAction> = new Set(['read', 'compare', 'readPermissions']);

/** All rights of `who` on the entry, as an access mask. */
export function rightsOn(who: Identity, entry: Entry): number {
  if (isUnrestricted(who)) return GENERIC_MAPPING.all;
  const asker = askerOf(who);
  const place = placeOf(asker, entry);
  const descriptor = entry.attributes.get(DESCRIPTOR);
  const last = asker.lastDecision;
  if (descriptor !== undefined && last?.place === place && descriptor.hasValuesOf(last.descriptor)) {
    return last.rights;
  }
  const bytes = descriptor?.vals[0];
  if (descriptor === undefined || bytes === undefined) {
    return place === 's' ? GENERIC_MAPPING.read | RIGHT.createChild : GENERIC_MAPPING.all;
  }
  const rights =
    bytes.length > MAX_REMEMBERED_BYTES
      ? decide(asker, bytes, place)
      : rememberedDecision(asker, bytes, place);
  asker.lastDecision = { descriptor, place, rights };
  return rights;
}

function placeOf(asker: Asker, entry: Entry): Place {
  const attribute = entry.attributes.get('creatorsname');
  const last = asker.lastCreator;
  if (last !== undefined && attribute?.hasValuesOf(last.name) === true) return last.isOwn ? 'c' : 's';
  const value = attribute?.vals[0];
  if (attribute === undefined || value === undefined || value.length === 0) {
    return isBaseTree(entry.path) ? 's' : 'o';
  }
  const name = Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1');
  let isOwn = asker.creators.get(name);
  if (isOwn === undefined) {
    isOwn = asker.dn !== '' && attribute.keys[0] === asker.dn;
    if (asker.creators.size >= MAX_REMEMBERED) asker.creators.clear();
    asker.creators.set(name, isOwn);
  }
  asker.lastCreator = { name: attribute, isOwn };
  return isOwn ? 'c' : 's';
}

function rememberedDecision(asker: Asker, bytes: Uint8Array, place: Place): number {
  const key = place + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  let rights = asker.decisions.get(key);
  if (rights === undefined) {
    rights = decide(asker, bytes, place);
    if (asker.decisions.size >= MAX_REMEMBERED) asker.decisions.clear();
    asker.decisions.set(key, rights);
  }
  return rights;
}

/** @param place see {@link placeOf} */
function decide(asker: Asker, bytes: Uint8Array, place: Place): number {
  const sd = readDescriptor(bytes);
  if (sd === undefined) return place === 'c' ? GENERIC_MAPPING.all : 0;
  const named = sd.owner !== undefined && isAccountSid(sd.owner) ? sd.owner : undefined;
  const isOwner = named === undefined ? place === 'c' : asker.sids.has(named);
  if (!isOwner) {
    const rights = grantedRights({ ...sd, owner: named ?? STRANGER }, asker.sids);
    const isCommon = place === 'o' && named === undefined && (rights & RIGHT.readProperty) !== 0;
    return isCommon ? GENERIC_MAPPING.all : rights;
  }
  // Clients name as owner the account that they have elsewhere; here it is who added the entry.
  const own = [WELL_KNOWN.creatorOwner, ...(sd.owner === undefined ? [] : [sd.owner])];
  const sids = new Set([...asker.sids, ...own]);
  return grantedRights({ ...sd, owner: sd.owner ?? WELL_KNOWN.creatorOwner }, sids);
}

/** An owner that nobody is. */
const STRANGER: Sid = 'S-1-0-0';

function readDescriptor(bytes: Uint8Array): SecurityDescriptor | undefined {
  try {
    return parseSecurityDescriptor(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}

/**
 * Checks the descriptor that `who` is about to give an entry.
 *
 * @param before attributes of the entry as it is, undefined for a new one
 * @param after  attributes as they are to be
 * @throws {OperationError} invalidAttributeSyntax when it is none, insufficientAccessRights when it gives the entry to
 *   somebody else
 */
export function checkDescriptor(who: Identity, before: Entry | undefined, after: EntryAttributes): void {
  const bytes = after.get(DESCRIPTOR)?.vals[0];
  if (bytes === undefined) return;
  let owner: Sid | undefined;
  try {
    owner = parseSecurityDescriptor(bytes).owner;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new OperationError('invalidAttributeSyntax', `ntSecurityDescriptor: ${error.message}`);
  }
  if (isUnrestricted(who) || owner === undefined || !isAccountSid(owner)) return;
  const old = before?.attributes.get(DESCRIPTOR)?.vals[0];
  if (old !== undefined && readDescriptor(old)?.owner === owner) return;
  const mayTake =
    askerOf(who).sids.has(owner) &&
    (before === undefined || (rightsOn(who, before) & RIGHT.writeOwner) !== 0);
  if (mayTake) return;
  throw new OperationError(
    'insufficientAccessRights',
    'the descriptor names another account as the owner: only administrators give entries away',
  );
}

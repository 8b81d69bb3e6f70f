import { DecodeError } from '../errors.ts';
import { type Ace, ACE_TYPE } from './ace.ts';
import { type Acl, aclOf, type SecurityDescriptor } from './descriptor.ts';
import { GENERIC_MAPPING, RIGHT } from './rights.ts';
import { formatAce } from './sddl-format.ts';
import { parseAce } from './sddl-parse.ts';
import { type Sid, tryParseSid, WELL_KNOWN } from './sid.ts';

/**
 * Access lists as people write them: `everyone:read,owner:all,cn=Ann,o=Example:read+write+delete`. An item is who, a
 * colon and rights joined by `+`; a `!` before the rights denies them. What this form has no words for is written as
 * an ACE in SDDL, in parentheses.
 */

/** Finds accounts by name and names by SID. */
export interface AccountNames {
  /** @returns the SID, or undefined when there is no such account */
  sidOf(name: string): Sid | undefined;
  /** @returns the name, or undefined when the SID is a stranger's */
  nameOf(sid: Sid): string | undefined;
}

const PEOPLE: readonly (readonly [string, Sid])[] = [
  ['everyone', WELL_KNOWN.everyone],
  ['owner', WELL_KNOWN.ownerRights],
  ['authenticated', WELL_KNOWN.authenticated],
  ['anonymous', WELL_KNOWN.anonymous],
  ['administrators', WELL_KNOWN.administrators],
];
const sids = new Map(PEOPLE);
const words = new Map(PEOPLE.map(([word, sid]) => [sid, word]));

/** What each word allows; see docs of the `--acl` option. */
const RIGHT_WORDS: readonly { readonly word: string; readonly mask: number; readonly also?: number }[] = [
  { word: 'all', mask: RIGHT.genericAll, also: GENERIC_MAPPING.all },
  { word: 'read', mask: RIGHT.genericRead, also: GENERIC_MAPPING.read },
  { word: 'join', mask: RIGHT.controlAccess },
  { word: 'write', mask: RIGHT.genericWrite, also: GENERIC_MAPPING.write },
  { word: 'delete', mask: RIGHT.delete },
  { word: 'refresh', mask: RIGHT.self },
  { word: 'create', mask: RIGHT.createChild },
  { word: 'permissions', mask: RIGHT.writeDac },
  { word: 'ownership', mask: RIGHT.writeOwner },
];
const masks = new Map(RIGHT_WORDS.map(({ word, mask }) => [word, mask]));

const RIGHTS = /^(.*):\s*(!?)\s*([a-z]+(?:\s*\+\s*[a-z]+)*|0x[\da-f]{1,8})\s*$/is;

/**
 * Reads an access list.
 *
 * @param names finds accounts that have no word of their own
 * @throws {DecodeError} naming the item
 */
export function parseAccessList(text: string, names: AccountNames): Acl {
  const aces: Ace[] = [];
  let pending = '';
  for (const piece of splitItems(text)) {
    pending = pending === '' ? piece : `${pending},${piece}`;
    const item = pending.trim();
    if (item.startsWith('(')) aces.push(parseAce(item));
    else {
      const found = RIGHTS.exec(item);
      const mask = found === null ? undefined : rightsMask(found[3]!);
      if (mask === undefined) continue; // a DN has commas: the item goes on
      aces.push(allowOrDeny(found![2] === '!', mask, accountSid(found![1]!.trim(), names)));
    }
    pending = '';
  }
  if (pending.trim() !== '') {
    const known = RIGHT_WORDS.map(({ word }) => word).join(', ');
    throw new DecodeError(
      'access list',
      `"${pending.trim().slice(0, 100)}" does not end in a colon and rights. Write items like everyone:read or ` +
        `owner:all; rights are ${known}, joined by +`,
    );
  }
  return aclOf(aces);
}

/** Splits at commas, but not inside of parentheses. */
function splitItems(text: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === ',' && depth <= 0) {
      items.push(text.slice(start, at));
      start = at + 1;
    }
  }
  const last = text.slice(start);
  if (last.trim() !== '' || items.length > 0) items.push(last);
  return items;
}

function rightsMask(text: string): number | undefined {
  if (/^0x/i.test(text)) return Number(text);
  let mask = 0;
  for (const word of text.toLowerCase().split(/\s*\+\s*/)) {
    const bits = masks.get(word);
    if (bits === undefined) return undefined;
    mask |= bits;
  }
  return mask >>> 0;
}

function accountSid(name: string, names: AccountNames): Sid {
  const word = name.toLowerCase();
  const known = sids.get(word) ?? tryParseSid(name);
  if (known !== undefined) return known;
  const near = [...sids.keys()].find((other) => isSlip(word, other));
  const sid = name === '' || near !== undefined ? undefined : names.sidOf(name);
  if (sid !== undefined) return sid;
  if (near !== undefined) {
    throw new DecodeError(
      'access list',
      `"${name}" is taken for ${near} misspelt: an account of that name is written as its DN`,
    );
  }
  throw new DecodeError(
    'access list',
    `"${name.slice(0, 100)}" is no account: write ${[...sids.keys()].join(', ')}, a DN or a SID`,
  );
}

/** Whether one letter too many, too few or wrong makes `text` of `word`. */
function isSlip(text: string, word: string): boolean {
  if (Math.abs(text.length - word.length) > 1) return false;
  let start = 0;
  while (start < text.length && text[start] === word[start]) start++;
  const [a, b] = [text.slice(start), word.slice(start)];
  return a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1);
}

const allowOrDeny = (denies: boolean, mask: number, sid: Sid): Ace => ({
  kind: 'account',
  type: denies ? ACE_TYPE.accessDenied : ACE_TYPE.accessAllowed,
  flags: 0,
  mask,
  sid,
  data: new Uint8Array(0),
});

/**
 * The access list of a descriptor for people.
 *
 * @returns `everyone:all` for a descriptor without a list, which allows everything; empty for one that allows nothing
 */
export function formatAccessList({ dacl, owner }: SecurityDescriptor, names: AccountNames): string {
  if (dacl === undefined || dacl === null) return 'everyone:all';
  return dacl.aces.map((ace) => formatItem(ace, owner, names)).join(',');
}

function formatItem(ace: Ace, owner: Sid | undefined, names: AccountNames): string {
  if (ace.kind === 'opaque' || ace.flags !== 0 || ace.data.length > 0) return formatAce(ace);
  const denies = ace.type === ACE_TYPE.accessDenied;
  if (!denies && ace.type !== ACE_TYPE.accessAllowed) return formatAce(ace);
  const who = ace.sid === owner ? 'owner' : (words.get(ace.sid) ?? names.nameOf(ace.sid) ?? ace.sid);
  return `${who}:${denies ? '!' : ''}${formatMask(ace.mask)}`;
}

function formatMask(mask: number): string {
  const found: string[] = [];
  let left = mask;
  for (const { word, mask: bits, also = 0 } of RIGHT_WORDS) {
    const spelt = (left & bits) >>> 0 === bits;
    // Servers store what generic rights stand for; two words may share a bit, so it is looked for in the whole mask.
    const meant = also !== 0 && (mask & also) === also && (left & also) !== 0;
    if (!spelt && !meant) continue;
    found.push(word);
    if (spelt) left &= ~bits;
    if (meant) left &= ~also;
  }
  // A part has no word: the number says all of it.
  return left === 0 && found.length > 0 ? found.join('+') : `0x${mask.toString(16)}`;
}

/** The descriptor that locator clients give a conference: everyone reads, the owner does all (MS-TAIL §3.1.4). */
export function defaultDescriptor(owner?: Sid): SecurityDescriptor {
  return {
    control: 0,
    ...(owner === undefined ? {} : { owner }),
    dacl: aclOf([
      allowOrDeny(false, RIGHT.genericRead, WELL_KNOWN.everyone),
      allowOrDeny(false, RIGHT.genericAll, owner ?? WELL_KNOWN.ownerRights),
    ]),
  };
}

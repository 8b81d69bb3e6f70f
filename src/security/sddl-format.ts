import { type Ace, ACE_TYPE } from './ace.ts';
import { type Acl, CONTROL, type SecurityDescriptor } from './descriptor.ts';
import {
  ACE_FLAG_TOKENS,
  ACE_TYPE_TOKENS,
  aliasOfSid,
  LABEL_RIGHT_TOKENS,
  RIGHT_TOKENS,
} from './sddl-tokens.ts';
import type { Sid } from './sid.ts';

export interface SddlOptions {
  /** SID of the domain whose accounts the aliases DA, DU, … mean; without it they are neither read nor written. */
  readonly domain?: Sid;
}

const typeTokens = new Map(ACE_TYPE_TOKENS.map(([token, type]) => [type, token]));
const hex = (value: number): string => `0x${value.toString(16)}`;
const octets = (bytes: Uint8Array): string =>
  `#${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;

/** Tokens of the bits of `value`, or undefined when some have none. */
function tokens(value: number, table: readonly (readonly [string, number])[]): string | undefined {
  let text = '';
  let left = value;
  for (const [token, bit] of table) {
    if ((value & bit) === 0) continue;
    text += token;
    left &= ~bit;
  }
  return left === 0 ? text : undefined;
}

/** An access mask as rights tokens, or in hexadecimal when it has bits without one. */
export function formatRights(mask: number, type: number = ACE_TYPE.accessAllowed): string {
  const table = type === ACE_TYPE.systemMandatoryLabel ? LABEL_RIGHT_TOKENS : RIGHT_TOKENS;
  return tokens(mask, table) ?? hex(mask);
}

/** @see {@link formatSddl} */
export function formatAce(ace: Ace, { domain }: SddlOptions = {}): string {
  const type = typeTokens.get(ace.type) ?? hex(ace.type);
  const flags = tokens(ace.flags, ACE_FLAG_TOKENS) ?? hex(ace.flags);
  if (ace.kind === 'opaque') return `(${type};${flags};${octets(ace.body)};;;)`;
  const rights = formatRights(ace.mask, ace.type);
  const sid = aliasOfSid(ace.sid, domain) ?? ace.sid;
  const rest = ace.data.length === 0 ? '' : `;${octets(ace.data)}`;
  return `(${type};${flags};${rights};${ace.objectType ?? ''};${ace.inheritedObjectType ?? ''};${sid}${rest})`;
}

function formatAcl(
  letter: 'D' | 'S',
  acl: Acl | null | undefined,
  control: number,
  bits: { readonly protect: number; readonly request: number; readonly inherited: number },
  options: SddlOptions,
): string {
  if (acl === undefined) return '';
  const flags =
    ((control & bits.protect) === 0 ? '' : 'P') +
    ((control & bits.request) === 0 ? '' : 'AR') +
    ((control & bits.inherited) === 0 ? '' : 'AI');
  if (acl === null) return `${letter}:${flags}NO_ACCESS_CONTROL`;
  return `${letter}:${flags}${acl.aces.map((ace) => formatAce(ace, options)).join('')}`;
}

/**
 * A security descriptor as text. Conditions, resource attributes and ACEs of unknown kinds are written as `#` and the
 * hexadecimal digits of their bytes, which only {@link parseSddl} of this program reads back.
 *
 * @see MS-DTYP §2.5.1
 */
export function formatSddl(sd: SecurityDescriptor, options: SddlOptions = {}): string {
  const { owner, group, dacl, sacl, control } = sd;
  const name = (sid: Sid): string => aliasOfSid(sid, options.domain) ?? sid;
  return (
    (owner === undefined ? '' : `O:${name(owner)}`) +
    (group === undefined ? '' : `G:${name(group)}`) +
    formatAcl('D', dacl, control, DACL_BITS, options) +
    formatAcl('S', sacl, control, SACL_BITS, options)
  );
}

export const DACL_BITS = {
  protect: CONTROL.daclProtected,
  request: CONTROL.daclAutoInheritRequest,
  inherited: CONTROL.daclAutoInherited,
} as const;
export const SACL_BITS = {
  protect: CONTROL.saclProtected,
  request: CONTROL.saclAutoInheritRequest,
  inherited: CONTROL.saclAutoInherited,
} as const;

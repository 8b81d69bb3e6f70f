import { toBase64 } from '../wire/index.ts';
import type { PartialAttribute } from './attribute.ts';
import { utf8Text } from './ber.ts';
import type { Control } from './control.ts';
import type { ModifyChange } from './update.ts';

/** An entry as it is, from a file of content (RFC 2849, `ldif-content`). */
export interface LdifEntry {
  readonly kind: 'entry';
  readonly dn: string;
  /** In the order of the file; values of one description are together. */
  readonly attributes: readonly PartialAttribute[];
}
/** What is to be done to an entry (RFC 2849, `ldif-changes`). */
export type LdifChange = { readonly dn: string; readonly controls: readonly Control[] } & (
  | { readonly kind: 'add'; readonly attributes: readonly PartialAttribute[] }
  | { readonly kind: 'delete' }
  | { readonly kind: 'modify'; readonly changes: readonly ModifyChange[] }
  | {
      readonly kind: 'modrdn';
      readonly newRDN: string;
      readonly deleteOldRDN: boolean;
      readonly newSuperior?: string;
    }
);
export type LdifRecord = LdifEntry | LdifChange;

/** A line is folded at this many characters (RFC 2849, note 2: any number will do, 76 is usual). */
const WIDTH = 76;

/** RFC 2849 SAFE-STRING without control characters; note 8: a blank at the end would not be seen. */
const SAFE = /^(?:(?![ :<])[\x20-\x7e]*(?<! ))?$/;

/** The first lines of a file. */
export const LDIF_VERSION = 'version: 1\n\n';

/** One line, `name: value` or `name:: base64`, folded. */
export function ldifLine(name: string, value: string | Uint8Array): string {
  const text = typeof value === 'string' ? value : utf8Text(value);
  const octets = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  const line =
    text !== undefined && SAFE.test(text)
      ? `${name}:${text === '' ? '' : ` ${text}`}`
      : `${name}:: ${toBase64(octets)}`;
  if (line.length <= WIDTH) return `${line}\n`;
  let folded = line.slice(0, WIDTH);
  for (let at = WIDTH; at < line.length; at += WIDTH - 1) folded += `\n ${line.slice(at, at + WIDTH - 1)}`;
  return `${folded}\n`;
}

/** Comment lines. */
export const ldifComment = (text: string): string =>
  `${text.replaceAll(/^/gm, '# ').replaceAll(/ +$/gm, '')}\n`;

/** A record with the empty line that ends it. */
export function serializeLdif(record: LdifRecord): string {
  let text = ldifLine('dn', record.dn);
  if (record.kind === 'entry') return `${text}${attributeLines(record.attributes)}\n`;
  for (const control of record.controls) text += controlLine(control);
  text += ldifLine('changetype', record.kind);
  switch (record.kind) {
    case 'add':
      text += attributeLines(record.attributes);
      break;
    case 'modify':
      for (const { operation, modification } of record.changes) {
        text += `${ldifLine(operation, modification.type)}${attributeLines([modification])}-\n`;
      }
      break;
    case 'modrdn':
      text += ldifLine('newrdn', record.newRDN) + ldifLine('deleteoldrdn', record.deleteOldRDN ? '1' : '0');
      if (record.newSuperior !== undefined) text += ldifLine('newsuperior', record.newSuperior);
      break;
    case 'delete':
      break;
  }
  return `${text}\n`;
}

function attributeLines(attributes: readonly PartialAttribute[]): string {
  let text = '';
  for (const { type, vals } of attributes) for (const value of vals) text += ldifLine(type, value);
  return text;
}

function controlLine({ controlType, criticality, controlValue }: Control): string {
  const head = `control: ${controlType} ${criticality}`;
  return controlValue === undefined ? `${head}\n` : `${head}:: ${toBase64(controlValue)}\n`;
}

import { EncodeError } from '../errors.ts';

/** One `e=` line (RFC 8866 §5.6). */
export interface EmailContact {
  readonly address: string;
  readonly name?: string;
}

/** One `p=` line (RFC 8866 §5.6). */
export interface PhoneContact {
  readonly number: string;
  readonly name?: string;
}

/** Splits `text (name)` and `name <text>`, the two forms of RFC 8866 §5.6, or takes the whole for the first part. */
function split(value: string): { main: string; name?: string } {
  const trimmed = value.trim();
  if (trimmed.endsWith(')')) {
    const open = trimmed.indexOf('(');
    if (open > 0) return named(trimmed.slice(0, open), trimmed.slice(open + 1, -1));
  }
  if (trimmed.endsWith('>')) {
    const open = trimmed.lastIndexOf('<');
    if (open >= 0) return named(trimmed.slice(open + 1, -1), trimmed.slice(0, open));
  }
  return { main: trimmed };
}

function named(main: string, name: string): { main: string; name?: string } {
  const clean = name.trim();
  return clean === '' ? { main: main.trim() } : { main: main.trim(), name: clean };
}

/** Writes the form that holds both parts: `main (name)`, or `name <main>` when the name has parentheses. */
function join(field: string, main: string, name: string | undefined): string {
  if (main.trim() === '' || /[()<>]/.test(main)) {
    throw new EncodeError('SDP', field, `${JSON.stringify(main)} is empty or has brackets`);
  }
  if (name === undefined || name.trim() === '') return main.trim();
  if (!/[()]/.test(name)) return `${main.trim()} (${name.trim()})`;
  if (!/[<>]/.test(name)) return `${name.trim()} <${main.trim()}>`;
  throw new EncodeError('SDP', field, `name ${JSON.stringify(name)} has both kinds of brackets`);
}

export function parseEmail(value: string): EmailContact {
  const { main, name } = split(value);
  return { address: main, ...(name === undefined ? {} : { name }) };
}
export function parsePhone(value: string): PhoneContact {
  const { main, name } = split(value);
  return { number: main, ...(name === undefined ? {} : { name }) };
}
/** @throws {EncodeError} when a part cannot be written so that it is read back the same */
export function formatEmail({ address, name }: EmailContact): string {
  return join('email', address, name);
}
/** @throws {EncodeError} when a part cannot be written so that it is read back the same */
export function formatPhone({ number, name }: PhoneContact): string {
  return join('phone', number, name);
}

import { UsageError } from '../errors.ts';

/** `Name <value>`, `value (Name)` or just the value, as `e=` and `p=` have them. */
function split(text: string): { readonly value: string; readonly name?: string } {
  const angled = /^(.*?)\s*<([^<>]+)>$/.exec(text.trim());
  if (angled !== null) return withName(angled[2], angled[1]);
  const round = /^([^()]+?)\s*\(([^()]*)\)$/.exec(text.trim());
  if (round !== null) return withName(round[1], round[2]);
  return { value: text.trim() };
}

function withName(value = '', name = ''): { readonly value: string; readonly name?: string } {
  const bare = name.trim().replace(/^"(.*)"$/, '$1');
  return { value: value.trim(), ...(bare === '' ? {} : { name: bare }) };
}

/** @throws {UsageError} when it has no `@` or has blanks in the address */
export function parseEmail(text: string): { readonly address: string; readonly name?: string } {
  const { value, name } = split(text);
  if (!/^[^\s@]+@[^\s@]+$/.test(value)) {
    throw new UsageError(
      `"${text}" is not an e-mail address: write it like a@example.org or "Ann <a@example.org>"`,
    );
  }
  return { address: value, ...(name === undefined ? {} : { name }) };
}

/** @throws {UsageError} when it has no digits */
export function parsePhone(text: string): { readonly number: string; readonly name?: string } {
  const { value, name } = split(text);
  if (!/^\+?[\d \-.()/]*\d[\d \-.()/]*$/.test(value)) {
    throw new UsageError(`"${text}" is not a telephone number: write it like +44 171 380 7777`);
  }
  return { number: value, ...(name === undefined ? {} : { name }) };
}

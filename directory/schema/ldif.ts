/** One line of LDIF, `name: value` or `name:: base64`, folded at 76 characters (RFC 2849, notes 2 and 4). */
export function ldifLine(name: string, value: string | Uint8Array): string {
  const safe = typeof value === 'string' && /^(?![ :<])[\x20-\x7e]*(?<! )$/.test(value);
  const text = safe ? `${name}: ${value}` : `${name}:: ${Buffer.from(value).toString('base64')}`;
  const lines = [text.slice(0, 76)];
  for (let at = 76; at < text.length; at += 75) lines.push(` ${text.slice(at, at + 75)}`);
  return lines.join('\n');
}

/** A record of LDIF; an attribute may be there several times. */
export function ldifRecord(lines: readonly (readonly [name: string, value: string | Uint8Array])[]): string {
  return `${lines.map(([name, value]) => ldifLine(name, value)).join('\n')}\n`;
}

/** Comment lines before a record. */
export const ldifComment = (text: string): string =>
  `${text.replaceAll(/^/gm, '# ').replaceAll(/ +$/gm, '')}\n`;

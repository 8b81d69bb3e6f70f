/** Characters of a name at most: what every directory server takes. */
const MAX_NAME = 200;
/** Names that are tried for one session. */
export const MAX_NAME_CANDIDATES = 10;
/** What a session is called that says no name. */
const UNNAMED = 'Unnamed';

/**
 * What an announced session may be called in a directory: its own name, then `name (user@host)` after its originator, then
 * that with a number. A name that no directory could keep is put right first.
 *
 * @param name as the description has it: `-`, a blank or nothing stand for none (RFC 8866 §5.3)
 * @param key  the `o=` line without version: user, id, network, address type, address
 * @param candidate 0 for the first choice, up to {@link MAX_NAME_CANDIDATES} - 1
 */
export function sessionName(name: string | undefined, key: string, candidate: number): string {
  const [user = '-', , , , host = ''] = key.split(' ');
  const who = keepable(user === '-' ? host : `${user}@${host}`);
  const own = keepable(name ?? '');
  const isNone = own === '' || own === '-';
  const suffix = candidate === 0 && !isNone ? '' : ` (${cut(who, 80)})`;
  const counter = isNone ? candidate + 1 : candidate;
  const number = counter > 1 ? ` ${counter}` : '';
  return `${cut(isNone ? UNNAMED : own, MAX_NAME - suffix.length - number.length)}${suffix}${number}`;
}

/** The same for names that directories take for the same: case, width and blanks do not count (RFC 4518 §2). */
export function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().replaceAll(/\s+/gu, ' ').trim();
}

/** Without what is invisible: controls, formats and lone surrogates are no part of a name that can be typed. */
function keepable(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/[\p{Cf}\p{Co}\p{Cn}]/gu, '')
    .replaceAll(/ +/g, ' ')
    .trim();
}

/** At most `max` UTF-16 units, whole characters. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  return (
    text
      .slice(0, max - 1)
      .replace(/[\ud800-\udbff]$/, '')
      .trimEnd() + '…'
  );
}

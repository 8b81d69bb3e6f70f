/**
 * Text from elsewhere (a directory entry, another participant) made fit for a terminal: no escape sequences, line
 * breaks or characters that turn the writing direction, all of which could fake what the user sees.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (found) =>
    found === '\t' || found === '\n' ? ' ' : '\ufffd',
  );
}

let segmenter: Intl.Segmenter | undefined;

/** The segmenter takes some milliseconds to make, which most output, being ASCII, need not pay. */
function clusters(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(text);
}

/** Columns that one character, with all its marks, takes: marks alone none. */
function clusterWidth(cluster: string): number {
  if (/^[\p{M}\p{Cf}]+$/u.test(cluster)) return 0;
  // Emoji shown as pictures and East Asian scripts. In here and not above: making these sets costs each start too.
  const wide =
    /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u;
  return wide.test(cluster) ? 2 : 1;
}

/** Columns that text without escape sequences takes on a terminal. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of clusters(text)) width += clusterWidth(segment);
  return width;
}

/** Cut to at most `width` columns, with `…` where something is missing. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of clusters(text)) {
    const more = clusterWidth(segment);
    if (used + more > width - 1) break;
    kept += segment;
    used += more;
  }
  return width < 1 ? '' : `${kept}…`;
}

/** Filled with blanks up to `width` columns. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

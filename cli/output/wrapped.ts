import { printable, textWidth, truncate } from './printable.ts';

/** Words that flow on lines no wider than `width`, the first behind a mark and the others below it. */
export function wrapped(mark: string, text: string, width: number): string[] {
  const lines: string[] = [];
  let line = mark;
  let isFirst = true;
  for (const word of printable(text).split(' ')) {
    if (!isFirst && textWidth(line) + textWidth(word) + 1 > width) {
      lines.push(line);
      line = ' '.repeat(textWidth(mark)) + word;
    } else line += isFirst ? word : ` ${word}`;
    isFirst = false;
  }
  return [...lines, line].map((it) => truncate(it, width));
}

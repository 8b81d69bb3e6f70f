/** A word as it is typed into a shell. */
export function shellWord(word: string): string {
  return /^[\p{L}\p{N}_.@%+:,/-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

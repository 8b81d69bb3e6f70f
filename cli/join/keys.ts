/** What a key press asks for. */
export type KeyAction =
  | { readonly action: 'muteSelf' | 'talk' | 'hold' | 'leave' | 'help' | 'redraw' | 'suspend' | 'interrupt' }
  /** Of the view: the page of who hears whom, talking to the conference shown, muting what is selected. */
  | { readonly action: 'matrix' | 'talkHere' | 'muteSelected' }
  | { readonly action: 'muteParticipant' /** From 0. */; readonly index: number }
  /** Another participant or conference is shown as selected; volume in steps of 3 dB, balance in steps of a quarter. */
  | { readonly action: 'select' | 'conference' | 'volume' | 'balance'; readonly step: 1 | -1 };

const KEYS: Readonly<Record<string, KeyAction>> = {
  m: { action: 'muteSelf' },
  M: { action: 'muteSelf' },
  ' ': { action: 'talk' },
  h: { action: 'hold' },
  H: { action: 'hold' },
  q: { action: 'leave' },
  Q: { action: 'leave' },
  '\u001b': { action: 'leave' },
  '?': { action: 'help' },
  l: { action: 'redraw' },
  '\u000c': { action: 'redraw' },
  '\u001a': { action: 'suspend' },
  '\u0003': { action: 'interrupt' },
  '\u0004': { action: 'leave' },
  r: { action: 'matrix' },
  t: { action: 'talkHere' },
  x: { action: 'muteSelected' },
  '+': { action: 'volume', step: 1 },
  '=': { action: 'volume', step: 1 },
  '-': { action: 'volume', step: -1 },
  '\t': { action: 'conference', step: 1 },
};

/** The last letter of the sequences of cursor keys (ECMA-48 CUU … and what xterm sends in application mode). */
const CURSOR: Readonly<Record<string, KeyAction>> = {
  A: { action: 'select', step: -1 },
  B: { action: 'select', step: 1 },
  C: { action: 'balance', step: 1 },
  D: { action: 'balance', step: -1 },
  Z: { action: 'conference', step: -1 },
};

/**
 * What the bytes of a terminal in raw mode mean. Sequences of function keys mean nothing here and are skipped whole, so
 * that the letters in them press no keys.
 */
export function keyActions(text: string): KeyAction[] {
  if (text === '\u001b') return [{ action: 'leave' }];
  const out: KeyAction[] = [];
  for (let at = 0; at < text.length; at++) {
    const key = text[at] ?? '';
    if (key !== '\u001b') {
      const action = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
      if (action !== undefined) out.push(action);
      else if (/^[1-9]$/.test(key)) out.push({ action: 'muteParticipant', index: Number(key) - 1 });
      continue;
    }
    const begin = at++;
    if (text[at] === 'O') at++;
    else if (text[at] === '[') while (at + 1 < text.length && !/[@-~]/.test(text[++at] ?? '~'));
    const sequence = text.slice(begin + 1, at + 1); // CSI or SS3 with no parameters: a cursor key alone
    const cursor = /^[[O][ABCDZ]$/.test(sequence) ? CURSOR[sequence[1] ?? ''] : undefined;
    if (cursor !== undefined) out.push(cursor);
  }
  return out;
}

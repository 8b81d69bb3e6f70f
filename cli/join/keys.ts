/** What a key press asks for. */
export type KeyAction =
  | { readonly action: 'muteSelf' | 'talk' | 'hold' | 'leave' | 'help' | 'redraw' | 'suspend' | 'interrupt' }
  | { readonly action: 'muteParticipant' /** From 0. */; readonly index: number };

const SIMPLE: Readonly<Record<string, Exclude<KeyAction['action'], 'muteParticipant'>>> = {
  m: 'muteSelf',
  M: 'muteSelf',
  ' ': 'talk',
  h: 'hold',
  H: 'hold',
  q: 'leave',
  Q: 'leave',
  '\u001b': 'leave',
  '?': 'help',
  l: 'redraw',
  '\u000c': 'redraw',
  '\u001a': 'suspend',
  '\u0003': 'interrupt',
  '\u0004': 'leave',
};

/**
 * What the bytes of a terminal in raw mode mean. Sequences of cursor and function keys mean nothing here and are
 * skipped whole, so that the letters in them press no keys.
 */
export function keyActions(text: string): KeyAction[] {
  const keys = text === '\u001b' ? [text] : stripSequences(text).split('');
  return keys.flatMap((key): KeyAction[] => {
    const action = SIMPLE[key];
    if (action !== undefined) return [{ action }];
    return /^[1-9]$/.test(key) ? [{ action: 'muteParticipant', index: Number(key) - 1 }] : [];
  });
}

/** Leaves out CSI and SS3 sequences, and Alt with a key. */
function stripSequences(text: string): string {
  let kept = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\u001b') {
      kept += text[at];
      continue;
    }
    at++;
    if (text[at] === 'O') at++;
    else if (text[at] === '[') while (at + 1 < text.length && !/[@-~]/.test(text[++at] ?? '~'));
  }
  return kept;
}

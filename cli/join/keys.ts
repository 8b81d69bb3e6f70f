/** What a key press asks for. */
export type KeyAction =
  | { readonly action: 'muteSelf' | 'talk' | 'hold' | 'leave' | 'help' | 'redraw' | 'suspend' | 'interrupt' }
  /** The space bar, where the terminal tells when it goes down and up; and that it does. */
  | { readonly action: 'talkDown' | 'talkUp' | 'keyReleases' }
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

/** Asks whether the terminal tells of key releases, the Kitty keyboard protocol; others do not answer. */
export const ASK_KEY_RELEASES = '\u001b[?u';
/** All keys as sequences (1 + 8), with presses, repetitions and releases (2) and the text they make (16). */
export const BEGIN_KEY_RELEASES = '\u001b[>27u';
export const END_KEY_RELEASES = '\u001b[<u';

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
      const action = ofCharacter(key);
      if (action !== undefined) out.push(action);
      continue;
    }
    const begin = at++;
    if (text[at] === 'O') at++;
    else if (text[at] === '[') while (at + 1 < text.length && !/[@-~]/.test(text[++at] ?? '~'));
    const action = ofSequence(text.slice(begin + 1, at + 1));
    if (action !== undefined) out.push(action);
  }
  return out;
}

function ofCharacter(key: string): KeyAction | undefined {
  if (/^[1-9]$/.test(key)) return { action: 'muteParticipant', index: Number(key) - 1 };
  return Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
}

const [PRESSED, REPEATED, RELEASED] = [1, 2, 3];
const [SHIFT, CTRL] = [1, 4];
/** Caps lock and num lock: held by nobody. */
const LOCKS = 64 | 128;

/** @param sequence without the escape character */
function ofSequence(sequence: string): KeyAction | undefined {
  if (/^\[\?\d+u$/.test(sequence)) return { action: 'keyReleases' };
  const cursor = /^(?:O|\[(?:1;(\d+)(?::(\d))?)?)([ABCDZ])$/.exec(sequence);
  if (cursor !== null) {
    const [, modifiers = '1', event = PRESSED, letter = ''] = cursor;
    return heldKeys(modifiers) === 0 && Number(event) !== RELEASED ? CURSOR[letter] : undefined;
  }
  const key = /^\[(\d+)(?::[\d:]*)?(?:;(\d*)(?::(\d))?)?(?:;(\d*)[\d:]*)?u$/.exec(sequence);
  return key === null
    ? undefined
    : ofKey(Number(key[1]), heldKeys(key[2]), Number(key[3] ?? PRESSED), key[4]);
}

function heldKeys(modifiers: string | undefined): number {
  return ((Number(modifiers) || 1) - 1) & ~LOCKS;
}

/** A key by the Kitty protocol: its code point, what else is held, what happened to it, and the text it makes. */
function ofKey(code: number, held: number, event: number, text: string | undefined): KeyAction | undefined {
  if ((held & ~(SHIFT | CTRL)) !== 0) return undefined;
  const control = (held & CTRL) !== 0;
  if (code === 32 && event === RELEASED) return { action: 'talkUp' }; // whatever is held by now
  if (code === 32 && !control) return event === PRESSED ? { action: 'talkDown' } : undefined;
  if (event === RELEASED) return undefined;
  const point = Number(text) || code;
  if (point > 0x7f) return undefined;
  if (code === 9 && held === SHIFT) return CURSOR['Z'];
  const action = ofCharacter(String.fromCharCode(control ? code & 0x1f : point));
  const isSwitch = action !== undefined && !('step' in action);
  return event === REPEATED && isSwitch ? undefined : action;
}

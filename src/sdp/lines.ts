/** How one line ends. `''` only on a last line without a final newline. */
export type LineEnding = '\r\n' | '\n' | '\r' | '';

/** One line as it stands in a description. */
export interface SdpLine {
  /** 1-based. */
  readonly number: number;
  /** The letter before `=`, or `''` for text that is not `<type>=<value>` (RFC 8866 §5). */
  readonly type: string;
  /** What follows `=`, or the whole text when `type` is `''`. Bytes that are not UTF-8 show as Latin-1. */
  readonly value: string;
  readonly ending: LineEnding;
  /** The bytes are not UTF-8. */
  readonly binary: boolean;
  /** Index of the media description it belongs to, or undefined at session level. */
  readonly media: number | undefined;
}

/**
 * A line inside the model. It changes in place, so that whoever holds it (a `t=` view, say) keeps meaning the same line
 * while others come and go around it.
 */
export class Line {
  type: string;
  value: string;
  ending: LineEnding;
  /** The bytes are not UTF-8: `value` then holds one character for each byte. */
  binary: boolean;

  constructor(type: string, value: string, ending: LineEnding, binary = false) {
    this.type = type;
    this.value = value;
    this.ending = ending;
    this.binary = binary;
  }

  /** The line without its ending. */
  get text(): string {
    return this.type === '' ? this.value : `${this.type}=${this.value}`;
  }
}

/** Splits one line's text into type letter and value; text of another shape keeps the type `''`. */
export function readLine(text: string, ending: LineEnding, binary = false): Line {
  if (text.charCodeAt(1) === 0x3d && text.charCodeAt(0) > 0x20 && text.charCodeAt(0) !== 0x3d) {
    return new Line(text.charAt(0), text.slice(2), ending, binary);
  }
  return new Line('', text, ending, binary);
}

/** The blank-separated words of a value, however many blanks and tabs a careless writer put between them. */
export function words(value: string): string[] {
  return value.split(/[ \t]+/).filter((word) => word !== '');
}

/** `value` with its n-th word (from 0) replaced; everything else, odd spacing included, stays. */
export function replaceWord(value: string, index: number, word: string): string {
  let at = -1;
  return value.replace(/[^ \t]+/g, (old) => {
    at++;
    return at === index ? word : old;
  });
}

/** Whether text can stand inside a line: no line break and no NUL (RFC 8866 §9, byte-string). */
export function isLineText(text: string): boolean {
  return !/[\r\n\0]/.test(text);
}

import { DecodeError } from '../errors.ts';
import { fromLatin1, toLatin1, tryUtf8 } from './charset.ts';
import { type Section, SdpDocument } from './document.ts';
import { type Line, type LineEnding, readLine } from './lines.ts';

/** Longest description read unless told otherwise: what one UDP datagram can carry. */
export const MAX_SDP_BYTES = 65_536;
/** Most lines read unless told otherwise. */
export const MAX_SDP_LINES = 4_096;

export interface SdpParseOptions {
  /** Longest input in bytes (characters when text is given); default {@link MAX_SDP_BYTES}. */
  readonly maxBytes?: number;
  /** Most lines; default {@link MAX_SDP_LINES}. */
  readonly maxLines?: number;
  /** Charset of free text where no `a=charset` names one; default UTF-8. */
  readonly charset?: string;
}

/**
 * Splits a description into its lines and sections without judging them.
 *
 * CRLF and LF end a line; a lone CR does only where there is no LF at all (RFC 8866 §5).
 *
 * @throws {DecodeError} for what cannot be a description: empty, too long, or not starting with `<letter>=`
 */
export function parseDocument(input: string | Uint8Array, options: SdpParseOptions = {}): SdpDocument {
  const { maxBytes = MAX_SDP_BYTES, maxLines = MAX_SDP_LINES, charset } = options;
  if (input.length > maxBytes) {
    throw new DecodeError('SDP', `${input.length} bytes are more than the ${maxBytes} allowed`);
  }
  const fromBytes = typeof input !== 'string';
  const utf8 = fromBytes ? tryUtf8(input) : input;
  let text = utf8 ?? (fromBytes ? fromLatin1(input) : input);
  const mark = utf8 === undefined ? '\xef\xbb\xbf' : '\uFEFF';
  const byteOrderMark = text.startsWith(mark);
  if (byteOrderMark) text = text.slice(mark.length);
  const lines = splitLines(text, maxLines, utf8 === undefined);
  checkStart(lines);
  const sections: [Section, ...Section[]] = [{ lines: [] }];
  let section = sections[0];
  for (const line of lines) {
    if (line.type === 'm') {
      section = { lines: [] };
      sections.push(section);
    }
    section.lines.push(line);
  }
  return new SdpDocument(sections, { byteOrderMark, fromBytes, defaultCharset: charset });
}

function splitLines(text: string, maxLines: number, mixed: boolean): Line[] {
  const lines: Line[] = [];
  const classicMac = !text.includes('\n') && text.includes('\r');
  for (let at = 0; at < text.length; ) {
    if (lines.length === maxLines) {
      throw new DecodeError('SDP', `line ${maxLines + 1}: more than the ${maxLines} lines allowed`, {
        offset: at,
      });
    }
    let end = text.indexOf(classicMac ? '\r' : '\n', at);
    let ending: LineEnding = classicMac ? '\r' : '\n';
    if (end < 0) {
      end = text.length;
      ending = '';
    }
    const next = end + ending.length;
    if (ending === '\n' && end > at && text.charCodeAt(end - 1) === 0x0d) {
      ending = '\r\n';
      end--;
    }
    lines.push(mixed ? readMixed(text.slice(at, end), ending) : readLine(text.slice(at, end), ending));
    at = next;
  }
  return lines;
}

/** A line of a description that is not UTF-8 as a whole; this line may be. */
function readMixed(latin1: string, ending: LineEnding): Line {
  const text = tryUtf8(toLatin1(latin1));
  return text === undefined ? readLine(latin1, ending, true) : readLine(text, ending);
}

function checkStart(lines: readonly Line[]): void {
  const index = lines.findIndex((line) => line.type !== '' || line.value.trim() !== '');
  const first = lines[index];
  if (first === undefined) {
    throw new DecodeError('SDP', 'line 1: nothing here; a description starts with "v=0"', {
      offset: 0,
      rule: 'RFC 8866 §5',
    });
  }
  if (!/^[A-Za-z]$/.test(first.type)) {
    const shown = JSON.stringify(first.text.slice(0, 40));
    throw new DecodeError(
      'SDP',
      `line ${index + 1}: ${shown} is not a description, which starts with "v=0"`,
      {
        rule: 'RFC 8866 §5',
      },
    );
  }
}

import { lineRank } from '../document.ts';
import type { SdpLine } from '../lines.ts';
import { type Report, show } from './report.ts';

/** Types of which one section holds at most one (RFC 8866 §9). */
const SINGLE_SESSION = 'vosiuck';
const SINGLE_MEDIA = 'ik';
/** Types whose value is words, one blank apart. */
const WORDS = 'voctrzm';

/** Shape of the whole: lines, endings, order, what must be there and what only once (RFC 8866 §5, §9). */
export function checkStructure(report: Report, lines: readonly SdpLine[], byteOrderMark: boolean): void {
  if (byteOrderMark) {
    report.warn(1, 'RFC 8866 §5', 'starts with a byte order mark', 'save it as UTF-8 without a mark');
  }
  checkEndings(report, lines);
  checkShapes(report, lines);
  checkOrder(report, lines);
  checkRequired(report, lines);
}

function checkEndings(report: Report, lines: readonly SdpLine[]): void {
  const endings = new Set(lines.map(({ ending }) => ending).filter((ending) => ending !== ''));
  const rule = 'RFC 8866 §5';
  if (endings.has('\r')) report.error(1, rule, 'lines end with a lone CR', 'end lines with CRLF');
  else if (endings.size > 1) {
    const odd = lines.find(({ ending }) => ending !== lines[0]?.ending);
    report.warn(odd?.number ?? 1, rule, 'some lines end with CRLF, some with LF', 'end all lines with CRLF');
  } else if (endings.has('\n')) report.warn(1, rule, 'lines end with LF', 'end lines with CRLF');
  const last = lines.at(-1);
  if (last?.ending === '')
    report.warn(last.number, rule, 'the last line has no line end', 'end it with CRLF');
}

function checkShapes(report: Report, lines: readonly SdpLine[]): void {
  const lastText = lines.findLastIndex(({ type, value }) => type !== '' || value.trim() !== '');
  for (const [index, { number, type, value, binary }] of lines.entries()) {
    const rule = 'RFC 8866 §5';
    if (type === '') {
      if (value.trim() !== '') {
        report.error(
          number,
          rule,
          `${show(value)} is not <letter>=<value>`,
          'remove it, or mend the blanks around "="',
        );
      } else if (index > lastText) report.warn(number, rule, 'blank line at the end', 'remove it');
      else report.error(number, rule, 'blank line; some readers stop here', 'remove it');
      continue;
    }
    if (/[\0\r]/.test(value)) {
      report.error(
        number,
        'RFC 8866 §9',
        `the ${type}= line holds a NUL or a lone CR`,
        'remove the character',
      );
    }
    const known = lineRank(type, true) >= 0 || type === 'm';
    if (!known)
      report.warn(number, rule, `unknown line type ${show(type)}; readers may refuse it`, 'remove the line');
    const text = binary ? value.trimStart() : value;
    if (known && type !== 's' && text !== text.trimStart()) {
      report.warn(number, rule, `blank between ${type}= and its value`, 'remove the blank');
    } else if (WORDS.includes(type) && (/[ \t]$/.test(value) || /[ \t]{2}|\t/.test(value))) {
      report.warn(
        number,
        'RFC 8866 §9',
        `more than one blank between words, or one at the end`,
        'leave one blank',
      );
    }
  }
}

function checkOrder(report: Report, lines: readonly SdpLine[]): void {
  let section: number | undefined;
  let highest: { rank: number; type: string } = { rank: -1, type: '' };
  let seen = new Set<string>();
  for (const { number, type, media } of lines) {
    if (media !== section) {
      section = media;
      highest = { rank: -1, type: '' };
      seen = new Set();
    }
    const rank = lineRank(type, media === undefined);
    if (rank < 0) {
      if (media !== undefined && lineRank(type, true) >= 0) {
        report.error(number, 'RFC 8866 §5', `${type}= below an m= line`, 'move it up before the first m=');
      }
      continue;
    }
    if (rank < highest.rank) {
      const message = `${type}= stands behind ${highest.type}=`;
      report.error(number, 'RFC 8866 §5', message, `move it before the first ${highest.type}=`);
    } else highest = { rank, type };
    if ((media === undefined ? SINGLE_SESSION : SINGLE_MEDIA).includes(type) && seen.has(type)) {
      report.error(
        number,
        'RFC 8866 §9',
        `a second ${type}= line`,
        'keep one; readers disagree about which counts',
      );
    }
    seen.add(type);
  }
}

function checkRequired(report: Report, lines: readonly SdpLine[]): void {
  const session = lines.filter(({ media }) => media === undefined);
  const has = (type: string): boolean => session.some((line) => line.type === type);
  const behind = (before: string): number => {
    const index = session.findLastIndex(({ type }) => type !== '' && before.includes(type));
    return (session[index]?.number ?? 0) + 1;
  };
  if (!has('v')) report.error(1, 'RFC 8866 §5.1', 'no v= line', 'start with "v=0"');
  else if (session.find(({ type, value }) => type !== '' || value.trim() !== '')?.type !== 'v') {
    report.error(1, 'RFC 8866 §5.1', 'does not start with v=', 'move "v=0" to the top');
  }
  if (!has('o')) {
    report.error(behind('v'), 'RFC 8866 §5.2', 'no o= line', 'add "o=- <id> <version> IN IP4 <address>"');
  }
  if (!has('s')) report.error(behind('vo'), 'RFC 8866 §5.3', 'no s= line', 'add "s=-" if it has no name');
  if (!has('t'))
    report.error(behind('vosiuepcb'), 'RFC 8866 §5.9', 'no t= line', 'add "t=0 0" for a permanent one');
  if (!lines.some(({ type }) => type === 'm')) {
    report.warn(lines.length, 'RFC 8866 §5.14', 'no m= line: there is nothing to join', 'add a medium');
  }
}

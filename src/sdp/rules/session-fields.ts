import { isMulticast, tryParseIp } from '../../ip/index.ts';
import { charsetOf, isAscii } from '../charset.ts';
import { parseEmail, parsePhone } from '../contact.ts';
import type { SdpLine } from '../lines.ts';
import { parseOrigin } from '../origin.ts';
import { type Report, show } from './report.ts';

/** The values of `v= o= s= i= u= e= p= k=`, and the charset of free text (RFC 8866 §5.1 - §5.6, §5.12, §6.10). */
export function checkSessionFields(
  report: Report,
  lines: readonly SdpLine[],
  charset: string | undefined,
): void {
  for (const line of lines) {
    const { type, value, number } = line;
    switch (type) {
      case 'v':
        if (value.trim() !== '0') {
          report.error(
            number,
            'RFC 8866 §5.1',
            `version ${show(value)} is not 0`,
            'write "v=0"; there is no other',
          );
        }
        break;
      case 'o':
        checkOrigin(report, line);
        break;
      case 's':
        if (value === '')
          report.error(number, 'RFC 8866 §5.3', 'empty session name', 'write "s=-" for no name');
        break;
      case 'i':
        if (value === '') report.error(number, 'RFC 8866 §5.4', 'empty i= line', 'remove it');
        break;
      case 'u':
        checkUri(report, line);
        break;
      case 'e':
        if (!/^[^\s@]+@[^\s@]+$/.test(parseEmail(value).address)) {
          report.warn(
            number,
            'RFC 8866 §5.6',
            `${show(value)} is not an e-mail address`,
            'write "name@host (Name)"',
          );
        }
        break;
      case 'p':
        if (!/^\+?\d[\d -]*$/.test(parsePhone(value).number)) {
          const advice = 'write "+", country code and digits, such as "+1 617 555-6011"';
          report.warn(number, 'RFC 8866 §5.6', `${show(value)} is not a phone number`, advice);
        }
        break;
      case 'k':
        report.warn(number, 'RFC 8866 §5.12', 'k= is obsolete and must be ignored', 'remove it; use SRTP');
        break;
      default:
    }
    checkCharset(report, line, charset);
  }
}

function checkOrigin(report: Report, { number, value }: SdpLine): void {
  const rule = 'RFC 8866 §5.2';
  const origin = parseOrigin(value);
  if (origin === undefined) {
    const advice =
      'write "o=<user> <id> <version> IN IP4 <address>"; the user name has no blanks, "-" for none';
    report.error(number, rule, `o= needs six words: ${show(value)}`, advice);
    return;
  }
  const { sessionId, sessionVersion, netType, addressType, address } = origin;
  for (const [name, text] of [
    ['session id', sessionId],
    ['session version', sessionVersion],
  ] as const) {
    if (!/^\d+$/.test(text))
      report.error(number, rule, `${name} ${show(text)} is not decimal`, 'use digits only');
  }
  checkAddressWords(report, number, rule, { netType, addressType, address });
  if (isMulticast(address)) {
    report.error(
      number,
      rule,
      `${address} is a group, not a machine`,
      'give the address of the creating machine',
    );
  }
}

/** Network type, address type and address of an `o=` or `c=` line. */
export function checkAddressWords(
  report: Report,
  number: number,
  rule: string,
  words: { netType: string; addressType: string; address: string },
): void {
  const { netType, addressType, address } = words;
  if (netType !== 'IN') report.warn(number, rule, `network type ${show(netType)} is not IN`, 'write "IN"');
  if (addressType !== 'IP4' && addressType !== 'IP6') {
    report.warn(number, rule, `address type ${show(addressType)} is not IP4 or IP6`, 'write IP4 or IP6');
    return;
  }
  const family = tryParseIp(address)?.family;
  if (family === undefined) {
    if (/^[\d.]+$/.test(address) || address.includes(':')) {
      report.error(number, rule, `${show(address)} is not an address`, 'mend it; numbers go from 0 to 255');
    } else if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$/.test(address)) {
      report.error(number, rule, `${show(address)} is neither an address nor a host name`, 'mend it');
    }
  } else if (addressType !== `IP${family}`) {
    report.error(
      number,
      rule,
      `${addressType} with the IPv${family} address ${address}`,
      `write IP${family}`,
    );
  }
}

function checkUri(report: Report, { number, value }: SdpLine): void {
  if (/\s/.test(value.trim()) || value.trim() === '') {
    report.error(number, 'RFC 8866 §5.5', `${show(value)} is not a URI`, 'write blanks in it as %20');
  } else if (!URL.canParse(value.trim())) {
    report.warn(
      number,
      'RFC 8866 §5.5',
      `${show(value)} is not a whole URI`,
      'start it with "https://" or such',
    );
  }
}

function checkCharset(report: Report, line: SdpLine, charset: string | undefined): void {
  const { number, type, value, binary } = line;
  if (type === '' || (!binary && isAscii(value))) return;
  const known = charset === undefined ? 'UTF-8' : charsetOf(charset);
  if (known === 'UTF-8' && binary) {
    const advice = 'write it in UTF-8, or name its charset in a=charset';
    report.error(number, 'RFC 8866 §6.10', `the ${type}= line is not UTF-8`, advice);
  } else if (known === 'US-ASCII' || known === 'UTF-7') {
    const message = `the ${type}= line has characters outside ${known}`;
    report.warn(number, 'RFC 8866 §6.10', message, 'change them, or set a=charset:UTF-8');
  } else if (!'sieap'.includes(type)) {
    report.warn(
      number,
      'RFC 8866 §5',
      `the ${type}= line is not US-ASCII`,
      'only free text may be in a charset',
    );
  }
}

import { readCrypto, readFmtp, readPacketTime, readRtcp, readRtpMap } from '../attribute-values.ts';
import { splitAttribute } from '../attributes.ts';
import { readMediaClock, readReferenceClock } from '../clocks.ts';
import { readMulticastRtcp, readRtcpUnicast } from '../feedback.ts';
import { readRtcpXr } from '../rtcp-xr.ts';
import { charsetOf } from '../charset.ts';
import { asDirection, conferenceTypeHints } from '../direction.ts';
import type { SdpLine } from '../lines.ts';
import { type Report, show } from './report.ts';

/** Attributes that mean something only below an `m=` line. */
const MEDIA_ONLY = ['rtpmap', 'fmtp', 'ptime', 'maxptime', 'rtcp', 'crypto', 'multicast-rtcp'];
/** Attributes that mean something only before the first one. */
const SESSION_ONLY = ['charset', 'type', 'cat', 'keywds', 'tool'];

/** Where an attribute's grammar is defined, how it is read, and what it should look like. */
const READERS: Readonly<Record<string, { rule: string; read: (text: string) => unknown; form: string }>> = {
  rtpmap: { rule: 'RFC 8866 §6.6', read: readRtpMap, form: 'rtpmap:<payload type> <encoding>/<clock rate>' },
  fmtp: { rule: 'RFC 8866 §6.15', read: readFmtp, form: 'fmtp:<format> <parameters>' },
  ptime: {
    rule: 'RFC 8866 §6.4',
    read: (text) => readPacketTime('ptime', text),
    form: 'ptime:<milliseconds>',
  },
  maxptime: {
    rule: 'RFC 8866 §6.5',
    read: (text) => readPacketTime('maxptime', text),
    form: 'maxptime:<milliseconds>',
  },
  rtcp: { rule: 'RFC 3605 §2.1', read: readRtcp, form: 'rtcp:<port> [IN IP4 <address>]' },
  'rtcp-unicast': {
    rule: 'RFC 5760 §10.1',
    read: readRtcpUnicast,
    form: 'rtcp-unicast:<reflection or rsi>',
  },
  'multicast-rtcp': { rule: 'RFC 6128 §3', read: readMulticastRtcp, form: 'multicast-rtcp:<port>' },
  'rtcp-xr': { rule: 'RFC 3611 §5.1', read: readRtcpXr, form: 'rtcp-xr:<report> <report>…' },
  crypto: { rule: 'RFC 4568 §9.1', read: readCrypto, form: 'crypto:<tag> <suite> inline:<key>' },
  'ts-refclk': { rule: 'RFC 7273 §4.8', read: readReferenceClock, form: 'ts-refclk:<source>[=<parameters>]' },
};

/** Each attribute by itself: name, level, value (RFC 8866 §5.13, §6). */
export function checkAttributes(report: Report, lines: readonly SdpLine[]): void {
  const attributes = lines.filter(({ type }) => type === 'a');
  const directions = new Map<number | undefined, string>();
  for (const line of attributes) {
    const { number, value: text, media } = line;
    const { name, value } = splitAttribute(text);
    if (!/^[!#$%&'*+.^_`{|}~A-Za-z0-9-]+$/.test(name)) {
      report.error(
        number,
        'RFC 8866 §5.13',
        `attribute name ${show(name)} is not a word`,
        'mend or remove it',
      );
      continue;
    }
    if (media === undefined && MEDIA_ONLY.includes(name)) {
      report.warn(number, 'RFC 8866 §6', `${name} at session level is ignored`, 'put it below its m= line');
    }
    if (media !== undefined && SESSION_ONLY.includes(name)) {
      report.warn(number, 'RFC 8866 §6', `${name} below an m= line is ignored`, 'put it before the first m=');
    }
    checkValue(report, line, name, value);
    const direction = asDirection(text);
    if (direction === undefined) continue;
    const first = directions.get(media);
    if (first === undefined) directions.set(media, direction);
    else
      report.warn(
        number,
        'RFC 8866 §6.7',
        `${direction} behind ${first}: the first counts`,
        'keep one of them',
      );
  }
  checkTypeDirection(report, attributes, directions.size > 0);
}

function checkValue(report: Report, line: SdpLine, name: string, value: string | undefined): void {
  const { number, value: text } = line;
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  if (reader !== undefined && reader.read(text) === undefined) {
    // never show a crypto attribute: it holds a key
    const shown = name === 'crypto' ? 'the crypto attribute' : show(text);
    report.error(number, reader.rule, `${shown} cannot be read`, `write "a=${reader.form}"`);
  }
  if (name === 'cat' || name === 'keywds') {
    report.warn(
      number,
      name === 'cat' ? 'RFC 8866 §6.1' : 'RFC 8866 §6.2',
      `${name} is obsolete`,
      'remove it',
    );
  } else if (name === 'type' && conferenceTypeHints(value) === undefined) {
    const advice = 'use broadcast, meeting, moderated, test or H332, written so';
    report.warn(number, 'RFC 8866 §6.9', `unknown conference type ${show(value ?? '')}`, advice);
  } else if (name === 'charset' && charsetOf(value ?? '') === undefined) {
    report.warn(number, 'RFC 8866 §6.10', `charset ${show(value ?? '')} cannot be written here`, 'use UTF-8');
  } else if (name === 'ts-refclk' && /^ts-refclk:ptp=(?!IEEE)/.test(text)) {
    const advice = 'name the standard, as in "ptp=IEEE1588-2008:traceable"';
    report.warn(number, 'RFC 7273 §4.8', 'the PTP clock does not name its standard', advice);
  } else if (name === 'mediaclk' && readMediaClock(text) === undefined) {
    const advice = 'write "a=mediaclk:sender" or "a=mediaclk:direct=<offset>"';
    report.warn(number, 'RFC 7273 §5.4', `${show(text)} cannot be read`, advice);
  }
}

function checkTypeDirection(report: Report, attributes: readonly SdpLine[], hasDirection: boolean): void {
  if (hasDirection) return;
  for (const { number, value: text } of attributes) {
    if (text !== 'type:broadcast' && text !== 'type:H332') continue;
    const message = `${text} meant recvonly in RFC 2327, but sendrecv is the default now`;
    report.warn(number, 'RFC 8866 §6.7', message, 'say "a=recvonly" if that is meant');
  }
}

import { isMulticast } from '../../ip/index.ts';
import { readRtpMap } from '../attribute-values.ts';
import type { SdpLine } from '../lines.ts';
import type { MediaDescription } from '../media.ts';
import { staticPayloadType } from '../payload-types.ts';
import { type Report, show } from './report.ts';

const KINDS = ['audio', 'video', 'text', 'application', 'message', 'image'];
const OLD_KINDS = ['data', 'control', 'whiteboard'];
const PROTOCOLS =
  /^(udp|tcp|(UDP\/TLS\/|TCP\/|TCP\/TLS\/|TCP\/DTLS\/|DCCP\/|DCCP\/TLS\/)?RTP\/S?AVPF?|udptl|UDPTL|TCP\/.+|UDP\/.+|DTLS\/.+)$/;

/** Media with their lines: `m=` itself, formats, ports and what concerns several of them (RFC 8866 §5.14). */
export function checkMedia(
  report: Report,
  media: readonly MediaDescription[],
  lines: readonly SdpLine[],
): void {
  const used = new Map<string, number>();
  const sections = Map.groupBy(lines, (line) => line.media);
  const session = sections.get(undefined) ?? [];
  for (const [index, medium] of media.entries()) {
    const own = sections.get(index) ?? [];
    const number = own[0]?.number ?? 1;
    if (!medium.readable) {
      const advice = 'write "m=<kind> <port>[/<count>] <transport> <format>..."';
      report.error(number, 'RFC 8866 §5.14', `${show(own[0]?.value ?? '')} is not a medium`, advice);
      continue;
    }
    checkLine(report, number, medium);
    checkPorts(report, number, medium);
    checkFormats(report, number, medium, own);
    checkKeys(report, own, medium);
    if (medium.port !== 0 && ![...session, ...own].some(({ type }) => type === 'c')) {
      const advice = 'add "c=IN IP4 <group>/<ttl>" here or at session level';
      report.error(number, 'RFC 8866 §5.7', 'no c= for this medium', advice);
    }
    for (const { address, port } of medium.endpoints) {
      const key = `${address} ${port}`;
      const other = used.get(key);
      if (other !== undefined && other !== number) {
        const message = `same address and port (${key}) as the medium in line ${other}`;
        report.warn(number, 'RFC 3550 §5.2', message, 'give each medium its own, or their sources mix');
        break;
      }
      used.set(key, number);
    }
  }
}

function checkLine(report: Report, number: number, { kind, proto, formats }: MediaDescription): void {
  const rule = 'RFC 8866 §5.14';
  if (OLD_KINDS.includes(kind)) {
    report.warn(number, rule, `media kind ${kind} is from RFC 2327`, 'use application');
  } else if (!KINDS.includes(kind)) {
    report.warn(number, rule, `unknown media kind ${show(kind)}`, `use one of ${KINDS.join(', ')}`);
  }
  if (!PROTOCOLS.test(proto)) {
    report.warn(number, rule, `unknown transport ${show(proto)}`, 'use RTP/AVP, RTP/SAVP or udp, say');
  }
  if (formats.length === 0) report.error(number, rule, 'no format', 'add at least one behind the transport');
  if (new Set(formats).size < formats.length)
    report.warn(number, rule, 'a format stands twice', 'keep the first');
}

function checkPorts(report: Report, number: number, medium: MediaDescription): void {
  const rule = 'RFC 8866 §5.14';
  const { port, portCount, isRtp, rtcp, rtcpMux, addresses } = medium;
  if (port === 0) return;
  if (isRtp && port % 2 === 1 && rtcp === undefined && !rtcpMux) {
    const message = `odd RTP port ${port}: strict readers take ${port - 1}`;
    report.warn(number, 'RFC 3550 §11', message, 'use an even port, or name the RTCP port in a=rtcp');
  }
  const step = isRtp && !rtcpMux ? 2 : 1;
  if (port + (portCount - 1) * step > 65_535) {
    report.error(number, rule, `${portCount} ports from ${port} on run past 65535`, 'start lower');
  }
  if (portCount > 1 && addresses.length > 1 && portCount !== addresses.length) {
    const message = `${portCount} ports but ${addresses.length} addresses`;
    report.error(number, rule, message, 'they go one to one: give as many of both');
  }
}

function checkFormats(
  report: Report,
  number: number,
  medium: MediaDescription,
  own: readonly SdpLine[],
): void {
  const { formats, isRtp } = medium;
  const listed = new Set(formats);
  const mapped = new Set<number>();
  for (const { number: line, type, value } of own) {
    if (type !== 'a') continue;
    const format = /^(?:rtpmap|fmtp):(\S+)/.exec(value)?.[1];
    if (format !== undefined && !listed.has(format)) {
      report.warn(
        line,
        'RFC 8866 §6.6',
        `format ${show(format)} is not in the m= line`,
        'remove it, or add it there',
      );
    }
    const map = value.startsWith('rtpmap:') ? readRtpMap(value) : undefined;
    if (map === undefined) continue;
    const fixed = staticPayloadType(map.payloadType);
    if (
      fixed !== undefined &&
      (fixed.encoding.toUpperCase() !== map.encoding.toUpperCase() || fixed.clockRate !== map.clockRate)
    ) {
      const message = `payload type ${map.payloadType} is ${fixed.encoding}/${fixed.clockRate}, not ${map.encoding}/${map.clockRate}`;
      report.warn(line, 'RFC 3551 §6', message, 'use a dynamic payload type, 96 to 127');
    }
    if (mapped.has(map.payloadType)) {
      const message = `a second rtpmap for payload type ${map.payloadType}: the first counts`;
      report.warn(line, 'RFC 8866 §6.6', message, 'remove it');
    }
    mapped.add(map.payloadType);
  }
  if (!isRtp) return;
  for (const format of listed) {
    const payloadType = /^\d{1,3}$/.test(format) ? Number(format) : Number.NaN;
    if (!(payloadType <= 127)) {
      report.error(
        number,
        'RFC 3551 §3',
        `${show(format)} is not a payload type`,
        'use numbers from 0 to 127',
      );
    } else if (!mapped.has(payloadType) && staticPayloadType(payloadType) === undefined) {
      const advice = `add "a=rtpmap:${payloadType} <encoding>/<clock rate>"`;
      report.error(number, 'RFC 8866 §6.6', `nothing says what payload type ${payloadType} is`, advice);
    } else if (payloadType >= 72 && payloadType <= 76) {
      const message = `payload type ${payloadType} cannot be told from RTCP`;
      report.warn(number, 'RFC 3551 §6', message, 'use 96 to 127');
    }
  }
}

function checkKeys(report: Report, own: readonly SdpLine[], medium: MediaDescription): void {
  const line = own.find(({ type, value }) => type === 'a' && value.startsWith('crypto:'));
  if (line === undefined) return;
  if (!/\/SAVPF?$/i.test(`/${medium.proto}`)) {
    report.warn(line.number, 'RFC 4568 §4', `crypto with ${show(medium.proto)}`, 'use RTP/SAVP');
  }
  if (medium.addresses.some(isMulticast)) {
    const message = 'crypto is defined for two parties; in a group every sender shares the key';
    const advice = 'let only members read this description, and every sender use its own SSRC';
    report.warn(line.number, 'RFC 4568 §1', message, advice);
  }
}

import { EncodeError } from '../errors.ts';
import { isMulticast, tryParseIp } from '../ip/index.ts';
import type { Bandwidth } from './connection.ts';
import type { EmailContact, PhoneContact } from './contact.ts';
import type { Direction } from './direction.ts';
import { MediaDescription } from './media.ts';
import { isRtpProto } from './media-line.ts';
import { DYNAMIC_PAYLOAD_TYPES, staticPayloadType, staticPayloadTypeFor } from './payload-types.ts';
import type { RepeatTime, ZoneAdjustment } from './repeat.ts';
import { SessionDescription } from './session.ts';
import { formatTime, type TimeRange } from './time.ts';

/** One format of a new medium. */
export interface FormatInit {
  /** Such as `PCMU`, `L16`, `opus`. */
  readonly encoding: string;
  /** Hertz. */
  readonly clockRate: number;
  /** Audio channels; default 1 for audio. */
  readonly channels?: number;
  /** Default: RFC 3551's, else the first free one from 96 on. */
  readonly payloadType?: number;
  /** Value of `a=fmtp`. */
  readonly fmtp?: string;
}

/** One medium of a new description. */
export interface MediaInit extends Partial<FormatInit> {
  readonly kind: string;
  /** More formats, less preferred than the one given directly. */
  readonly formats?: readonly FormatInit[];
  /** 1..65535; even for RTP. */
  readonly port: number;
  /** Default 1. */
  readonly portCount?: number;
  /** Address of this medium; default the session's. */
  readonly group?: string;
  /** 0..255, needed with an IPv4 multicast group. */
  readonly ttl?: number;
  /** Contiguous addresses from `group` on; default 1. */
  readonly addressCount?: number;
  /** Default `RTP/AVP`. */
  readonly proto?: string;
  readonly ptimeMs?: number;
  readonly title?: string;
  readonly direction?: Direction;
  readonly bandwidths?: readonly Bandwidth[];
  /** Only these senders are to be heard (`a=source-filter: incl`, RFC 4570). */
  readonly sources?: readonly string[];
  /** Further attributes, `name` or `name:value`. */
  readonly attributes?: readonly string[];
}

/** When a new session takes place; seconds since 1900. */
export interface TimeInit extends TimeRange {
  readonly repeats?: readonly RepeatTime[];
  readonly zones?: readonly ZoneAdjustment[];
}

export interface SessionDescriptionInit {
  /** Default `-`. */
  readonly name?: string;
  /** User name; default `-`. */
  readonly originator?: string;
  /** Seconds since 1900 at creation, or any decimal text. */
  readonly sessionId: number | string;
  /** Default the session id. */
  readonly sessionVersion?: number | string;
  /** DNS name or address of this machine. */
  readonly machineAddress: string;
  readonly description?: string;
  readonly uri?: string;
  readonly emails?: readonly EmailContact[];
  readonly phones?: readonly PhoneContact[];
  /** Session-level address, for media without their own. */
  readonly group?: string;
  readonly ttl?: number;
  readonly bandwidths?: readonly Bandwidth[];
  /** Default permanent. */
  readonly times?: readonly TimeInit[];
  /** Kind of conference, `a=type`. */
  readonly conferenceType?: string;
  /** Name and version of the program, `a=tool`. */
  readonly tool?: string;
  readonly direction?: Direction;
  /** Further session attributes. */
  readonly attributes?: readonly string[];
  readonly media?: readonly MediaInit[];
}

/**
 * A new description by the strict rules of RFC 8866: CRLF, UTF-8, lines in order, no `k=`.
 *
 * @throws {EncodeError} when a value cannot be written, a medium has no address, or the payload types run out
 */
export function createSessionDescription(init: SessionDescriptionInit): SessionDescription {
  const { machineAddress, sessionId, sessionVersion = sessionId, times = [{ start: 0, stop: 0 }] } = init;
  const sdp = SessionDescription.parse('v=0\r\n');
  const family = tryParseIp(machineAddress)?.family ?? 4;
  sdp.origin = {
    username: init.originator ?? '-',
    sessionId: decimal('session id', sessionId),
    sessionVersion: decimal('session version', sessionVersion),
    netType: 'IN',
    addressType: `IP${family}`,
    address: machineAddress,
  };
  sdp.name = init.name ?? '-';
  sdp.description = init.description;
  sdp.uri = init.uri;
  sdp.emails = init.emails ?? [];
  sdp.phones = init.phones ?? [];
  if (init.group !== undefined) sdp.connection.setAddress(init.group, { ttl: init.ttl });
  sdp.connection.bandwidths = init.bandwidths ?? [];
  for (const { start, stop, repeats = [], zones = [] } of times) {
    const time = sdp.times.add({ start, stop });
    time.repeats = repeats;
    time.zones = zones;
  }
  if (init.tool !== undefined) sdp.attributes.set('tool', init.tool);
  if (init.conferenceType !== undefined) sdp.attributes.set('type', init.conferenceType);
  if (init.direction !== undefined) sdp.direction = init.direction;
  for (const text of init.attributes ?? []) sdp.attributes.add(text);
  for (const medium of init.media ?? []) addMedium(sdp, medium);
  sdp.sessionVersion = decimal('session version', sessionVersion); // a new description is not a modified one
  return sdp;
}

function addMedium(sdp: SessionDescription, init: MediaInit): MediaDescription {
  const { kind, port, portCount = 1, proto = 'RTP/AVP', group } = init;
  if (group === undefined && sdp.connection.field === undefined) {
    throw new EncodeError(
      'SDP',
      `${kind} group`,
      'is missing; give one here or for the session (RFC 8866 §5.7)',
    );
  }
  if (isRtpProto(proto) && port % 2 === 1 && init.attributes?.some((a) => a.startsWith('rtcp:')) !== true) {
    throw new EncodeError('SDP', `${kind} port`, `${port} is odd; RTP takes an even port (RFC 3550 §11)`);
  }
  const formats = withPayloadTypes(kind, [...ownFormat(init), ...(init.formats ?? [])]);
  const names = formats.map(({ payloadType }) => String(payloadType));
  const medium = sdp.media.add({ kind, port, portCount, proto, formats: names });
  medium.title = init.title;
  if (group !== undefined) {
    medium.connection.setAddress(group, { ttl: init.ttl, count: init.addressCount ?? 1 });
  }
  medium.connection.bandwidths = init.bandwidths ?? [];
  for (const { payloadType, encoding, clockRate, channels = 1, fmtp } of formats) {
    const parameters = channels === 1 ? '' : `/${channels}`;
    medium.attributes.add(`rtpmap:${payloadType} ${encoding}/${clockRate}${parameters}`);
    if (fmtp !== undefined) medium.attributes.add(`fmtp:${payloadType} ${fmtp}`);
  }
  if (init.ptimeMs !== undefined) medium.ptimeMs = init.ptimeMs;
  if (init.direction !== undefined) medium.direction = init.direction;
  const { sources = [] } = init;
  if (sources.length > 0) medium.attributes.add(sourceFilterText(medium, sources));
  for (const text of init.attributes ?? []) medium.attributes.add(text);
  return medium;
}

function ownFormat({ encoding, clockRate, channels, payloadType, fmtp }: MediaInit): FormatInit[] {
  if (encoding === undefined && payloadType === undefined) return [];
  const known = payloadType === undefined ? undefined : staticPayloadType(payloadType);
  const format = {
    encoding: encoding ?? known?.encoding,
    clockRate: clockRate ?? known?.clockRate,
    channels: channels ?? known?.channels,
  };
  if (format.encoding === undefined || format.clockRate === undefined) {
    throw new EncodeError('SDP', 'media format', 'needs an encoding and a clock rate, such as PCMU and 8000');
  }
  return [
    {
      encoding: format.encoding,
      clockRate: format.clockRate,
      ...(format.channels === undefined ? {} : { channels: format.channels }),
      ...(payloadType === undefined ? {} : { payloadType }),
      ...(fmtp === undefined ? {} : { fmtp }),
    },
  ];
}

function withPayloadTypes(
  kind: string,
  formats: readonly FormatInit[],
): (FormatInit & { readonly payloadType: number })[] {
  if (formats.length === 0) throw new EncodeError('SDP', kind, 'has no format; give encoding and clockRate');
  const taken = new Set(formats.map(({ payloadType }) => payloadType));
  return formats.map((format) => {
    const { encoding, clockRate, channels = 1 } = format;
    if (!/^[A-Za-z0-9.+_-]+$/.test(encoding) || !Number.isInteger(clockRate) || clockRate < 1) {
      throw new EncodeError('SDP', kind, `format ${encoding}/${clockRate} is not a name and a rate in hertz`);
    }
    if (!Number.isInteger(channels) || channels < 1 || channels > 65_535) {
      throw new EncodeError('SDP', kind, `${channels} channels are not 1 to 65535`);
    }
    let payloadType = format.payloadType ?? staticPayloadTypeFor(encoding, clockRate, channels);
    if (payloadType === undefined) {
      payloadType = DYNAMIC_PAYLOAD_TYPES.first;
      while (taken.has(payloadType)) payloadType++;
    }
    if (!Number.isInteger(payloadType) || payloadType < 0 || payloadType > DYNAMIC_PAYLOAD_TYPES.last) {
      throw new EncodeError('SDP', kind, `payload type ${payloadType} is not 0 to 127`);
    }
    taken.add(payloadType);
    return { ...format, payloadType };
  });
}

function sourceFilterText(medium: MediaDescription, sources: readonly string[]): string {
  const field = medium.effectiveConnection;
  for (const source of sources) {
    if (!/^[^\s\0]+$/.test(source) || isMulticast(source)) {
      throw new EncodeError('SDP', 'source', `${JSON.stringify(source)} is not the address of a sender`);
    }
  }
  const destination = (field?.count ?? 1) > 1 ? '*' : (field?.address ?? '*');
  return `source-filter: incl IN ${field?.addressType ?? 'IP4'} ${destination} ${sources.join(' ')}`;
}

function decimal(field: string, value: number | string): string {
  if (typeof value === 'number') return formatTime(field, value);
  if (!/^\d+$/.test(value)) throw new EncodeError('SDP', field, `${JSON.stringify(value)} is not decimal`);
  return value;
}

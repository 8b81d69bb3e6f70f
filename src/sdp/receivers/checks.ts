import { isMulticast, tryParseIp } from '../../ip/index.ts';
import { show } from '../rules/report.ts';
import type { Medium } from './description.ts';
import { type Check, eachAudio, eachMedium } from './rule.ts';

/** Checks that several receivers share; each says what the receiver takes. */

/** `L24/48000/2` */
export const formatText = ({ format, payloadType }: Medium): string => {
  if (format === undefined) return `payload type ${payloadType ?? 'unknown'}`;
  const { encoding, clockRate, channels = 1 } = format;
  return `${encoding}/${clockRate}${channels > 1 ? `/${channels}` : ''}`;
};

/** Bytes of one sample of linear audio: 2 for L16; undefined for what is not linear. */
export function sampleBytes(encoding: string): number | undefined {
  return { L8: 1, L16: 2, L20: 2.5, L24: 3, L32: 4, AM824: 4 }[encoding.toUpperCase()];
}

/** Media of another kind than audio. */
export const onlyAudio: Check = eachMedium(({ kind, line }) =>
  kind === 'audio' ? undefined : { line, reason: `the medium is ${show(kind)}, and only audio is taken` },
);

/** Encodings as the receiver compares them: in any case, or exactly. */
export function encodingOneOf(names: readonly string[], match: 'anyCase' | 'exact' = 'anyCase'): Check {
  const fold = (name: string): string => (match === 'exact' ? name : name.toUpperCase());
  const known = new Set(names.map(fold));
  return eachAudio(({ format, formatLine }) => {
    if (format === undefined || known.has(fold(format.encoding))) return undefined;
    const nearly = names.find((name) => name.toUpperCase() === format.encoding.toUpperCase());
    const reason =
      nearly === undefined
        ? `${format.encoding} is not one of ${names.join(', ')}`
        : `${format.encoding} is compared letter by letter with ${nearly}`;
    return { line: formatLine, reason };
  });
}

/** Sample rates in hertz. */
export function clockRateOneOf(rates: readonly number[]): Check {
  return eachAudio(({ format, formatLine }) =>
    format === undefined || rates.includes(format.clockRate)
      ? undefined
      : { line: formatLine, reason: `${format.clockRate} Hz is not ${rates.join(', ')} Hz` },
  );
}

export function channelsAtMost(most: number): Check {
  return eachAudio(({ format, formatLine }) =>
    (format?.channels ?? 1) <= most
      ? undefined
      : { line: formatLine, reason: `${format?.channels} channels are more than ${most}` },
  );
}

/** Packet times by the number of samples, so that "1.09" at 44.1 kHz and "0.33" at 48 kHz are what they stand for. */
export function samplesOneOf(atOneRate: readonly number[], says: string): Check {
  return eachAudio(({ format, samplesPerPacket, description, ptimeLine }) => {
    // other rates are for another rule: what a packet of theirs would be is nowhere said
    if (format === undefined || samplesPerPacket === undefined || format.clockRate < 44_100) return undefined;
    const wanted = atOneRate.map((samples) => samples * multipleOf(format.clockRate));
    return wanted.some((samples) => Math.abs(samples - samplesPerPacket) <= samples * 0.02)
      ? undefined
      : { line: ptimeLine, reason: `a packet of ${description.ptimeMs} ms is not ${says}` };
  });
}

/** 1 for 44.1 and 48 kHz, 2 for twice as much, and so on. */
const multipleOf = (clockRate: number): number => Math.max(1, Math.round(clockRate / 48_000));

/** An attribute that each audio medium must have, itself or from the session. */
export function hasAttribute(name: string): Check {
  return eachAudio(({ find, line }) =>
    find(name) === undefined ? { line, reason: `there is no a=${name}` } : undefined,
  );
}

/** An attribute that is there at all, at any level. */
export function lacksAttribute(name: string, reason: string): Check {
  return ({ attributes, media }) =>
    [...attributes, ...media.flatMap((medium) => medium.attributes)]
      .filter((attribute) => attribute.name === name)
      .map(({ line }) => ({ line, reason }));
}

/** Transports, written exactly so. */
export function protoOneOf(protos: readonly string[]): Check {
  return eachMedium(({ description, proto, line }) =>
    !description.readable || protos.includes(proto)
      ? undefined
      : { line, reason: `the transport ${show(proto)} is not ${protos.join(' or ')}` },
  );
}

/** RFC 3551 §3: 96 to 127. */
export const dynamicPayloadType: Check = eachAudio(({ payloadType, line }) =>
  payloadType === undefined || payloadType >= 96
    ? undefined
    : { line, reason: `payload type ${payloadType} is not a dynamic one, 96 to 127` },
);

/** A payload type that nothing gives a meaning. */
export const unknownFormat: Check = eachMedium(({ description, payloadType, format, line }) => {
  if (!description.isRtp || format !== undefined) return undefined;
  const reason =
    payloadType === undefined
      ? 'the m= line has no payload type'
      : `nothing says what payload type ${payloadType} is: its a=rtpmap is missing or cannot be read`;
  return { line, reason };
});

/** Host names in `c=`. */
export const numericAddress: Check = eachMedium(({ connection, connectionLine }) =>
  connection === undefined || tryParseIp(connection.address) !== undefined
    ? undefined
    : { line: connectionLine, reason: `${show(connection.address)} is a host name` },
);

/** Unicast addresses. */
export const multicastOnly: Check = eachMedium(({ connection, connectionLine }) =>
  connection === undefined || isMulticast(connection.address)
    ? undefined
    : { line: connectionLine, reason: `${connection.address} is not a multicast group` },
);

export const ipv4Only: Check = eachMedium(({ connection, connectionLine }) =>
  connection?.addressType === 'IP6'
    ? { line: connectionLine, reason: `${connection.address} is an IPv6 address` }
    : undefined,
);

/** Groups outside an IPv4 prefix of whole bytes, such as `239.69.`; other addresses are for other rules. */
export function groupWithin(prefix: string, reason: (group: string) => string): Check {
  return eachMedium(({ group, connectionLine: line }) =>
    group === undefined || group.includes(':') || group.startsWith(prefix)
      ? undefined
      : { line, reason: reason(group) },
  );
}

/** TTL 1, or none at all. */
export const shortTtl: Check = eachMedium(({ connection, group, connectionLine: line }) => {
  if (group === undefined || connection?.addressType !== 'IP4') return undefined;
  if (connection.ttl === undefined) return { line, reason: `there is no TTL behind the group ${group}` };
  return connection.ttl === 1 ? { line, reason: 'TTL 1: the stream ends at the first router' } : undefined;
});

/** Port 0: the medium is switched off. */
export const portZero: Check = eachMedium(({ description, port, line }) =>
  description.readable && port === 0 ? { line, reason: 'the port is 0' } : undefined,
);

/** Several ports in one `m=`. */
export const severalPorts: Check = eachMedium(({ description, line }) =>
  description.portCount > 1
    ? { line, reason: `${description.portCount} ports are written behind a slash` }
    : undefined,
);

/** Several addresses for one medium: layers. */
export const severalAddresses: Check = eachMedium(({ description, connectionLine: line }) =>
  description.addresses.length > 1
    ? { line, reason: `the medium has ${description.addresses.length} addresses` }
    : undefined,
);

/** Bytes of samples in a packet. */
export function payloadAtMost(most: number): Check {
  return eachAudio(({ format, samplesPerPacket, ptimeLine: line }) => {
    const each = format === undefined ? undefined : sampleBytes(format.encoding);
    if (format === undefined || each === undefined || samplesPerPacket === undefined) return undefined;
    const bytes = Math.round(samplesPerPacket) * (format.channels ?? 1) * each;
    return bytes <= most
      ? undefined
      : { line, reason: `${bytes} bytes of audio in a packet are more than ${most}` };
  });
}

/** Media that have one group in common, with ports that tell them apart. */
export const sharedGroup: Check = ({ media }) => {
  const first = new Map<string, Medium>();
  return media.flatMap((medium) => {
    const { group, port, line } = medium;
    if (group === undefined || port === 0) return [];
    const other = first.get(group);
    if (other === undefined) first.set(group, medium);
    return other === undefined || other.port === port
      ? []
      : [{ line, reason: `the medium in line ${other.line} has the same group ${group} on another port` }];
  });
};

/** Addresses that container engines give to their own bridges, where no other machine gets to. */
const BRIDGES = /^172\.(1[7-9]|2\d|3[01])\.0\.\d+$/;

/** `o=` with an address of a container's bridge. */
export const bridgeOrigin: Check = ({ session, lines }) => {
  const address = session.origin?.address ?? '';
  const line = lines.find(({ type }) => type === 'o')?.number ?? 1;
  return BRIDGES.test(address)
    ? [{ line, reason: `${address} looks like the address of a container behind its bridge` }]
    : [];
};

/** Nothing to receive at all. */
export const noMedia: Check = ({ media, lines }) =>
  media.length === 0 ? [{ line: lines.length, reason: 'there is no m= line' }] : [];

/** A medium that no `c=` counts for. */
export const noConnection: Check = eachMedium(({ connection, line }) =>
  connection === undefined ? { line, reason: 'no c= line counts for this medium' } : undefined,
);

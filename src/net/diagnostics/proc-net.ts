import { formatIp, type IpFamily } from '../../ip/index.ts';

/** One group that the kernel holds for an interface, on behalf of any program. */
export interface KernelMembership {
  readonly interfaceName: string;
  readonly group: string;
  /** Sockets that joined, with those of the kernel itself. */
  readonly users: number;
}

export interface KernelIgmpInterface {
  readonly name: string;
  /** IGMP version spoken there now: the highest, unless an older querier was heard (RFC 3376 §7.2). */
  readonly igmpVersion: number;
}

/** Reads `/proc/net/igmp`, an interface to a line, its groups indented below. Lines not understood are left out. */
export function parseProcIgmp(text: string): {
  interfaces: KernelIgmpInterface[];
  memberships: KernelMembership[];
} {
  const interfaces: KernelIgmpInterface[] = [];
  const memberships: KernelMembership[] = [];
  for (const line of text.split('\n').slice(1)) {
    const head = /^\d+\s+(\S+)\s*:\s*\d+\s+V(\d)/.exec(line);
    if (head?.[1] !== undefined) interfaces.push({ name: head[1], igmpVersion: Number(head[2]) });
    const entry = /^\s+([0-9A-F]{8})\s+(\d+)/.exec(line);
    const interfaceName = interfaces.at(-1)?.name;
    if (entry?.[1] !== undefined && interfaceName !== undefined) {
      memberships.push({ interfaceName, group: hostOrderIp(entry[1]), users: Number(entry[2]) });
    }
  }
  return { interfaces, memberships };
}

/** Reads `/proc/net/igmp6`: index, interface, group, users, flags, timer. */
export function parseProcIgmp6(text: string): KernelMembership[] {
  return text.split('\n').flatMap((line) => {
    const [, interfaceName, group, users] = line.trim().split(/\s+/);
    if (interfaceName === undefined || group?.length !== 32) return [];
    return [{ interfaceName, group: formatIp({ bytes: hexBytes(group) }), users: Number(users) }];
  });
}

/** Reads `/proc/net/snmp6` or that of one interface: a counter to a line. */
export function parseSnmp6(text: string): Map<string, number> {
  return new Map(
    [...text.matchAll(/^(\w+)[ \t]+(\d+)[ \t]*$/gm)].map(([, name = '', value]) => [name, Number(value)]),
  );
}

/** One UDP socket of any program on this host. */
export interface KernelUdpSocket {
  readonly address: string;
  readonly port: number;
  /** Bytes waiting to be read, of the kernel's book-keeping. */
  readonly receiveQueue: number;
  /** Datagrams dropped since it was opened, nearly always because the receive buffer was full. */
  readonly drops: number;
}

/** Reads `/proc/net/udp` (family 4) or `/proc/net/udp6`. */
export function parseProcUdp(text: string, family: IpFamily): KernelUdpSocket[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, local = '', , , queues = ''] = fields;
    const [address = '', port = ''] = local.split(':');
    const drops = Number(fields.at(-1));
    if (!/^([0-9A-F]{8}|[0-9A-F]{32})$/.test(address) || !Number.isInteger(drops)) return [];
    return [
      {
        address: family === 4 ? hostOrderIp(address) : hostOrderIp6(address),
        port: Number.parseInt(port, 16),
        receiveQueue: Number.parseInt(queues.split(':')[1] ?? '0', 16),
        drops,
      },
    ];
  });
}

/** Interfaces that a default route leaves by, from `/proc/net/route`. */
export function parseDefaultRoutes(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [name, destination, , flags, , , , mask] = line.split('\t');
    const up = (Number.parseInt(flags ?? '0', 16) & 1) === 1;
    return name !== undefined && destination === '00000000' && mask === '00000000' && up ? [name] : [];
  });
}

/** The same from `/proc/net/ipv6_route`, whose catch-all "unreachable" entry sits on `lo`. */
export function parseDefaultRoutes6(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const name = fields.at(-1);
    const isDefault = /^0{32}$/.test(fields[0] ?? '') && fields[1] === '00';
    return isDefault && name !== undefined && name !== 'lo' ? [name] : [];
  });
}

/** 32 bits printed as a number of this (little-endian) host. */
function hostOrderIp(hex: string): string {
  return formatIp({ bytes: hexBytes(hex).reverse() });
}

function hostOrderIp6(hex: string): string {
  const bytes = hexBytes(hex);
  for (let word = 0; word < 16; word += 4) bytes.subarray(word, word + 4).reverse();
  return formatIp({ bytes });
}

function hexBytes(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { SrvRecord } from '../../directory/srv-order.ts';
import { WireReader, WireWriter } from '../../src/wire/index.ts';

/** A name server on loopback that knows SRV records and nothing else (RFC 1035 §4.1, RFC 2782). */
export interface DnsServer extends AsyncDisposable {
  /** `host:port`, for `Resolver.setServers`. */
  readonly address: string;
  /** Names that were asked for, in order. */
  readonly asked: readonly string[];
}

const SRV = 33;
const NXDOMAIN = 3;
const REFUSED = 5;

/** @param zones records by name; of a name that is not among them there is none; `refused` is never answered well */
export async function startDnsServer(
  zones: Readonly<Record<string, readonly SrvRecord[] | 'refused'>>,
): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, from) => {
    const { id, question, name } = readQuery(query);
    asked.push(name);
    const found = zones[name.toLowerCase()];
    const records = found === undefined || found === 'refused' ? [] : found;
    const rcode = found === 'refused' ? REFUSED : found === undefined ? NXDOMAIN : 0;
    const answer = new WireWriter()
      .u16(id)
      .u16(0x8580 | rcode) // a response, authoritative, recursion desired and available
      .u16(1)
      .u16(records.length)
      .u16(0)
      .u16(0)
      .bytes(question);
    for (const record of records) {
      const target = encodeName(record.name);
      answer.u16(0xc00c).u16(SRV).u16(1).u32(60); // the name of the question, IN, 60 s
      answer
        .u16(6 + target.length)
        .u16(record.priority)
        .u16(record.weight)
        .u16(record.port)
        .bytes(target);
    }
    socket.send(answer.finish(), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function readQuery(query: Uint8Array): { id: number; question: Uint8Array; name: string } {
  const reader = new WireReader('DNS', query);
  const id = reader.u16();
  reader.skip(10);
  const labels: string[] = [];
  let length = 12;
  for (let size = reader.u8(); size > 0; size = reader.u8()) {
    labels.push(Buffer.from(reader.bytes(size)).toString('latin1'));
    length += size + 1;
  }
  return { id, question: query.subarray(12, length + 5), name: labels.join('.') };
}

function encodeName(name: string): Uint8Array {
  const writer = new WireWriter();
  for (const label of name.split('.').filter((it) => it !== '')) {
    writer.u8(label.length).bytes(Buffer.from(label, 'latin1'));
  }
  return writer.u8(0).finish();
}

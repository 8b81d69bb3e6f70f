import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type CapturedDatagram,
  CaptureReader,
  formatPcapDatagram,
  formatPcapHeader,
  formatPcapngDatagram,
  formatPcapngHeader,
} from '../../src/capture/index.ts';
import { serializeRtpPacket, telephoneEventPackets } from '../../src/rtp/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'capture-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Key 5, 125 ms long, in packets to an IPv4 and an IPv6 group. */
const series = telephoneEventPackets({ event: 5, timestamp: 1000, duration: 1000, interval: 400 });
const datagrams = series.map(({ at, ...packet }, index): CapturedDatagram => {
  const [own, group] = index % 2 === 0 ? ['192.0.2.1', '239.255.1.2'] : ['2001:db8::1', 'ff15::1:2'];
  const fixed = { payloadType: 101, sequenceNumber: index, ssrc: 0xdeadbeef, csrcs: [], padding: 0 };
  return {
    timeNs: 1_700_000_000_000_000_001n + BigInt(at) * 125_000n,
    source: { address: own, port: 5006 },
    destination: { address: group, port: 5004 },
    payload: serializeRtpPacket({ ...fixed, ...packet }),
    ttl: 15,
    dscp: 46,
  };
});
writeFileSync(
  path('own.pcapng'),
  Buffer.concat([formatPcapngHeader(), ...datagrams.map(formatPcapngDatagram)]),
);
writeFileSync(path('own.pcap'), Buffer.concat([formatPcapHeader(), ...datagrams.map(formatPcapDatagram)]));

function read(name: string): CapturedDatagram[] {
  const reader = new CaptureReader();
  const found: CapturedDatagram[] = [];
  reader.handleBytes(readFileSync(path(name)));
  for (let next; (next = reader.pollDatagram()) !== undefined; ) found.push(next);
  reader.handleEnd();
  return found;
}

describe('what we write', () => {
  test.each(['own.pcapng', 'own.pcap'])('tshark finds nothing wrong with %s', (name) => {
    const fields = [
      'frame.time_epoch',
      'ip.src',
      'ip.dsfield.dscp',
      'ip.ttl',
      'ip.checksum.status',
      'ipv6.dst',
      'ipv6.hlim',
      'udp.dstport',
      'udp.checksum.status',
      'rtp.marker',
      'rtpevent.event_id',
      'rtpevent.end_of_event',
      'rtpevent.duration',
      '_ws.expert',
    ];
    const checks = [
      'ip.check_checksum:TRUE',
      'udp.check_checksum:TRUE',
      'rtpevent.event_payload_type_value:101',
    ];
    const text = run(
      'tshark',
      '-nr',
      path(name),
      '-dudp.port==5004,rtp',
      '-Tfields',
      '-Eseparator=|',
      ...checks.flatMap((preference) => ['-o', preference]),
      ...fields.flatMap((field) => ['-e', field]),
    );
    const [four, six] = ['192.0.2.1|46|15|1||', '||||ff15::1:2|15'];
    expect(text.trimEnd().split('\n')).toEqual([
      `1700000000.050000001|${four}|5004|1|1|5|0|400|`,
      `1700000000.100000001|${six}|5004|1|0|5|0|800|`,
      `1700000000.125000001|${four}|5004|1|0|5|1|1000|`,
      `1700000000.175000001|${six}|5004|1|0|5|1|1000|`,
      `1700000000.225000001|${four}|5004|1|0|5|1|1000|`,
    ]);
  });

  test('capinfos and tcpdump agree', () => {
    expect(run('capinfos', '-T', '-r', '-t', '-E', '-c', path('own.pcapng'), path('own.pcap'))).toBe(
      `${path('own.pcapng')}\tpcapng\trawip\t5\n${path('own.pcap')}\tnsecpcap\trawip\t5\n`,
    );
    expect(run('tcpdump', '-nn', '-r', path('own.pcapng')).split('\n')).toHaveLength(6);
  });
});

describe('what others write we read', () => {
  test.each([
    {
      name: 'tshark, pcapng',
      args: ['tshark', '-r', path('own.pcap'), '-F', 'pcapng', '-w', path('a')],
      exact: true,
    },
    {
      name: 'tshark, pcap',
      args: ['tshark', '-r', path('own.pcapng'), '-F', 'pcap', '-w', path('a')],
      exact: false,
    },
    {
      name: 'editcap, pcap of nanoseconds',
      args: ['editcap', '-F', 'nsecpcap', path('own.pcapng'), path('a')],
      exact: true,
    },
    { name: 'tcpdump', args: ['tcpdump', '-r', path('own.pcapng'), '-w', path('a')], exact: false },
  ])('$name', ({ args: [program = '', ...args], exact }) => {
    run(program, ...args);
    const want = datagrams.map((one) => ({
      ...one,
      timeNs: exact ? one.timeNs : (one.timeNs / 1000n) * 1000n,
    }));
    expect(read('a')).toEqual(want);
  });

  test('text2pcap, Ethernet', () => {
    const payload = datagrams[0]?.payload ?? new Uint8Array();
    const dump = `000000 ${Buffer.from(payload).toString('hex').replace(/../g, '$& ')}\n`;
    writeFileSync(path('dump.txt'), dump);
    run('text2pcap', '-q', '-4', '192.0.2.1,239.255.1.2', '-u', '5006,5004', path('dump.txt'), path('b'));
    const { source, destination } = datagrams[0] ?? {};
    expect(read('b')).toMatchObject([{ source, destination, payload }]);
  });
});

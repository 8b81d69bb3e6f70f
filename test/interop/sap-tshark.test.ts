import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { deflateSap } from '../../src/net/index.ts';
import { compressSapPacket, formatSapPacket, SapAnnouncer, type SapPacket } from '../../src/sap/index.ts';
import { hex, sdp, utf8 } from '../sap/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'sap-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const description = sdp({ name: 'Great Hall' });
const announcement: SapPacket = {
  type: 'announce',
  hash: 0x1234,
  source: '192.0.2.1',
  encrypted: false,
  compressed: false,
  payloadType: 'application/sdp',
  payload: utf8(description),
};
const signature = { version: 1, type: 0, padding: 1, data: hex('010203040506') };
const { payloadType: _, ...untyped } = announcement;

const FIELDS = [
  'sap.flags.v',
  'sap.flags.a',
  'sap.flags.t',
  'sap.flags.c',
  'sap.auth.len',
  'sap.message_identifier_hash',
  'sap.originating_source',
  'sap.originating_source.ipv6',
  'sap.payload_type',
  'sap.auth.flags.p',
  'sap.auth.data_padding.len',
  'sdp.session_name',
  'sdp.owner.sessionid',
  '_ws.expert',
];

/** What tshark makes of datagrams to the SAP port: one line for each, fields apart by `|`. */
function dissect(datagrams: readonly Uint8Array[]): string[] {
  const dump = join(folder, 'dump.txt');
  const capture = join(folder, 'dump.pcap');
  const lines = datagrams.map(
    (bytes) => `000000 ${Buffer.from(bytes).toString('hex').replace(/../g, '$& ')}\n`,
  );
  writeFileSync(dump, lines.join('\n'));
  execFileSync('text2pcap', ['-q', '-u', '9875,9875', dump, capture], { stdio: 'pipe' });
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  const args = ['-r', capture, '-T', 'fields', '-E', 'separator=|', ...fields];
  const output = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return output.trimEnd().split('\n');
}

test('tshark reads our packets as we mean them, and finds nothing wrong', () => {
  const announcer = new SapAnnouncer({ random: () => 0.5 }, [
    { address: '192.0.2.1' },
    { address: '2001:db8::1' },
  ]);
  const own = announcer.announce(utf8(description), 0, { groups: ['239.255.255.255', 'ff05::2:7ffe'] });
  announcer.withdrawAll(1);
  const sent = Array.from({ length: 4 }, () => announcer.pollTransmit()?.bytes ?? new Uint8Array());
  const hash = `0x${own.hash.toString(16).padStart(4, '0')}`;
  const made = [
    announcement,
    { ...announcement, authentication: signature },
    untyped,
    compressSapPacket(announcement, deflateSap),
  ].map(formatSapPacket);
  const session = 'Great Hall|1|';
  expect(dissect([...sent, ...made])).toEqual([
    `1|0|0|0|0|${hash}|192.0.2.1||application/sdp|||${session}`,
    `1|1|0|0|0|${hash}||2001:db8::1|application/sdp|||${session}`,
    `1|0|1|0|0|${hash}|192.0.2.1||application/sdp||||1|`,
    `1|1|1|0|0|${hash}||2001:db8::1|application/sdp||||1|`,
    `1|0|0|0|0|0x1234|192.0.2.1||application/sdp|||${session}`,
    `1|0|0|0|2|0x1234|192.0.2.1||application/sdp|1|1|${session}`,
    `1|0|0|0|0|0x1234|192.0.2.1|||||${session}`,
    // it does not decompress, and says that
    '1|0|0|1|0|0x1234|192.0.2.1|||||||Expert Info (Warning/Undecoded): The rest of the packet is compressed',
  ]);
});

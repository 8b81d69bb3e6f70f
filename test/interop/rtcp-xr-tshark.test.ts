import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { serializeRtcpCompound } from '../../src/rtcp/index.ts';
import { XR_SAMPLES } from '../rtcp/xr-samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'xr-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What tshark reads in a datagram of RTCP: for each field its values, one for each time that it is there. */
function dissect(datagram: Uint8Array, fields: readonly string[]): string[][] {
  const [dump, capture] = [join(folder, 'dump.txt'), join(folder, 'dump.pcap')];
  writeFileSync(dump, `000000 ${Buffer.from(datagram).toString('hex').replace(/../g, '$& ')}\n`);
  execFileSync('text2pcap', ['-q', '-u', '5005,5005', dump, capture], { stdio: 'pipe' });
  const wanted = fields.flatMap((field) => ['-e', field]);
  const as = ['-d', 'udp.port==5005,rtcp', '-T', 'fields', '-E', 'separator=|', '-E', 'aggregator=;'];
  const output = execFileSync('tshark', ['-r', capture, ...as, ...wanted], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return output
    .replace(/\n$/, '')
    .split('|')
    .map((values) => (values === '' ? [] : values.split(';')));
}

/** By field of tshark, what the samples say, in their order. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  '_ws.malformed': [],
  '_ws.expert': [],
  'rtcp.length_check': ['1'],
  'rtcp.xr.bt': ['1', '2', '3', '4', '5', '6', '6', '7', '7'],
  'rtcp.xr.bl': ['4', '3', '4', '2', '6', '9', '9', '8', '8'],
  'rtcp.xr.tf': ['2', '0', '1'],
  'rtcp.xr.beginseq': ['65534', '0', '10', '1', '1'],
  'rtcp.xr.endseq': ['256', '16384', '14', '257', '257'],
  'rtcp.xr.chunk.length': ['20', '3', '16383', '1'],
  'rtcp.xr.chunk.bit_vector': ['32638'],
  'rtcp.xr.receipt_time_seq': ['4000', '4294967295'],
  'rtcp.xr.lrr': ['32768', '0'],
  'rtcp.xr.dlrr': ['65536', '0'],
  'rtcp.xr.stats.lost': ['5', '5'],
  'rtcp.xr.stats.dups': ['2', '0'],
  'rtcp.xr.stats.minjitter': ['1', '0'],
  'rtcp.xr.stats.maxjitter': ['80', '0'],
  'rtcp.xr.stats.meanjitter': ['16', '0'],
  'rtcp.xr.stats.devjitter': ['12', '0'],
  'rtcp.xr.stats.ttl': ['1', '2'],
  'rtcp.xr.stats.minttl': ['61', '255'],
  'rtcp.xr.stats.maxttl': ['64', '255'],
  'rtcp.xr.stats.meanttl': ['63', '255'],
  'rtcp.xr.stats.devttl': ['1', '0'],
  'rtcp.ssrc.fraction': ['13', '0'],
  'rtcp.ssrc.discarded': ['2', '0'],
  'rtcp.xr.voipmetrics.burstdensity': ['33', '0'],
  'rtcp.xr.voipmetrics.gapdensity': ['5', '0'],
  'rtcp.xr.voipmetrics.burstduration': ['120', '0'],
  'rtcp.xr.voipmetrics.gapduration': ['5000', '0'],
  'rtcp.xr.voipmetrics.rtdelay': ['45', '0'],
  'rtcp.xr.voipmetrics.esdelay': ['100', '0'],
  'rtcp.xr.voipmetrics.signallevel': ['-20', '127'],
  'rtcp.xr.voipmetrics.noiselevel': ['-65', '127'],
  'rtcp.xr.voipmetrics.rerl': ['55', '127'],
  'rtcp.xr.voipmetrics.gmin': ['16', '16'],
  'rtcp.xr.voipmetrics.rfactor': ['93', '127'],
  'rtcp.xr.voipmetrics.extrfactor': ['127', '127'],
  'rtcp.xr.voipmetrics.moslq': ['4.1', '127'],
  'rtcp.xr.voipmetrics.moscq': ['4', '127'],
  'rtcp.xr.voipmetrics.plc': ['3', '0'],
  'rtcp.xr.voipmetrics.jba': ['3', '0'],
  'rtcp.xr.voipmetrics.jbrate': ['5', '0'],
  'rtcp.xr.voipmetrics.jbnominal': ['40', '0'],
  'rtcp.xr.voipmetrics.jbmax': ['80', '0'],
  'rtcp.xr.voipmetrics.jbabsmax': ['200', '0'],
};

test('tshark reads our extended reports as we mean them, and finds nothing wrong', () => {
  const blocks = XR_SAMPLES.map(({ block }) => block).filter(({ type }) => type !== 'unknown');
  const bytes = serializeRtcpCompound([
    { type: 'rr', ssrc: 0x1122_3344, reports: [] },
    { type: 'sdes', chunks: [{ ssrc: 0x1122_3344, items: [{ type: 'cname', text: 'ab' }] }] },
    { type: 'xr', ssrc: 0x1122_3344, blocks },
  ]);
  const read = dissect(bytes, Object.keys(FIELDS));
  expect(Object.fromEntries(Object.keys(FIELDS).map((field, i) => [field, read[i]]))).toEqual(FIELDS);
});

test('tshark reads our requests for key pictures as we mean them', () => {
  const bytes = serializeRtcpCompound([
    { type: 'rr', ssrc: 0x1122_3344, reports: [] },
    { type: 'sdes', chunks: [{ ssrc: 0x1122_3344, items: [{ type: 'cname', text: 'ab' }] }] },
    { type: 'pli', ssrc: 0x1122_3344, mediaSsrc: 0x5566_7788 },
    {
      type: 'fir',
      ssrc: 0x1122_3344,
      requests: [
        { ssrc: 0x5566_7788, sequence: 255 },
        { ssrc: 0x99aa_bbcc, sequence: 0 },
      ],
    },
  ]);
  const fields = {
    '_ws.malformed': [],
    '_ws.expert': [],
    'rtcp.length_check': ['1'],
    'rtcp.pt': ['201', '202', '206', '206'],
    'rtcp.psfb.fmt': ['1', '4'],
    'rtcp.mediassrc': ['0x55667788', '0x00000000'],
    'rtcp.psfb.fir.fci.ssrc': ['0x55667788', '0x99aabbcc'],
    'rtcp.psfb.fir.fci.csn': ['255', '0'],
    'rtcp.psfb.fir.fci.reserved': ['0', '0'],
  };
  const read = dissect(bytes, Object.keys(fields));
  expect(Object.fromEntries(Object.keys(fields).map((field, i) => [field, read[i]]))).toEqual(fields);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { recordingKind } from '../../cli/run/play-plan.ts';
import { formatOpusHead, formatOpusTags, OggWriter } from '../../src/ogg/index.ts';
import { readOpusFile } from '../../conference/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'play-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

test.each([
  ['RIFF', 'wav'],
  ['RF64', 'wav'],
  ['BW64', 'wav'],
  ['OggS', 'opus'],
  ['#!rtpplay1.0 127.0.0.1/5004\n', 'capture'],
  [Uint8Array.of(0x0a, 0x0d, 0x0d, 0x0a), 'capture'],
  [Uint8Array.of(0xd4, 0xc3, 0xb2, 0xa1), 'capture'],
  [Uint8Array.of(0xa1, 0xb2, 0x3c, 0x4d), 'capture'],
])('a recording is known by its first bytes, %j', async (bytes, kind) => {
  expect(await recordingKind(file('whatever', bytes))).toBe(kind);
});

test.each([
  ['', /whatever is empty$/],
  ['ID3\u0004', /is not WAV, Opus in Ogg, pcapng, pcap or rtpdump: convert it first/],
  ['RI', /is not WAV/],
])('what is no recording is told, %j', async (bytes, message) => {
  await expect(recordingKind(file('whatever', bytes))).rejects.toThrow(message);
});

test('a folder, and a file that is not there, cannot be read', async () => {
  await expect(recordingKind(folder)).rejects.toThrow(/^Cannot read the recording .*EISDIR/);
  await expect(recordingKind(join(folder, 'nothing'))).rejects.toThrow(/^Cannot read the recording .*ENOENT/);
});

test('an Opus file cut off before its audio has none', async () => {
  const pages = new OggWriter(7);
  const bytes: Uint8Array[] = [];
  const head = formatOpusHead({ channels: 1, preSkip: 0, inputRate: 48_000 });
  for (const packet of [head, formatOpusTags('test', [])]) {
    bytes.push(...pages.add(packet, 0));
    const page = pages.flush();
    if (page !== undefined) bytes.push(page);
  }
  await expect(readOpusFile(file('cut.opus', Buffer.concat(bytes)))).rejects.toThrow(
    /cut\.opus has no audio/,
  );
});

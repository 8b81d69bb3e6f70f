import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { parseRtpPacket } from '../../src/rtp/index.ts';

const folder = new URL('../corpus/rtp/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.bin'));
const read = (name: string): Uint8Array => readFileSync(new URL(name, folder));

test('the corpus is there', () => {
  expect(files.length).toBeGreaterThan(4);
});
test.each(files.filter((name) => name.startsWith('good-')))('RTP reads %s', (name) => {
  expect(() => parseRtpPacket(read(name))).not.toThrow();
});
test.each(files.filter((name) => name.startsWith('bad-')))('RTP refuses %s', (name) => {
  expect(() => parseRtpPacket(read(name))).toThrow(DecodeError);
});

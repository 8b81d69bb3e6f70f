import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { parseRtcpCompound } from '../../src/rtcp/index.ts';

const folder = new URL('../corpus/rtcp/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.bin'));
const read = (name: string): Uint8Array => readFileSync(new URL(name, folder));

test('the corpus is there', () => {
  expect(files.length).toBeGreaterThan(4);
});
test.each(files.filter((name) => name.startsWith('good-')))('RTCP reads %s', (name) => {
  expect(() => parseRtcpCompound(read(name))).not.toThrow();
});
test.each(files.filter((name) => name.startsWith('bad-')))('RTCP refuses %s', (name) => {
  expect(() => parseRtcpCompound(read(name))).toThrow(DecodeError);
});

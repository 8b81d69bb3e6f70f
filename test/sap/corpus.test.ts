import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inflateSap } from '../../src/net/sap-compression.ts';
import { SapListener } from '../../src/sap/index.ts';
import { hex } from './support.ts';

const FOLDER = new URL('../corpus/sap/', import.meta.url);

interface Heard {
  readonly from: string;
  readonly group: string;
  readonly at: number;
  readonly parts: Uint8Array[];
  expected: string;
}

function bytesOf(line: string): Uint8Array {
  if (line.startsWith('"')) return new Uint8Array(Buffer.from(String(JSON.parse(line)), 'latin1'));
  if (!line.startsWith('@')) return hex(line);
  const [file = '', edit] = line.slice(1).split(' | ');
  const text = readFileSync(new URL(file, FOLDER), 'latin1');
  const [old = '', replacement = ''] = (edit ?? '').replaceAll('\\n', '\n').split(' → ');
  if (edit !== undefined && !text.includes(old)) throw new Error(`${file} has no ${JSON.stringify(old)}`);
  return new Uint8Array(Buffer.from(text.replace(old, replacement), 'latin1'));
}

function readStory(name: string): Heard[] {
  const story: Heard[] = [];
  for (const line of readFileSync(new URL(name, FOLDER), 'utf8').split('\n')) {
    const [, from = '', group = '', at = ''] = /^from (\S+) in (\S+) at (\d+)$/.exec(line) ?? [];
    const last = story.at(-1);
    if (from !== '') story.push({ from, group, at: Number(at), parts: [], expected: '' });
    else if (line === '' || line.startsWith('#')) continue;
    else if (last !== undefined && line.startsWith('expect ')) last.expected = line.slice('expect '.length);
    else last?.parts.push(bytesOf(line));
  }
  return story;
}

const stories = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));
const datagrams = stories.flatMap(readStory).map(({ parts }) => new Uint8Array(Buffer.concat(parts)));

test('each story is told in the README, and the README tells of no other', () => {
  const told = [...readFileSync(new URL('README.md', FOLDER), 'utf8').matchAll(/^\| `([\w-]+\.txt)`/gm)];
  expect(told.map((found) => found[1])).toEqual(stories.sort());
});

describe.each(stories)('%s', (name) => {
  const listener = new SapListener({ inflate: inflateSap });

  test.each(readStory(name).map((heard) => ({ ...heard, title: `at ${heard.at}: ${heard.expected}` })))(
    '$title',
    ({ from, group, at, parts, expected }) => {
      const before = new Map(Object.entries(listener.stats));
      const source = { address: from, port: 9875 };
      listener.handleDatagram(new Uint8Array(Buffer.concat(parts)), source, at * 1000, { group });
      const event = listener.pollEvent();
      expect(listener.pollEvent()).toBeUndefined();
      const counted = Object.entries(listener.stats).filter(([key, count]) => count !== before.get(key));
      const session = /^s=(.*?)\r?$/m.exec(event?.session.text ?? '')?.[1];
      const told = event === undefined ? counted.map(([key]) => key) : [`${event.type} ${session}`];
      expect(told).toContain(expected);
    },
  );
});

test('damaged in any way they are counted, and nothing else happens', () => {
  const listener = new SapListener({
    inflate: inflateSap,
    limit: 50,
    unixMs: (now) => 1_800_000_000_000 + now,
  });
  let now = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...datagrams),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 5 }),
      (original, damages, keep, host) => {
        const bytes = original.slice(0, Math.ceil(original.length * keep));
        for (const [at, value] of damages) if (bytes.length > 0) bytes[at % bytes.length] = value;
        now += 1000;
        const from = { address: `192.0.2.${host}`, port: 9875 };
        listener.handleDatagram(bytes, from, now, { group: '239.255.255.255' });
        listener.handleTimeout(now);
        while (listener.pollEvent() !== undefined);
        expect(listener.weight).toBeLessThanOrEqual(50);
        expect(listener.sessionsIn('239.255.255.255')).toBe(listener.size);
      },
    ),
    { numRuns: 5000 },
  );
  const sum = [...listener.sessions()].reduce((total, { heard }) => total + heard.length, 0);
  expect(sum).toBeGreaterThanOrEqual(listener.size);
  const end = now + 1e9;
  listener.handleTimeout(end);
  expect(listener.size).toBe(0);
  expect(listener.hosts).toBe(0);
  expect(listener.weight).toBe(0);
  expect(listener.sessionsIn('239.255.255.255')).toBe(0);
  expect(listener.pollTimeout()).toBeUndefined();
});

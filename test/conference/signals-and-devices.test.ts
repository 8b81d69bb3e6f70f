import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openSource, wavHeader } from '../../conference/index.ts';
import { parseAlsa, parsePactl, parsePwDump } from '../../conference/terminal/device-lists.ts';
import { InvalidValueError } from '../../src/errors.ts';
import { decibels, envelope, meanSquare, measureTone } from '../support/tone-meter.ts';

const folder = mkdtempSync(join(tmpdir(), 'signals-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('[TRM-02] lists of devices', () => {
  test('of PipeWire: nodes that are devices, the defaults by the metadata', () => {
    const node = (name: string, kind: string) => ({
      type: 'PipeWire:Interface:Node',
      info: { props: { 'node.name': name, 'node.description': `The ${name}`, 'media.class': kind } },
    });
    const metadata = {
      type: 'PipeWire:Interface:Metadata',
      metadata: [{ subject: 0, key: 'default.audio.sink', type: 'Spa:String:JSON', value: { name: 'room' } }],
    };
    const dump = [
      metadata,
      node('room', 'Audio/Sink'),
      node('desk', 'Audio/Sink'),
      node('mic', 'Audio/Source'),
      node('x', 'Midi/Bridge'),
    ];
    expect(parsePwDump(JSON.stringify(dump))).toEqual([
      {
        system: 'pipewire',
        direction: 'render',
        name: 'room',
        description: 'The room',
        isDefault: true,
        monitor: false,
      },
      expect.objectContaining({ name: 'desk', isDefault: false }),
      expect.objectContaining({ name: 'mic', direction: 'capture' }),
    ]);
  });

  test('of ALSA: names, and descriptions below them', () => {
    const text =
      'null\n    Discard all samples\ndefault\n    Default\nhw:CARD=PCH,DEV=0\n    HDA Intel\n    Direct\n';
    expect(parseAlsa(text, 'capture').map((it) => [it.name, it.description, it.isDefault])).toEqual([
      ['default', 'Default', true],
      ['hw:CARD=PCH,DEV=0', 'HDA Intel, Direct', false],
    ]);
  });

  test('what cannot be read lists nothing', () => {
    expect([
      parsePwDump('{'),
      parsePwDump('{}'),
      parsePactl('x', '[{}]', '7'),
      parseAlsa('', 'render'),
    ]).toEqual([[], [], [], []]);
  });
});

describe('test signals', () => {
  const stereo = { sampleRate: 8000, channels: 2 };
  const take = async (spec: string, seconds: number): Promise<Float32Array[]> => {
    await using source = await openSource(spec, { format: stereo });
    const samples = new Float32Array(2 * 8000 * seconds);
    expect(source.read(samples)).toBe(8000 * seconds);
    return [0, 1].map((channel) => samples.filter((_, i) => i % 2 === channel));
  };

  test('noise has the level asked for, and is another in each channel', async () => {
    const [left = new Float32Array(0), right = new Float32Array(0)] = await take('noise:-30', 4);
    for (const it of [left, right]) expect(decibels(meanSquare(it))).toBeCloseTo(-30, 0);
    expect(meanSquare(left.map((it, i) => it - (right[i] ?? 0)))).toBeGreaterThan(1.8 * meanSquare(left));
  });

  test('a sweep goes from 20 Hz to 45 % of the rate in ten seconds at one level', async () => {
    const [left = new Float32Array(0)] = await take('sweep:-20', 11);
    const rate = (from: number): number => {
      const part = left.subarray(from * 8000, (from + 0.1) * 8000);
      return part.filter((it, i) => it >= 0 !== (part[i - 1] ?? it) >= 0).length / 0.2;
    };
    expect(rate(9.85)).toBeGreaterThan(3200);
    expect(rate(5)).toBeGreaterThan(240);
    expect(rate(5)).toBeLessThan(310); // the middle by octaves: 268 Hz
    expect(decibels(meanSquare(left.subarray(8000, 80_000)))).toBeCloseTo(-20, 0);
    expect(meanSquare(left.subarray(80_000))).toBe(0);
  });

  test('ident breaks channel 1 once, channel 2 twice in four seconds, at 1 kHz and −18 dBFS', async () => {
    const [left = new Float32Array(0), right = new Float32Array(0)] = await take('ident', 8);
    const breaks = (samples: Float32Array): number[] =>
      [...envelope(samples, 8000, 50)].flatMap((it, i, all) =>
        it < 0.01 && (all[i - 1] ?? 1) >= 0.01 ? [i * 50] : [],
      );
    expect(breaks(left)).toEqual([0, 4000]);
    expect(breaks(right)).toEqual([0, 500, 4000, 4500]);
    const { frequency, levelDbfs } = measureTone(left.subarray(16_000, 24_000), 8000);
    expect(frequency).toBeCloseTo(1000, 1);
    expect(levelDbfs).toBeCloseTo(-18 - 3.01, 1); // peak and power of a sine
  });

  test('a file again and again, without a gap', async () => {
    const path = join(folder, 'loop.wav');
    const bytes = new Uint8Array(1000 * 2);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 1000; i++) view.setInt16(2 * i, i, true);
    writeFileSync(path, Buffer.concat([wavHeader({ sampleRate: 8000, channels: 1 }, 2000), bytes]));
    await using source = await openSource(`loop:${path}`);
    const heard: number[] = [];
    const block = new Float32Array(160);
    while (heard.length < 5000) {
      const frames = source.read(block);
      for (const it of block.subarray(0, frames)) heard.push(Math.round(it * 32_768));
      if (frames < 160) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(heard.every((it, i) => it === i % 1000)).toBe(true);
    expect(source.ended).toBe(false);
  });

  test.each(['noise:3', 'noise:loud', 'sweep:0', 'noise:-1'])('%s is refused', async (spec) => {
    await expect(openSource(spec, { format: stereo })).rejects.toThrow(InvalidValueError);
  });
});

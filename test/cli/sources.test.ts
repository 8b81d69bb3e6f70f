import { describe, expect, test } from 'vitest';
import { UsageError } from '../../cli/errors.ts';
import { parseSources } from '../../cli/input/sources.ts';
import {
  readSources,
  type SourcePlan,
  sourceSpecificGroups,
  withSources,
} from '../../cli/run/source-plan.ts';
import { createSessionDescription } from '../../src/sdp/index.ts';

function planOf(...texts: string[]): SourcePlan {
  const plan = readSources(texts);
  if (plan === undefined) throw new Error('no sources');
  return plan;
}

describe('--source', () => {
  test.each([
    { given: ['10.0.0.7'], want: ['10.0.0.7'] },
    {
      given: ['10.0.0.7, 10.0.0.8', 'radio.example.org'],
      want: ['10.0.0.7', '10.0.0.8', 'radio.example.org'],
    },
    { given: ['FD00:0::7', 'fd00::7'], want: ['fd00::7'] },
    { given: [''], want: [] },
  ])('$given', ({ given, want }) => {
    expect(parseSources(given)).toEqual(want);
  });

  test.each([
    { given: '239.1.1.1', problem: /239\.1\.1\.1 is a group/ },
    { given: '10.0.0.300', problem: /is not a source: give the address of a sender/ },
    { given: 'a b', problem: /is not a source/ },
  ])('refused: $given', ({ given, problem }) => {
    expect(() => parseSources([given])).toThrow(problem);
    expect(() => parseSources([given])).toThrow(UsageError);
  });

  test.each([
    { given: ['radio.example.org'], problem: /by address, not by name/ },
    { given: ['10.0.0.7,fd00::7'], problem: /one family/ },
  ])('refused in a description: $given', ({ given, problem }) => {
    expect(() => readSources(given)).toThrow(problem);
  });

  test('IPv6 groups have no IPv4 source', () => {
    expect(() => readSources(['10.0.0.7'], true)).toThrow(/no IPv6 address/);
    expect(readSources(['fd00::7'], true)?.family).toBe(6);
  });

  test('groups are drawn from the source-specific range of the family, or must fit it', () => {
    const six = planOf('fd00::7');
    expect(sourceSpecificGroups(six, [], 2, 'region', () => 0)).toEqual([
      { address: 'ff38::8000:0' },
      { address: 'ff38::8000:0' },
    ]);
    expect(() => sourceSpecificGroups(six, [{ address: '232.1.1.1' }], 1, 'site', () => 0)).toThrow(
      /different families/,
    );
  });

  test.each([
    {
      sources: ['10.0.0.7'],
      lines: ['source-filter: incl IN IP4 232.1.1.1 10.0.0.7', 'rtcp-unicast:reflection'],
    },
    {
      sources: ['10.0.0.7', '10.0.0.8'],
      lines: [
        'source-filter: incl IN IP4 232.1.1.1 10.0.0.7 10.0.0.8',
        'rtcp:5005 IN IP4 10.0.0.7',
        'rtcp-unicast:reflection',
      ],
    },
  ])('what is written for $sources', ({ sources, lines }) => {
    const plan = planOf(...sources);
    const media = [
      { kind: 'audio', encoding: 'PCMU', clockRate: 8000, port: 5004, group: '232.1.1.1', ttl: 15 },
    ];
    const sdp = createSessionDescription({
      sessionId: 3_900_000_000,
      machineAddress: '10.0.0.7',
      media: withSources(plan, media),
    });
    const written = [...(sdp.media.at(0)?.attributes ?? [])];
    expect(written.filter((text) => !text.startsWith('rtpmap'))).toEqual(lines);
    expect(sdp.validate()).toEqual([]);
  });
});

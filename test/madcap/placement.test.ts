import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncodeError } from '../../src/errors.ts';
import {
  MADCAP_MESSAGE_KINDS,
  MADCAP_OPTION,
  type MadcapOptions,
  messageKind,
  OPTION_NAMES,
  optionRule,
  placementProblems,
  requirePlacement,
  wellPlaced,
} from '../../src/madcap/index.ts';
import { anyMessage } from './arbitraries.ts';

const id = Uint8Array.of(0, 1);

describe('which option belongs where (RFC 2730 §3, table 5)', () => {
  test('all seventeen options have a rule for each kind of message', () => {
    expect([...OPTION_NAMES].sort()).toEqual(
      Object.keys(MADCAP_OPTION)
        .filter((name) => name !== 'end')
        .sort(),
    );
    const must = OPTION_NAMES.flatMap((name) =>
      MADCAP_MESSAGE_KINDS.filter((kind) => optionRule(name, kind) === 'must').map(
        (kind) => `${name}: ${kind}`,
      ),
    );
    expect(must).toHaveLength(29);
  });

  test.each<{
    name: string;
    kind: (typeof MADCAP_MESSAGE_KINDS)[number];
    options: MadcapOptions;
    fatal: string[];
  }>([
    {
      name: 'a GETINFO without what it asks for',
      kind: 'getinfo',
      options: { leaseIdentifier: id },
      fatal: ['optionRequestList'],
    },
    {
      name: 'an answer to GETINFO may be of nothing',
      kind: 'ack to getinfo',
      options: { leaseIdentifier: id, serverIdentifier: '192.0.2.1' },
      fatal: [],
    },
    {
      name: 'a start time alone',
      kind: 'renew',
      options: { leaseIdentifier: id, startTime: 5 },
      fatal: ['currentTime'],
    },
    {
      name: 'a latest start alone',
      kind: 'renew',
      options: { leaseIdentifier: id, maximumStartTime: 5 },
      fatal: ['currentTime'],
    },
    {
      name: 'more at least than wanted',
      kind: 'discover',
      options: { leaseIdentifier: id, scope: '239.255.0.0', addressCount: { minimum: 3, desired: 2 } },
      fatal: ['addressCount'],
    },
    {
      name: 'no address at all',
      kind: 'discover',
      options: { leaseIdentifier: id, scope: '239.255.0.0', addressCount: { minimum: 0, desired: 2 } },
      fatal: ['addressCount'],
    },
    {
      name: 'a latest start before the start',
      kind: 'renew',
      options: { leaseIdentifier: id, startTime: 5, maximumStartTime: 4, currentTime: 3 },
      fatal: ['maximumStartTime'],
    },
    {
      name: 'longer at least than wanted',
      kind: 'renew',
      options: { leaseIdentifier: id, leaseTime: 5, minimumLeaseTime: 6 },
      fatal: ['minimumLeaseTime'],
    },
    {
      name: 'a NAK without a reason',
      kind: 'nak',
      options: { leaseIdentifier: id, serverIdentifier: '192.0.2.1' },
      fatal: ['error'],
    },
    {
      name: 'nesting without scopes',
      kind: 'ack to getinfo',
      options: { leaseIdentifier: id, serverIdentifier: '192.0.2.1', nesting: [] },
      fatal: ['nesting'],
    },
  ])('$name', ({ kind, options, fatal }) => {
    expect(
      placementProblems(kind, options)
        .filter(({ isFatal }) => isFatal)
        .map(({ name }) => name),
    ).toEqual(fatal);
  });

  test('a multicast REQUEST names its server, a unicast one need not', () => {
    const options = { leaseIdentifier: id, scope: '239.255.0.0' };
    expect(placementProblems('request', options)).toEqual([]);
    expect(placementProblems('request', options, true)).toMatchObject([
      { name: 'serverIdentifier', isFatal: true },
    ]);
  });

  test('what does not belong into a message is overlooked by readers and refused by the writer', () => {
    const options = { leaseIdentifier: id, leaseTime: 5 };
    expect(placementProblems('release', options)).toMatchObject([{ name: 'leaseTime', isFatal: false }]);
    expect(wellPlaced('release', options)).toEqual({ leaseIdentifier: id });
    expect(() => requirePlacement({ type: 'release', family: 4, xid: 1, options })).toThrow(EncodeError);
  });

  test('a message without what does not belong has no problem of that kind left', () => {
    fc.assert(
      fc.property(anyMessage, ({ type, options }) => {
        const kind = messageKind(type, 'renew');
        const left = placementProblems(kind, wellPlaced(kind, options)).filter(({ isFatal }) => !isFatal);
        expect(left).toEqual([]);
      }),
    );
  });
});

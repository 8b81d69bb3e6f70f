import { describe, expect, test } from 'vitest';
import { messageIdHash, sapGroupsFor, sapListenGroups } from '../../src/sap/index.ts';

describe('the group that a session is announced in', () => {
  test.each([
    { media: '224.2.128.0', want: ['224.2.127.254'] },
    { media: '224.2.255.255', want: ['224.2.127.254'] },
    { media: '233.252.0.9', want: ['224.2.127.254'] },
    { media: '232.1.2.3', want: ['224.2.127.254'] },
    { media: '239.255.1.2', want: ['239.255.255.255'] },
    { media: '239.253.0.1', want: ['239.255.255.255'] },
    { media: '239.192.0.1', want: ['239.195.255.255'] },
    { media: '239.195.7.7', want: ['239.195.255.255'] },
    { media: '239.69.1.2', want: ['239.195.255.255', '239.255.255.255'] },
    { media: '239.1.2.3', want: ['239.195.255.255', '239.255.255.255'] },
    { media: '239.130.2.3', want: ['239.195.255.255', '239.255.255.255'] },
    { media: '239.200.2.3', want: ['239.255.255.255'] },
    { media: '224.0.0.56', want: ['239.255.255.255'] },
    { media: 'ff15::1234', want: ['ff05::2:7ffe'] },
    { media: 'ff3e::8000:1', want: ['ff0e::2:7ffe'] },
    { media: 'ff02::1%eth0', want: ['ff02::2:7ffe'] },
    { media: 'ff00::1', want: [] },
    { media: 'ff0f::1', want: [] },
    { media: '192.0.2.1', want: [] },
    { media: 'studio', want: [] },
  ])('$media: $want', ({ media, want }) => expect(sapGroupsFor(media)).toEqual(want));

  test('is the highest address of the smallest configured scope around it', () => {
    const scopes = [
      { first: '239.0.0.0', last: '239.255.255.255' },
      { first: '239.10.0.0', last: '239.10.255.255' },
      { first: 'ff05::1:0', last: 'ff05::1:ffff' },
    ];
    expect(sapGroupsFor('239.10.3.4', scopes)).toEqual(['239.10.255.255']);
    expect(sapGroupsFor('239.11.3.4', scopes)).toEqual(['239.255.255.255']);
    expect(sapGroupsFor('ff05::1:7', scopes)).toEqual(['ff05::1:ffff']);
    expect(sapListenGroups(4, scopes)).toContain('239.10.255.255');
    expect(sapListenGroups(6, scopes)).toContain('ff05::1:ffff');
  });
});

test('groups to listen to are all that anybody announces in, each once', () => {
  expect(sapListenGroups(4)).toEqual([
    '224.2.127.254',
    '239.255.255.255',
    '239.195.255.255',
    '239.63.255.255',
    '239.127.255.255',
    '239.191.255.255',
    '224.0.0.56',
    '224.0.0.255',
  ]);
  expect(sapListenGroups(6)).toHaveLength(14);
  expect(sapListenGroups(6)).toEqual(expect.arrayContaining(['ff02::2:7ffe', 'ff0e::2:7ffe']));
});

test('a hash is never 0, the same for the same payload, and another one after a change', () => {
  const seen = new Set<number>();
  for (let n = 0; n < 3000; n++) seen.add(messageIdHash(Uint8Array.of(n >> 8, n & 255)));
  expect(seen.size).toBeGreaterThan(2800);
  expect(seen.has(0)).toBe(false);
  const hash = messageIdHash(Uint8Array.of(1));
  expect(messageIdHash(Uint8Array.of(1))).toBe(hash);
  expect(messageIdHash(Uint8Array.of(1), hash)).toBe(hash + 1);
});

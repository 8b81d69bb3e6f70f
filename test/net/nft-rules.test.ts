import { describe, expect, test } from 'vitest';
import { type FilteredPacket, judgePacket, parseNftRuleset } from '../../src/net/index.ts';

const udp: FilteredPacket = {
  direction: 'in',
  protocol: 'udp',
  interfaceName: 'eth0',
  destination: '239.255.1.2',
  port: 5004,
};
type Expression = Readonly<Record<string, unknown>>;

const payload = (protocol: string, field: string): Expression => ({ payload: { protocol, field } });
const meta = (key: string): Expression => ({ meta: { key } });
const match = (left: Expression, right: unknown, op = '=='): Expression => ({ match: { op, left, right } });
const drop = { drop: null };
const accept = { accept: null };

/** Rules of an input chain, as `nft -j list ruleset` tells them. */
function verdict(
  rules: readonly (readonly Expression[])[],
  { policy = 'accept', packet = udp, family = 'inet', more = [] as readonly Expression[] } = {},
): { drops: string; by?: string } | undefined {
  const chain = { family, table: 'filter', name: 'input', hook: 'input', prio: 0, policy };
  const text = JSON.stringify({
    nftables: [
      { metainfo: { version: '1.0.6' } },
      { chain },
      ...more,
      ...rules.map((expr) => ({ rule: { family, table: 'filter', chain: 'input', expr } })),
    ],
  });
  const ruleset = parseNftRuleset(text);
  return ruleset === undefined ? undefined : judgePacket(ruleset, packet);
}

describe('rules of a firewall', () => {
  test.each<{ name: string; rules: readonly (readonly Expression[])[]; drops: string; policy?: string }>([
    { name: 'none', rules: [], drops: 'no' },
    { name: 'policy drop', rules: [], policy: 'drop', drops: 'yes' },
    { name: 'a port', rules: [[match(payload('udp', 'dport'), 5004), drop]], drops: 'yes' },
    { name: 'another port', rules: [[match(payload('udp', 'dport'), 5006), drop]], drops: 'no' },
    { name: 'a port of TCP', rules: [[match(payload('tcp', 'dport'), 5004), drop]], drops: 'no' },
    {
      name: 'a range',
      rules: [[match(payload('udp', 'dport'), { range: [5000, 5010] }), { reject: null }]],
      drops: 'yes',
    },
    {
      name: 'a set with a range',
      rules: [[match(payload('udp', 'dport'), { set: [53, { range: [5000, 5010] }] }), accept]],
      policy: 'drop',
      drops: 'no',
    },
    {
      name: 'a prefix',
      rules: [[match(payload('ip', 'daddr'), { prefix: { addr: '239.0.0.0', len: 8 } }), drop]],
      drops: 'yes',
    },
    {
      name: 'all but a prefix',
      rules: [[match(payload('ip', 'daddr'), { prefix: { addr: '239.0.0.0', len: 8 } }, '!='), drop]],
      drops: 'no',
    },
    {
      name: 'a range of addresses',
      rules: [[match(payload('ip', 'daddr'), { range: ['239.255.0.0', '239.255.255.255'] }), drop]],
      drops: 'yes',
    },
    { name: 'IPv6 only', rules: [[match(meta('nfproto'), 'ipv6'), drop]], drops: 'no' },
    { name: 'another interface', rules: [[match(meta('iifname'), 'wlan*'), drop]], drops: 'no' },
    { name: 'this interface', rules: [[match(meta('iifname'), 'eth*'), drop]], drops: 'yes' },
    {
      name: 'established ones, then policy',
      rules: [[match({ ct: { key: 'state' } }, ['established', 'related'], 'in'), accept]],
      policy: 'drop',
      drops: 'yes',
    },
    {
      name: 'a map of states',
      rules: [
        [
          {
            vmap: {
              key: { ct: { key: 'state' } },
              data: {
                set: [
                  ['established', accept],
                  ['invalid', drop],
                  ['new', { jump: { target: 'fresh' } }],
                ],
              },
            },
          },
        ],
      ],
      drops: 'no',
    },
    {
      name: 'multicast by packet type',
      rules: [[match(meta('pkttype'), 'multicast'), accept]],
      policy: 'drop',
      drops: 'no',
    },
    {
      name: 'a sender, who is not known',
      rules: [[match(payload('ip', 'saddr'), '10.0.0.9'), drop]],
      drops: 'maybe',
    },
    { name: 'a rate', rules: [[{ limit: { rate: 10 } }, accept]], policy: 'drop', drops: 'maybe' },
    { name: 'a named set', rules: [[match(payload('ip', 'daddr'), '@bad'), drop]], drops: 'maybe' },
    {
      name: 'an accept before',
      rules: [[match(payload('udp', 'dport'), 5004), accept], [drop]],
      drops: 'no',
    },
    { name: 'a rule of iptables', rules: [[{ xt: null }, drop]], drops: 'maybe' },
    { name: 'a port below', rules: [[match(payload('udp', 'dport'), 1024, '<'), drop]], drops: 'no' },
  ])('$name: $drops', ({ rules, drops, policy = 'accept' }) => {
    expect(verdict(rules, { policy })?.drops).toBe(drops);
  });

  test('chains that are jumped to, and come back', () => {
    const jump = [[{ jump: { target: 'media' } }], [drop]];
    const chain = { chain: { family: 'inet', table: 'filter', name: 'media' } };
    const rule = (...expr: readonly Expression[]): Expression => ({
      rule: { family: 'inet', table: 'filter', chain: 'media', expr },
    });
    expect(verdict(jump, { more: [chain, rule(match(payload('udp', 'dport'), 5004), accept)] })?.drops).toBe(
      'no',
    );
    expect(verdict(jump, { more: [chain, rule(match(payload('udp', 'dport'), 5006), accept)] })?.drops).toBe(
      'yes',
    );
    expect(verdict(jump, { more: [chain, rule({ return: null }), rule(accept)] })?.drops).toBe('yes');
  });

  test('chains that jump in a circle end', () => {
    expect(verdict([[{ jump: { target: 'input' } }]])?.drops).toBe('no');
  });

  test('IGMP by name and by number, and what is told of a rule', () => {
    const packet: FilteredPacket = {
      direction: 'in',
      protocol: 'igmp',
      interfaceName: 'eth0',
      destination: '224.0.0.1',
    };
    expect(verdict([[match(meta('l4proto'), 'igmp'), { counter: {} }, drop]], { packet })).toEqual({
      drops: 'yes',
      by: 'inet filter input: meta l4proto igmp drop',
    });
    expect(verdict([[match(payload('ip', 'protocol'), 2), drop]], { packet, family: 'ip' })?.drops).toBe(
      'yes',
    );
    expect(verdict([[match(payload('ip', 'protocol'), 2), drop]], { family: 'ip' })?.drops).toBe('no');
  });

  test('what goes out is not asked of what comes in, nor of a chain for another family', () => {
    expect(verdict([[drop]], { packet: { ...udp, direction: 'out' } })?.drops).toBe('no');
    expect(verdict([[drop]], { family: 'ip6' })?.drops).toBe('no');
    expect(verdict([[drop]], { family: 'ip6', packet: { ...udp, destination: 'ff15::1' } })?.drops).toBe(
      'yes',
    );
  });

  test.each(['', 'no such program', '[]', '{"nftables":5}', '{"nftables":[1,{"rule":{}},{"chain":{}}]}'])(
    'other text is no ruleset, or an empty one: %j',
    (text) => {
      const ruleset = parseNftRuleset(text);
      expect(ruleset === undefined ? 'no' : judgePacket(ruleset, udp).drops).toBe('no');
    },
  );
});

import { compareIp, tryParseIp } from '../../ip/index.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

interface Rule {
  readonly expressions: readonly JsonObject[];
}
interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  /** Undefined for chains that are only jumped to. */
  readonly hook: string | undefined;
  readonly priority: number;
  readonly device: string | undefined;
  readonly dropsByDefault: boolean;
  readonly rules: Rule[];
}

/** What `nft -j list ruleset` says, as far as it decides over packets. */
export interface FirewallRules {
  readonly chains: ReadonlyMap<string, Chain>;
  readonly ruleCount: number;
}

/** A packet as it would come in or go out, the first of its kind. */
export interface FilteredPacket {
  readonly direction: 'in' | 'out';
  readonly protocol: 'udp' | 'igmp' | 'icmpv6';
  readonly interfaceName: string;
  readonly destination: string;
  /** Of UDP. */
  readonly port?: number;
}

export interface FirewallVerdict {
  /** `maybe`: it depends on something that is not known beforehand, such as who sends. */
  readonly drops: 'yes' | 'no' | 'maybe';
  /** Rule or policy that does: `inet filter input: udp dport 5353 drop`. */
  readonly by?: string;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** Reads the output of `nft -j list ruleset`; undefined when it is none. What is not understood is left out. */
export function parseNftRuleset(output: string): FirewallRules | undefined {
  let parsed: Json;
  try {
    parsed = JSON.parse(output);
  } catch {
    return undefined;
  }
  if (!isObject(parsed) || !Array.isArray(parsed['nftables'])) return undefined;
  const items: readonly Json[] = parsed['nftables'];
  const chains = new Map<string, Chain>();
  let ruleCount = 0;
  for (const item of items) {
    if (!isObject(item)) continue;
    const { chain, rule } = item;
    if (isObject(chain)) {
      const { family, table, name, hook, prio, dev, policy } = chain;
      chains.set(`${text(family)} ${text(table)} ${text(name)}`, {
        family: text(family),
        table: text(table),
        name: text(name),
        hook: typeof hook === 'string' ? hook : undefined,
        priority: typeof prio === 'number' ? prio : 0,
        device: typeof dev === 'string' ? dev : undefined,
        dropsByDefault: policy === 'drop',
        rules: [],
      });
    } else if (isObject(rule) && Array.isArray(rule['expr'])) {
      const { family, table, chain: name, expr } = rule;
      const expressions = expr.filter(isObject);
      chains.get(`${text(family)} ${text(table)} ${text(name)}`)?.rules.push({ expressions });
      ruleCount++;
    }
  }
  return { chains, ruleCount };
}

const HOOKS = { in: ['ingress', 'prerouting', 'input'], out: ['output', 'postrouting', 'egress'] } as const;

/**
 * What the rules do with a packet: every chain on its way has to let it pass. Sets by name, marks, rates and what else
 * depends on the state of the firewall are not looked into; they make it `maybe`.
 */
export function judgePacket({ chains }: FirewallRules, packet: FilteredPacket): FirewallVerdict {
  const hooks: readonly string[] = HOOKS[packet.direction];
  const family = tryParseIp(packet.destination)?.family === 6 ? 'ip6' : 'ip';
  const onTheWay = [...chains.values()]
    .filter(({ hook }) => hook !== undefined && hooks.includes(hook))
    .filter((chain) => [family, 'inet', 'netdev'].includes(chain.family))
    .filter(({ device }) => device === undefined || device === packet.interfaceName)
    .toSorted((a, b) => hooks.indexOf(a.hook ?? '') - hooks.indexOf(b.hook ?? '') || a.priority - b.priority);
  let maybe: FirewallVerdict | undefined;
  for (const chain of onTheWay) {
    const outcome = walk(chain, chains, packet, 0);
    const certain = maybe === undefined && outcome.doubt === undefined;
    if (outcome.verdict === 'drop' || (outcome.verdict === 'through' && chain.dropsByDefault)) {
      const by = outcome.by ?? `${chain.family} ${chain.table} ${chain.name}: policy drop`;
      if (certain) return { drops: 'yes', by };
      maybe ??= { drops: 'maybe', by };
    } else if (outcome.doubt !== undefined) maybe ??= { drops: 'maybe', by: outcome.doubt };
  }
  return maybe ?? { drops: 'no' };
}

interface Outcome {
  readonly verdict: 'accept' | 'drop' | 'through';
  readonly by?: string;
  /** A rule that may have dropped it, or let it pass, before. */
  readonly doubt?: string;
}

const DEEPEST = 16; // the kernel's own limit for jumps

function walk(chain: Chain, chains: FirewallRules['chains'], packet: FilteredPacket, depth: number): Outcome {
  let doubt: string | undefined;
  for (const { expressions } of chain.rules) {
    const matched = matches(expressions, packet);
    if (matched === 'no') continue;
    const by = `${chain.family} ${chain.table} ${chain.name}: ${expressions.map(wording).filter(Boolean).join(' ')}`;
    const verdict = verdictOf(expressions, packet);
    if (verdict === undefined || verdict.kind === 'none') continue;
    if (verdict.kind === 'unknown') {
      doubt ??= by;
      continue;
    }
    let outcome: Outcome;
    if (verdict.kind === 'jump' || verdict.kind === 'goto') {
      const target = chains.get(`${chain.family} ${chain.table} ${verdict.target}`);
      if (target === undefined || depth >= DEEPEST) continue;
      outcome = walk(target, chains, packet, depth + 1);
      if (outcome.doubt !== undefined) doubt ??= outcome.doubt;
      if (outcome.verdict === 'through' && verdict.kind === 'jump') continue;
    } else if (verdict.kind === 'return') outcome = { verdict: 'through' };
    else outcome = { verdict: verdict.kind, by };
    if (matched === 'yes') return { ...outcome, ...(doubt === undefined ? {} : { doubt }) };
    if (outcome.verdict === 'drop') doubt ??= outcome.by ?? by;
    // a rule that may accept puts in doubt what comes after it
    else if (outcome.verdict === 'accept') doubt ??= `${by} (perhaps)`;
  }
  return { verdict: 'through', ...(doubt === undefined ? {} : { doubt }) };
}

type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'unknown' | 'none' }
  | { readonly kind: 'jump' | 'goto'; readonly target: string };

function verdictOf(expressions: readonly JsonObject[], packet: FilteredPacket): Verdict | undefined {
  for (const expression of expressions) {
    const found = oneVerdict(expression);
    if (found !== undefined) return found;
    const { vmap } = expression;
    if (isObject(vmap)) return mappedVerdict(vmap, packet);
    if ('xt' in expression || 'queue' in expression) return { kind: 'unknown' };
  }
  return undefined;
}

function oneVerdict(expression: JsonObject): Verdict | undefined {
  if ('accept' in expression) return { kind: 'accept' };
  if ('drop' in expression || 'reject' in expression) return { kind: 'drop' };
  if ('return' in expression) return { kind: 'return' };
  for (const kind of ['jump', 'goto'] as const) {
    const target = expression[kind];
    if (isObject(target)) return { kind, target: text(target['target']) };
  }
  return undefined;
}

/** `ct state vmap { established : accept, invalid : drop }` */
function mappedVerdict(vmap: JsonObject, packet: FilteredPacket): Verdict {
  const value = valueOf(vmap['key'], packet);
  const { data } = vmap;
  const pairs = isObject(data) ? data['set'] : undefined;
  if (value === false) return { kind: 'none' };
  if (value === undefined || !Array.isArray(pairs)) return { kind: 'unknown' };
  for (const pair of pairs) {
    if (!Array.isArray(pair) || !isObject(pair[1])) continue;
    if (equals(value, pair[0]) === 'yes') return oneVerdict(pair[1]) ?? { kind: 'unknown' };
  }
  return { kind: 'none' };
}

type Answer = 'yes' | 'no' | 'maybe';

function matches(expressions: readonly JsonObject[], packet: FilteredPacket): Answer {
  let answer: Answer = 'yes';
  for (const expression of expressions) {
    if ('limit' in expression || 'quota' in expression || 'connlimit' in expression || 'xt' in expression) {
      answer = 'maybe';
      continue;
    }
    const { match } = expression;
    if (!isObject(match)) continue;
    const one = matchOne(match, packet);
    if (one === 'no') return 'no';
    if (one === 'maybe') answer = 'maybe';
  }
  return answer;
}

function matchOne({ op, left, right }: JsonObject, packet: FilteredPacket): Answer {
  const value = valueOf(left, packet);
  if (value === undefined) return 'maybe';
  if (value === false) return 'no'; // a field of another protocol: the rule is not for this packet
  const equal = equals(value, right);
  if (op === '==' || op === 'in') return equal;
  if (op === '!=') return equal === 'maybe' ? 'maybe' : equal === 'yes' ? 'no' : 'yes';
  if (typeof value === 'number' && typeof right === 'number') {
    const holds = { '<': value < right, '>': value > right, '<=': value <= right, '>=': value >= right }[
      text(op)
    ];
    return holds === undefined ? 'maybe' : holds ? 'yes' : 'no';
  }
  return 'maybe';
}

/** What the packet has there; false when it has no such field, undefined when it cannot be known. */
function valueOf(left: Json | undefined, packet: FilteredPacket): string | number | false | undefined {
  if (!isObject(left)) return undefined;
  const { payload, meta, ct, fib } = left;
  const family = tryParseIp(packet.destination)?.family === 6 ? 'ip6' : 'ip';
  if (isObject(payload)) {
    const [protocol, field] = [text(payload['protocol']), text(payload['field'])];
    if (protocol === 'udp' || protocol === 'th') {
      if (packet.protocol !== 'udp') return false;
      return field === 'dport' ? packet.port : undefined;
    }
    if (protocol === 'ip' || protocol === 'ip6') {
      if (protocol !== family) return false;
      if (field === 'daddr') return packet.destination;
      return field === 'protocol' || field === 'nexthdr' ? packet.protocol : undefined;
    }
    const others = ['tcp', 'sctp', 'dccp', 'icmp', 'icmpv6', 'igmp', 'esp', 'ah', 'arp', 'udplite'];
    return others.includes(protocol) && protocol !== packet.protocol ? false : undefined;
  }
  if (isObject(meta)) return metaValue(text(meta['key']), packet, family);
  if (isObject(ct))
    return text(ct['key']) === 'state' ? (packet.protocol === 'udp' ? 'new' : undefined) : undefined;
  if (isObject(fib) && text(fib['result']) === 'type' && JSON.stringify(fib['flags']) === '["daddr"]')
    return 'multicast';
  return undefined;
}

function metaValue(
  key: string,
  packet: FilteredPacket,
  family: 'ip' | 'ip6',
): string | number | false | undefined {
  switch (key) {
    case 'l4proto':
      return packet.protocol === 'icmpv6' ? 'ipv6-icmp' : packet.protocol;
    case 'nfproto':
      return family === 'ip' ? 'ipv4' : 'ipv6';
    case 'protocol':
      return family;
    case 'iif':
    case 'iifname':
      return packet.direction === 'in' ? packet.interfaceName : undefined;
    case 'oif':
    case 'oifname':
      return packet.direction === 'out' ? packet.interfaceName : undefined;
    case 'pkttype':
      return packet.direction === 'in' ? 'multicast' : undefined;
    default:
      return undefined;
  }
}

function equals(value: string | number, right: Json | undefined): Answer {
  if (right === null || right === undefined) return 'maybe';
  if (Array.isArray(right)) return anyOf(value, right);
  if (isObject(right)) {
    if (Array.isArray(right['set'])) return anyOf(value, right['set']);
    if (Array.isArray(right['range'])) return within(value, right['range'][0], right['range'][1]);
    const { prefix, elem } = right;
    if (isObject(prefix)) return inPrefix(value, text(prefix['addr']), Number(prefix['len']));
    if (isObject(elem)) return equals(value, elem['val']);
    return 'maybe';
  }
  if (typeof right === 'string' && right.startsWith('@')) return 'maybe'; // a named set
  if (typeof right === 'string' && right.endsWith('*'))
    return yes(String(value).startsWith(right.slice(0, -1)));
  // protocols by number, as rules of iptables have them
  const numbers: Readonly<Record<string, number>> = { igmp: 2, udp: 17, 'ipv6-icmp': 58 };
  if (typeof right === 'number' && typeof value === 'string') return yes(numbers[value] === right);
  if (right === 'icmpv6' || right === 'ipv6-icmp') return yes(value === 'icmpv6' || value === 'ipv6-icmp');
  const wanted = typeof right === 'string' ? right : JSON.stringify(right);
  const [a, b] = [tryParseIp(String(value)), tryParseIp(wanted)];
  if (a !== undefined && b !== undefined)
    return yes(a.family === b.family && compareIp(String(value), wanted) === 0);
  return yes(String(value) === wanted);
}

const yes = (holds: boolean): Answer => (holds ? 'yes' : 'no');

function anyOf(value: string | number, candidates: readonly Json[]): Answer {
  const answers = candidates.map((it) => equals(value, it));
  return answers.includes('yes') ? 'yes' : answers.includes('maybe') ? 'maybe' : 'no';
}

function within(value: string | number, low: Json | undefined, high: Json | undefined): Answer {
  if (typeof value === 'number') return yes(value >= Number(low) && value <= Number(high));
  const [address, first, last] = [value, text(low), text(high)];
  if ([address, first, last].some((it) => tryParseIp(it) === undefined)) return 'maybe';
  if (tryParseIp(address)?.family !== tryParseIp(first)?.family) return 'no';
  return yes(compareIp(address, first) >= 0 && compareIp(address, last) <= 0);
}

function inPrefix(value: string | number, network: string, length: number): Answer {
  const [a, b] = [tryParseIp(String(value)), tryParseIp(network)];
  if (a === undefined || b === undefined || a.family !== b.family) return 'no';
  for (let bit = 0; bit < length; bit++) {
    const mask = 0x80 >> (bit & 7);
    if (((a.bytes[bit >> 3] ?? 0) & mask) !== ((b.bytes[bit >> 3] ?? 0) & mask)) return 'no';
  }
  return 'yes';
}

/** An expression about as `nft list ruleset` shows it. */
function wording(expression: JsonObject): string {
  const { match } = expression;
  if (isObject(match)) {
    const operator = match['op'] === '==' || match['op'] === 'in' ? '' : `${text(match['op'])} `;
    return `${leftWording(match['left'])} ${operator}${valueWording(match['right'])}`;
  }
  if ('reject' in expression) return 'reject';
  const [key = ''] = Object.keys(expression);
  const jump = expression[key];
  if ((key === 'jump' || key === 'goto') && isObject(jump)) return `${key} ${text(jump['target'])}`;
  return ['counter', 'log', 'comment'].includes(key) ? '' : key;
}

function leftWording(left: Json | undefined): string {
  if (!isObject(left)) return '?';
  const { payload, meta, ct } = left;
  if (isObject(payload)) return `${text(payload['protocol'])} ${text(payload['field'])}`;
  if (isObject(meta)) return `meta ${text(meta['key'])}`;
  return isObject(ct) ? `ct ${text(ct['key'])}` : (Object.keys(left)[0] ?? '?');
}

function valueWording(value: Json | undefined): string {
  if (Array.isArray(value)) return `{ ${value.map(valueWording).join(', ')} }`;
  if (typeof value === 'string') return value;
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const { set, range, prefix } = value;
  if (Array.isArray(set)) return valueWording(set);
  if (Array.isArray(range)) return `${valueWording(range[0])}-${valueWording(range[1])}`;
  if (isObject(prefix)) return `${text(prefix['addr'])}/${valueWording(prefix['len'])}`;
  return JSON.stringify(value);
}

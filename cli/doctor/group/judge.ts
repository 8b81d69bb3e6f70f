import type { SnoopingSuspicion } from '../../../src/igmp/index.ts';
import type { Check, Judged } from '../check.ts';
import { fail, ok, warn } from '../check.ts';
import type { Sender, Stranger } from './survey.ts';

/** What was heard on one group and port. */
export interface GroupFacts {
  readonly endpoint: string;
  readonly seconds: number;
  readonly senders: readonly Sender[];
  readonly strangers: readonly Stranger[];
  /** Payload types that the description names; undefined without a description. */
  readonly expected: readonly number[] | undefined;
  readonly suspicion: SnoopingSuspicion | undefined;
}

/** Whether a group is used by more than those who should. Pure. */
export function judgeGroup(facts: GroupFacts): Check[] {
  const judges: readonly (readonly [id: string, title: string, judged: Judged | undefined])[] = [
    ['heard', 'Heard', heard(facts)],
    ['collision', 'Collision', collision(facts)],
    ['payload', 'Payload', payload(facts)],
    ['snooping', 'Snooping', snooping(facts)],
  ];
  return judges.flatMap(([id, title, judged]) => (judged === undefined ? [] : [{ id, title, ...judged }]));
}

function heard({ endpoint, seconds, senders, strangers }: GroupFacts): Judged {
  if (senders.length === 0 && strangers.length === 0) {
    return fail(
      `nothing came to ${endpoint} in ${seconds} s`,
      'rendezvous doctor says what may be in the way here; doctor --probe tries the path to the sender',
    );
  }
  const hosts = new Set(senders.map(({ address }) => address)).size;
  const missing = senders.reduce((sum, it) => sum + it.missing, 0);
  const packets = senders.reduce((sum, it) => sum + it.packets, 0);
  const detail = `${packets} packets of RTP from ${count(senders.length, 'sender')} on ${count(hosts, 'host')} in ${seconds} s`;
  if (senders.length === 0)
    return fail(`nothing of what came to ${endpoint} is RTP`, 'choose another group and port');
  if (missing > 0)
    return warn(`${detail}, ${missing} are missing`, 'look at the load, at Wi-Fi, and at collisions');
  return ok(detail);
}

/** Several senders are the rule in a conference and a fault in a stream of one device; the same SSRC twice always is. */
function collision({ senders, strangers, expected }: GroupFacts): Judged | undefined {
  const advice = 'give one of them another group: rendezvous edit NAME, or in the settings of the device';
  const why = 'whoever joins gets all of it, which looks like loss and noise';
  if (senders.length > 0 && strangers.length > 0) {
    const others = strangers.map(({ address, packets }) => `${address} (${packets})`).join(', ');
    return warn(`beside RTP there are packets of something else from ${others}`, advice, why);
  }
  const twice = senders.filter((a) => senders.some((b) => b.ssrc === a.ssrc && b.address !== a.address));
  if (twice.length > 0) {
    const [first] = twice;
    const hosts = [...new Set(twice.map(({ address }) => address))].join(' and ');
    return warn(`${hosts} send with the same SSRC ${hex(first?.ssrc ?? 0)}`, advice, why);
  }
  const atOnce = senders.filter((a) => senders.some((b) => a.address !== b.address && overlap(a, b)));
  if (atOnce.length === 0) return senders.length === 0 ? undefined : ok('no two hosts send at the same time');
  const hosts = [...new Set(atOnce.map(nameOf))].join(', ');
  const formats = new Set(atOnce.map(({ payloadTypes }) => payloadTypes.join()));
  // a known conference, and all speak its format: that is a conversation
  if (expected !== undefined && formats.size === 1)
    return ok(`several hosts send, as in a conversation: ${hosts}`);
  return warn(
    `${atOnce.length} senders on different hosts send at the same time: ${hosts}`,
    `if it is no conference: ${advice}`,
    why,
  );
}

function payload({ senders, expected }: GroupFacts): Judged | undefined {
  if (expected === undefined || senders.length === 0) return undefined;
  const foreign = senders.filter(({ payloadTypes }) => payloadTypes.some((it) => !expected.includes(it)));
  if (foreign.length === 0)
    return ok(`all is of a payload type that the description names: ${expected.join(', ')}`);
  const list = foreign.map((it) => `${nameOf(it)} sends ${it.payloadTypes.join(', ')}`).join('; ');
  return warn(
    `${list}; the description names ${expected.join(', ')}`,
    'another session has the same group and port, or one of the descriptions is old',
  );
}

function snooping({ suspicion }: GroupFacts): Judged | undefined {
  if (suspicion === undefined) return undefined;
  const { level, heardForMs, silentForMs, announced } = suspicion;
  const silent = `silent for ${Math.round(silentForMs / 1000)} s`;
  const said = announced ? ', although it is announced' : '';
  return warn(
    heardForMs === undefined
      ? `never heard, ${silent}${said}`
      : `heard for ${Math.round(heardForMs / 1000)} s, then ${silent}${said}`,
    'switch a querier on in this network: rendezvous doctor as root tells whether there is one',
    level === 'likely'
      ? 'so long switches remember members when nobody asks for them (260 s)'
      : 'a switch may have forgotten who has joined',
  );
}

const overlap = (a: Sender, b: Sender): boolean => a.firstAt < b.lastAt && b.firstAt < a.lastAt;
const nameOf = ({ address, cname }: Sender): string =>
  cname === undefined ? address : `${address} (${cname})`;
const hex = (ssrc: number): string => ssrc.toString(16).padStart(8, '0');
const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

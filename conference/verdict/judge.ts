import { formatEndpoint } from '../../src/ip/index.ts';
import type { Evidence, MediumEvidence } from './evidence.ts';

/** One possible cause, likeliest first, with what to try. */
export interface VerdictReason {
  /** Stable: `noMembership`, `wrongInterface`, `portMismatch`, `encrypted`, … */
  readonly code: string;
  readonly message: string;
  readonly tryThis: string;
}

/** What a join has come to. */
export interface JoinVerdict {
  /** `hearing`: RTP is decoded. `silent`: others are there, nobody sends. `nothing`: nobody. `problem`: cannot be. */
  readonly outcome: 'hearing' | 'silent' | 'nothing' | 'problem';
  /** Others in the conference, and how many of them are heard. */
  readonly participants: number;
  readonly hearing: number;
  /** One line: `hearing 2 participants`. */
  readonly summary: string;
  /** Likeliest first; also with `hearing` when something is wrong all the same. */
  readonly reasons: readonly VerdictReason[];
}

/** A cause with how likely it is, 0 to 100: above 80 there is a sign for it, below it is a guess. */
type Weighed = VerdictReason & { readonly weight: number };

/** Without a sign for it, a guess is only worth telling when nothing better is known. */
const SIGN = 80;
const MOST_REASONS = 6;

/** Judges what is known of a join. Pure: everything it goes by is in the evidence. */
export function judgeJoin(evidence: Evidence): JoinVerdict {
  const { participants, hearing } = evidence;
  const found = [
    ...sessionReasons(evidence),
    ...evidence.media.flatMap((it) => [...mediumReasons(it, evidence)]),
  ];
  found.sort((a, b) => b.weight - a.weight);
  const unique = found.filter((it, i) => found.findIndex(({ code }) => code === it.code) === i);
  const fine = hearing > 0 || (participants > 0 && onlyWeAreHeard(evidence));
  const wanted = fine ? unique.filter(({ weight }) => weight >= SIGN) : unique;
  const reasons = wanted
    .slice(0, MOST_REASONS)
    .map(({ code, message, tryThis }): VerdictReason => ({ code, message, tryThis }));
  const outcome = outcomeOf(evidence);
  return { outcome, participants, hearing, summary: summaryOf(outcome, evidence), reasons };
}

function outcomeOf({ joined, participants, hearing, media, timing }: Evidence): JoinVerdict['outcome'] {
  if (hearing > 0) return 'hearing';
  if (!joined || media.every(({ support }) => support === 'none')) return 'problem';
  if (participants > 0) return 'silent';
  return timing.active ? 'nothing' : 'problem';
}

/** We are the source of a conference with one source: there is nothing to be heard here. */
function onlyWeAreHeard({ media }: Evidence): boolean {
  const joined = media.flatMap(({ transport }) => transport ?? []);
  return joined.length > 0 && joined.every(isOnlySource);
}

function isOnlySource({ sources, localAddress }: Transport): boolean {
  return sources.length > 0 && sources.every((source) => source === localAddress);
}

function summaryOf(outcome: JoinVerdict['outcome'], evidence: Evidence): string {
  const { participants, hearing, timing, joined } = evidence;
  const own = onlyWeAreHeard(evidence);
  const people = (n: number): string => `${n} participant${n === 1 ? '' : 's'}`;
  switch (outcome) {
    case 'hearing':
      return hearing === participants
        ? `hearing ${people(hearing)}`
        : `hearing ${hearing} of ${people(participants)}`;
    case 'silent':
      return own
        ? `${people(participants)} here; only you may be heard`
        : `${people(participants)} here, nobody is heard`;
    case 'nothing':
      return own ? 'nobody else is here yet; only you may be heard' : 'nobody is heard yet';
    case 'problem':
      break;
  }
  if (!joined) return 'not joined';
  return timing.active ? 'nothing here can be heard' : 'the conference is not taking place now';
}

function* sessionReasons({ joined, held, timing, host, participants, media }: Evidence): Generator<Weighed> {
  if (!joined) {
    yield {
      weight: 100,
      code: 'notJoined',
      message: 'the conference is not joined',
      tryThis: 'join it first',
    };
  }
  if (held) yield { weight: 99, code: 'onHold', message: 'the call is on hold', tryThis: 'resume it' };
  if (!timing.active && timing.nextStart !== undefined) {
    yield {
      weight: 98,
      code: 'notStarted',
      message: `it starts at ${new Date(timing.nextStart).toISOString()}`,
      tryThis: 'wait for the start: join --wait',
    };
  } else if (!timing.active) {
    yield {
      weight: 98,
      code: 'over',
      message: 'the time in its description is over',
      tryThis: 'ask for a new announcement, or give it a later stop time',
    };
  }
  if (participants > 0) return;
  yield {
    weight: 65,
    code: 'alone',
    message: 'perhaps nobody else is here yet',
    tryThis: 'have a second participant join, on this host with --loopback selective',
  };
  // what a container's network carries does not matter to those who stay on loopback
  const leaves = media.some(({ transport }) => transport?.interface.internal !== true);
  if (host.container !== undefined && leaves) {
    yield {
      weight: 81,
      code: 'container',
      message: `this runs in ${host.container}, whose usual network does not carry multicast`,
      tryThis: 'use the host network or macvlan',
    };
  }
  if (host.firewalls.length > 0) {
    yield {
      weight: 52,
      code: 'firewall',
      message: `a firewall seems to be on (${host.firewalls.join(', ')})`,
      tryThis: 'let IGMP and the UDP ports of the conference in',
    };
  }
}

function* mediumReasons(medium: MediumEvidence, evidence: Evidence): Generator<Weighed> {
  const { support, code = 'unsupported', reason = '', mediaType } = medium;
  if (support === 'none' && mediaType === 'audio') {
    const encrypted = code === 'encrypted';
    yield {
      weight: 97,
      code,
      message: `${mediaType}: ${reason}`,
      tryThis: encrypted ? 'ask for the key, or for an unencrypted conference' : 'correct the description',
    };
  }
  if (support === 'none' || medium.transport === undefined) return;
  yield* arrivedReasons(medium, medium.transport);
  if (evidence.hearing > 0) return;
  yield* localReasons(medium, medium.transport, evidence);
  if (evidence.participants === 0 && !medium.arrived)
    yield* networkReasons(medium, medium.transport, evidence);
}

type Transport = NonNullable<MediumEvidence['transport']>;

/** Something arrived: what is wrong with it? */
function* arrivedReasons(medium: MediumEvidence, transport: Transport): Generator<Weighed> {
  const { group, port } = transport;
  if (medium.undecodable > 0 && medium.decoded === 0) {
    yield {
      weight: 96,
      code: 'unsupportedCodec',
      message: `${medium.undecodable} packets of ${medium.foreignFormats.join(', ') || 'an unknown format'} arrived, which nothing here decodes`,
      tryThis: `ask the sender for ${medium.decodable.join(', ') || 'PCMU, PCMA, G722, L16 or L24'}`,
    };
  } else if (transport.unknownPayloadType > 0) {
    yield {
      weight: 94,
      code: 'foreignPayloadType',
      message: `${transport.unknownPayloadType} packets have a payload type that the description does not name`,
      tryThis: 'compare the sender’s description with this one; one of them is old',
    };
  }
  yield* refusedReasons(medium, transport);
  if (transport.sendersUnheard > 0 && transport.foreignSources.length === 0) {
    yield {
      weight: 92,
      code: 'portMismatch',
      message: `${transport.sendersUnheard} participants report that they send, and nothing of it arrives on port ${port}`,
      tryThis: `check that they send to ${formatEndpoint(group, port)}, and that a firewall lets this port in as well as ${transport.rtcpPort}`,
    };
  }
  if ((transport.kernelDrops ?? 0) > 0) {
    yield {
      weight: 91,
      code: 'bufferOverflow',
      message: `the system threw away ${transport.kernelDrops} packets because the receive buffer was full`,
      tryThis: transport.receiveBuffer.full
        ? 'something keeps this process from running; look at the load of the machine'
        : 'raise net.core.rmem_max to 4194304',
    };
  }
  const unopened = transport.authenticationFailed + transport.unknownKey;
  if (unopened > 0) {
    yield {
      weight: medium.arrived ? 61 : 95,
      code: 'wrongKey',
      message: `${unopened} packets arrived that no key here opens`,
      tryThis: medium.arrived
        ? 'somebody in the group has another key: an old one, or none at all'
        : 'the key was changed: take the newest from the directory, and compare the suite',
    };
  }
  if (transport.malformed > 0 && !medium.arrived) {
    yield {
      weight: 89,
      code: 'notRtp',
      message: `${transport.malformed} packets arrived that are not RTP`,
      tryThis: `something else uses ${formatEndpoint(group, port)}; choose another group`,
    };
  }
  if (
    medium.remote > 0 &&
    medium.senders === 0 &&
    transport.sendersUnheard === 0 &&
    !isOnlySource(transport)
  ) {
    yield {
      weight: 90,
      code: 'everyoneSilent',
      message: 'the others are here (their RTCP arrives) but nobody is sending',
      tryThis: 'wait, or ask somebody to say something',
    };
  }
}

/** Somebody sends, and is not to be heard. */
function* refusedReasons({ arrived }: MediumEvidence, transport: Transport): Generator<Weighed> {
  const { foreignSources, filtered, sources } = transport;
  if (foreignSources.length > 0 && sources.length > 0) {
    yield {
      weight: arrived ? 60 : 93,
      code: 'sourceFilter',
      message: `packets come from ${foreignSources.join(', ')}, but only ${sources.join(', ')} may be heard`,
      tryThis: `if that is the right sender: --source ${foreignSources.join(',')}; else tell whoever sends there`,
    };
  } else if (filtered > 0) {
    yield {
      weight: arrived ? 60 : 93,
      code: 'sourceFilter',
      message: `${filtered} packets were refused by the source filter`,
      tryThis: 'check a=source-filter against the address that really sends',
    };
  }
}

/** What this host itself does to the packets. */
function* localReasons(medium: MediumEvidence, transport: Transport, evidence: Evidence): Generator<Weighed> {
  const { group, interface: chosen } = transport;
  if (!medium.receives) {
    yield {
      weight: 95,
      code: 'sendOnly',
      message: 'this medium is joined for sending only',
      tryThis: 'the description says a=sendonly or a=inactive',
    };
  }
  if (medium.membership === false && !medium.arrived) {
    yield {
      weight: 95,
      code: 'noMembership',
      message: `the system does not hold the membership of ${group} on ${chosen.name}`,
      tryThis: 'the interface may have gone down and up again; leave and join once more',
    };
  }
  if (chosen.reason === 'loopback' && !evidence.host.onlyLoopback) {
    yield {
      weight: 88,
      code: 'noRoute',
      message: `there is no route for ${group}, so only this host can be heard (${chosen.name})`,
      tryThis: `name the interface: --interface ${evidence.host.otherInterfaces[0] ?? 'NAME'}`,
    };
  }
  if (transport.sendErrors > 0) {
    yield {
      weight: 86,
      code: 'sendRefused',
      message: `the system refused ${transport.sendErrors} of our packets`,
      tryThis: `check the route for ${group} and the firewall for outgoing UDP`,
    };
  }
}

/** Nothing arrived at all: what may be in the way, by experience. */
function* networkReasons(
  medium: MediumEvidence,
  transport: Transport,
  { host, heardBefore, snooping }: Evidence,
): Generator<Weighed> {
  const { group, ttl, interface: chosen } = transport;
  const others = host.otherInterfaces.filter((name) => name !== chosen.name);
  if (others.length > 0 && chosen.reason !== 'loopback') {
    yield {
      weight: chosen.reason === 'route' ? 60 : 45,
      code: 'wrongInterface',
      message: chosen.sentence,
      tryThis: `if the others are elsewhere: --interface ${others.slice(0, 3).join(' or ')}`,
    };
  }
  if (heardBefore && snooping?.level === 'likely') {
    yield {
      weight: 87,
      code: 'noQuerier',
      message: `it was heard for ${Math.round((snooping.heardForMs ?? 0) / 1000)} s after the join and then stopped: so long switches remember members that nobody asks for`,
      tryThis:
        'switch on an IGMP querier in the network: rendezvous doctor as root tells whether there is one',
    };
  } else if (heardBefore) {
    yield {
      weight: 85,
      code: 'noQuerier',
      message:
        'it was heard before and then stopped, as when a switch forgets members because nobody asks for them',
      tryThis: 'switch on an IGMP querier in the network, or IGMP snooping off',
    };
  } else if (!chosen.internal) {
    yield {
      weight: 35,
      code: 'noQuerier',
      message: 'a switch that snoops IGMP without a querier in the network may hold the packets back',
      tryThis: 'switch on an IGMP querier',
    };
  }
  if (medium.sources.some((source) => source !== transport.localAddress)) {
    yield {
      weight: 58,
      code: 'sourceFilter',
      message: `only ${medium.sources.join(', ')} may be heard`,
      tryThis: 'check that this is the address the sender really uses',
    };
  }
  if (ttl <= 1) {
    yield {
      weight: 54,
      code: 'ttl',
      message: `the TTL is ${ttl}: packets do not leave their own network`,
      tryThis: 'if the others are behind a router, give the conference a wider scope (15 for the site)',
    };
  }
  if (medium.strictReversePath) {
    yield {
      weight: 50,
      code: 'reversePath',
      message: `${chosen.name} drops senders that it would not answer by the same way (rp_filter 1)`,
      tryThis: `sysctl net.ipv4.conf.${chosen.name}.rp_filter=2`,
    };
  }
  if (transport.loopback === 'none') {
    yield {
      weight: 42,
      code: 'loopbackOff',
      message: 'participants on this same host do not hear each other with loopback off',
      tryThis: '--loopback selective for all of them',
    };
  }
  yield {
    weight: 30,
    code: 'portMismatch',
    message: `the others may use another group or port than ${formatEndpoint(group, transport.port)}`,
    tryThis: 'compare both descriptions: show --sdp',
  };
}

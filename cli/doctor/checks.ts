import { formatEndpoint } from '../../src/ip/index.ts';
import { type Check, fail, type Judged, ok, warn } from './check.ts';
import { judgeDirectory } from './directory-checks.ts';
import { kib } from './kib.ts';
import {
  collisions,
  container,
  firewall,
  igmp,
  limits,
  otherInterfaces,
  querier,
  reversePath,
  scopes,
} from './network-checks.ts';
import type { DoctorFacts, MulticastTrial, Tried } from './facts.ts';

/** Largest receive buffer wanted: a second of many streams (bytes). */
const WANTED_RMEM = 4_194_304;

/** Every check in the order in which they are told, each with the question that it answers. */
const CHECKS: readonly (readonly [
  id: string,
  title: string,
  judge: (facts: DoctorFacts) => Judged | undefined,
])[] = [
  ['node', 'Node.js', ({ node }) => ok(node)],
  ['interfaces', 'Interfaces', interfaces],
  ['route', 'Route', route],
  ['scopes', 'Scopes', scopes],
  ['membership', 'Membership', membership],
  ['multicast', 'Multicast', multicast],
  ['marking', 'Marking', marking],
  ['arrival', 'Arrival', arrival],
  ['buffer', 'Buffer', buffer],
  ['otherInterfaces', 'Reach', otherInterfaces],
  ['reversePath', 'Reverse path', reversePath],
  ['igmp', 'IGMP', igmp],
  ['querier', 'Querier', querier],
  ['memberships', 'Group limits', limits],
  ['firewall', 'Firewall', firewall],
  ['container', 'Container', container],
  ['collisions', 'Groups', collisions],
  ['sound', 'Sound', sound],
];

/** Judges what was found. Pure. */
export function judgeDoctor(facts: DoctorFacts): Check[] {
  const checks = CHECKS.flatMap(([id, title, judge]): Check[] => {
    const judged = judge(facts);
    return judged === undefined ? [] : [{ id, title, ...judged }];
  });
  return [...checks, ...facts.directories.flatMap((it) => judgeDirectory(it, facts.now))];
}

function interfaces({ host }: DoctorFacts): Judged {
  const up = host.interfaces.filter((it) => it.up && it.addresses.length > 0);
  const list = up
    .map(
      ({ name, addresses, mtu }) =>
        `${name} (${addresses.join(', ')}${mtu === undefined ? '' : `, MTU ${mtu}`})`,
    )
    .join('; ');
  const others = up.filter(({ loopback }) => !loopback);
  const deaf = others.filter((it) => it.multicast === false);
  const cut = others.filter((it) => it.carrier === false);
  if (up.length === 0) return fail('no interface is up', 'switch one on: ip link set IF up');
  if (others.length === 0) {
    return warn(
      `only loopback is up: ${list}`,
      'enough for this computer alone; connect it to a network for others',
    );
  }
  if (deaf.length > 0) {
    const [first] = deaf;
    return warn(
      `${deaf.map(({ name }) => name).join(', ')} says it does no multicast; up are ${list}`,
      `ip link set ${first?.name} multicast on, or use another with --interface`,
    );
  }
  if (cut.length > 0)
    return warn(
      `${cut.map(({ name }) => name).join(', ')} has no carrier; up are ${list}`,
      'look at the cable',
    );
  return ok(list);
}

function route({ chosen, group, host }: DoctorFacts): Judged {
  if (chosen.value === undefined)
    return fail(chosen.error, 'name an interface that is up: doctor --interface IF');
  const { sentence, reason } = chosen.value;
  const others = host.interfaces.filter((it) => it.up && !it.loopback && it.addresses.length > 0);
  if (reason === 'loopback' && others.length > 0) {
    const name = others[0]?.name;
    return warn(
      sentence,
      `join with --interface ${name}, or add a route: ip route add ${group}/32 dev ${name}`,
    );
  }
  return ok(sentence);
}

function onTrial<T>(tried: Tried<T>, judge: (value: T) => Judged | undefined): Judged | undefined {
  return tried.value === undefined ? undefined : judge(tried.value);
}

function membership({ multicast: trial, group, chosen }: DoctorFacts): Judged | undefined {
  return onTrial(trial, (it) => {
    const where = chosen.value?.name ?? 'the interface';
    if (it.membership === undefined)
      return warn('the system does not tell what it has joined', 'nothing: only Linux tells');
    return it.membership
      ? ok(`the system holds ${group} on ${where} after a join`)
      : fail(
          `the system does not hold ${group} on ${where} after a join`,
          'look whether the interface keeps going down',
        );
  });
}

function multicast({ multicast: trial, group, port }: DoctorFacts): Judged {
  if (trial.value === undefined)
    return fail(
      `${formatEndpoint(group, port)}: ${trial.error}`,
      'choose another interface or group, and look at the firewall',
    );
  const { sent, received, warnings } = trial.value;
  const told = warnings.length === 0 ? '' : `; ${warnings.join('; ')}`;
  const detail = `${received} of ${sent} packets to ${formatEndpoint(group, port)} were heard again${told}`;
  if (received === 0)
    return fail(detail, 'a firewall on this computer holds UDP back, or the interface does');
  if (received < sent) return warn(detail, 'look at the load of this computer');
  return told === '' ? ok(detail) : warn(detail, 'see what the system said');
}

function marking({ multicast: trial }: DoctorFacts): Judged | undefined {
  return onTrial(trial, ({ qos }) => {
    if (qos.effective === qos.requested) return ok(`packets leave with DSCP ${qos.effective} (EF)`);
    const why = qos.reason ?? 'the system refused';
    return warn(
      `packets leave with DSCP ${qos.effective} instead of ${qos.requested}: ${why}`,
      markingAdvice(why),
    );
  });
}

function markingAdvice(why: string): string {
  return /koffi/i.test(why)
    ? 'install the optional package koffi, or mark by firewall rule (nft: udp dport … ip dscp set ef)'
    : 'mark by firewall rule: nft … udp dport … ip dscp set ef';
}

function arrival({ multicast: trial }: DoctorFacts): Judged | undefined {
  return onTrial(trial, ({ arrival: report, qos, received }: MulticastTrial) => {
    if (report.unavailable !== undefined)
      return warn(`cannot be seen: ${report.unavailable}`, 'install the optional package koffi');
    const seen = [...new Set(report.observations.map(({ dscp }) => dscp))];
    if (seen.length === 0 && received === 0) return undefined; // told already
    if (seen.length === 0) return warn('no packet could be looked at', 'run doctor again');
    if (seen.every((dscp) => dscp === qos.effective))
      return ok(`packets arrive with DSCP ${seen.join(', ')}`);
    return warn(
      `packets left with DSCP ${qos.effective} and arrive with ${seen.join(', ')}`,
      'a rule on this computer rewrites it: nft list ruleset',
    );
  });
}

function buffer({ multicast: trial, host }: DoctorFacts): Judged | undefined {
  const { rmemMax } = host;
  return onTrial(trial, ({ receiveBuffer }) => {
    // Linux grants for its own book-keeping, too: twice what the data may take
    const granted = `${kib(receiveBuffer.granted / 2)} granted of ${kib(receiveBuffer.asked)} asked for`;
    const limit = rmemMax === undefined ? '' : `, net.core.rmem_max is ${kib(rmemMax)}`;
    if (receiveBuffer.full) return ok(`all of the ${kib(receiveBuffer.asked)} asked for was granted${limit}`);
    return warn(`${granted}${limit}; short halts lose packets`, `sysctl -w net.core.rmem_max=${WANTED_RMEM}`);
  });
}

function sound({ soundPrograms, soundHere }: DoctorFacts): Judged {
  const found = soundPrograms.length === 0 ? 'no program for it' : `by ${soundPrograms.join(', ')}`;
  if (soundPrograms.length === 0) {
    return warn(
      'no program that reaches microphone and loudspeaker is on PATH',
      'install pw-cat (pipewire-bin), alsa-utils, sox or ffmpeg; files, tones and commands work without',
    );
  }
  if (!soundHere) {
    return warn(
      `no sound card here (${found})`,
      'send and receive files, tones or commands: join --send tone:440 --receive wav:heard.wav',
    );
  }
  return ok(found);
}

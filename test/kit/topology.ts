import type { LabOptions } from './netns.ts';

/** What a switch does. What is left out stays as it is. */
export interface SwitchWays {
  /**
   * `on`: it asks for memberships. `off`: it does not, and as Linux bridges do it then floods everything. `missing`: nobody
   * asks and the switch snoops all the same, so that groups fall silent {@link membershipSeconds} after the join; so many
   * switches do when their querier is gone.
   */
  readonly querier?: 'on' | 'off' | 'missing';
  /** Version of the queries, which hosts follow. A bridge learns from older reports as well. */
  readonly igmpVersion?: 2 | 3;
  readonly mldVersion?: 1 | 2;
  /** Whether it looks at memberships at all; without, it floods. */
  readonly snooping?: boolean;
  /** How long a membership is believed without a report, seconds; 260 usually (RFC 3376 §8.4). */
  readonly membershipSeconds?: number;
}

const PROMPT = 'mcast_query_interval 500 mcast_startup_query_interval 50';
const NEVER = 'mcast_query_interval 8640000';

/** Commands on the switch that give a bridge these ways. Times of a bridge are in hundredths of seconds. */
export function waysScript(bridge: string, ways: SwitchWays): string {
  const { querier, igmpVersion, mldVersion, snooping, membershipSeconds } = ways;
  const settings = [
    ...(igmpVersion === undefined ? [] : [`mcast_igmp_version ${igmpVersion}`]),
    ...(mldVersion === undefined ? [] : [`mcast_mld_version ${mldVersion}`]),
    ...(snooping === undefined ? [] : [`mcast_snooping ${snooping ? 1 : 0}`]),
    ...(membershipSeconds === undefined ? [] : [`mcast_membership_interval ${100 * membershipSeconds}`]),
    // What runs was set by the old interval: off and on again begins anew.
    ...(querier === undefined ? [] : ['mcast_querier 0']),
    ...(querier === 'on' ? [`${PROMPT} mcast_startup_query_count 2`, 'mcast_querier 1'] : []),
    ...(querier === 'missing' ? [`${NEVER} mcast_startup_query_count 0`, 'mcast_querier 1'] : []),
  ];
  return settings.map((it) => `ip link set ${bridge} type bridge ${it}`).join('\n');
}

export function networksOf({ networks = 1 }: LabOptions): number[] {
  return Array.from({ length: networks }, (_, k) => k);
}

const isIn = ({ attach }: LabOptions, host: number, network: number): boolean =>
  attach?.(host, network) ?? true;

/** Commands on a host that bring an interface up with what belongs to it. */
export function upScript(options: LabOptions, host: number, network: number): string {
  const first = networksOf(options).find((k) => isIn(options, host, k));
  return [
    `ip link set eth${network} up`,
    `ip addr replace 10.${77 + network}.0.${host}/24 dev eth${network}`,
    `ip -6 addr replace fd${77 + network}::${host}/64 dev eth${network} nodad`,
    ...(options.multicastRoute !== false && first === network
      ? [`ip route replace 224.0.0.0/4 dev eth${network}`]
      : []),
  ].join('\n');
}

/** Short querier timers, set before the querier is switched on: it then snoops after one response interval. */
export function setupScript(options: LabOptions): string {
  const noDad = (namespace: string): string =>
    `ip netns exec ${namespace} sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad' || true`;
  const lines = ['ip netns add switch', 'ip -n switch link set lo up', noDad('switch')];
  for (const k of networksOf(options)) {
    lines.push(
      `ip -n switch link add br${k} type bridge mcast_snooping 1 mcast_igmp_version 3 mcast_mld_version 2 ` +
        'mcast_query_response_interval 100 mcast_query_interval 500 mcast_last_member_interval 10 ' +
        'mcast_startup_query_interval 50',
      `ip -n switch link set br${k} up`,
      `ip -n switch link set br${k} type bridge mcast_querier 1`,
    );
  }
  for (let i = 1; i <= options.hosts; i++) {
    lines.push(`ip netns add h${i}`, `ip -n h${i} link set lo up`, noDad(`h${i}`));
    for (const k of networksOf(options).filter((network) => isIn(options, i, network))) {
      lines.push(
        `ip link add eth${k} netns h${i} type veth peer name p${i}n${k} netns switch`,
        `ip -n switch link set p${i}n${k} master br${k} up`,
        `ip netns exec h${i} sh -e -c '${upScript(options, i, k)}'`,
      );
    }
  }
  return lines.join('\n');
}

import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { GRANTED_SHAPE, LEASE_SHAPES, SCOPE_SHAPES } from '../json-shapes-mcast.ts';

/** Whom to ask for addresses. */
export interface McastSource {
  readonly server?: string;
  readonly interface?: string;
  readonly local?: boolean;
  readonly ipv6?: boolean;
}

export interface McastScopesOptions extends McastSource {
  readonly language?: string;
  readonly json?: boolean;
}

/** When a lease shall begin and end. */
export interface LeaseTimes {
  readonly start?: string;
  readonly stop?: string;
  readonly duration?: string;
}

export interface McastRequestOptions extends McastSource, LeaseTimes {
  readonly scope?: string;
  readonly count?: string;
  readonly atLeast?: string;
  readonly json?: boolean;
}

export interface McastRenewOptions extends LeaseTimes {
  readonly json?: boolean;
}

export interface McastLeasesOptions {
  readonly granted?: boolean;
  readonly json?: boolean;
}

const run = async (): Promise<typeof import('../run/mcast.ts')> => import('../run/mcast.ts');

/** `mcast` and what can be done with group addresses. */
export function mcastCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('mcast')
      .description('Lease multicast group addresses (MADCAP, RFC 2730)')
      .addCommand(scopesCommand(ctx))
      .addCommand(requestCommand(ctx))
      .addCommand(renewCommand(ctx))
      .addCommand(releaseCommand(ctx))
      .addCommand(leasesCommand(ctx)),
    {
      examples: [
        'rendezvous mcast scopes',
        'rendezvous mcast request --scope site --duration 2h',
        'rendezvous mcast leases',
        'rendezvous mcast renew 00a1b2c3 --duration 2h',
        'rendezvous mcast release 00a1b2c3',
      ],
      json: [...SCOPE_SHAPES, ...LEASE_SHAPES],
      text: `Servers are asked that --server names, or the configuration file in its table [madcap]; else they are looked for by
multicast in the local scope. When none answers that is an error: addresses are drawn on this computer only with --local,
or with allocation = "local" in the configuration file. Leases are kept in the data directory (leases.db); a lease is
named by its id or the beginning of it. \`create\` leases what it needs, and \`delete\` releases it.`,
    },
  );
}

function addSource(command: Command): Command {
  return command
    .addOption(
      new Option('--server <host[:port]>', 'MADCAP server to ask, instead of looking for one').conflicts(
        'local',
      ),
    )
    .option(
      '--interface <if>',
      'interface to look for servers on: name or address; default the route to them',
    )
    .option('--local', 'ask no server: draw addresses on this computer')
    .option('--ipv6', 'addresses of IPv6');
}

function addTimes(command: Command): Command {
  return command
    .option('--start <time>', 'when it begins; default now')
    .addOption(
      new Option(
        '--stop <time>',
        'when it ends; +30m counts from the start; default as long as is granted',
      ).conflicts('duration'),
    )
    .option('--duration <time>', 'how long it lasts, like 45m');
}

function scopesCommand(ctx: CliContext): Command {
  const command = addSource(
    new Command('scopes').description('List the scopes that addresses are leased from'),
  )
    .option('--language <tag>', 'language of the names, like de')
    .option('--json', 'print a JSON array')
    .action(async (options: McastScopesOptions) => (await run()).runMcastScopes(ctx, options));
  return addHelp(command, {
    examples: [
      'rendezvous mcast scopes',
      'rendezvous mcast scopes --server madcap.example.org --language de',
    ],
    json: SCOPE_SHAPES,
    text: `In a pipe: fields between tabs: id, last address, TTL, number of addresses, name, server, interface. A scope that
several servers offer is listed once for each.`,
  });
}

function requestCommand(ctx: CliContext): Command {
  const command = addTimes(
    addSource(new Command('request').description('Lease addresses'))
      .option('--scope <scope>', 'id or name of the scope, or local, site, region or world; default site')
      .option('-n, --count <n>', 'how many addresses; default 1')
      .option('--at-least <n>', 'how few will do; default all of them'),
  )
    .option('--json', 'print the lease as JSON')
    .action(async (options: McastRequestOptions) => (await run()).runMcastRequest(ctx, options));
  return addHelp(command, {
    examples: [
      'rendezvous mcast request --duration 2h',
      'rendezvous mcast request --scope 239.192.0.0 -n 3 --start "tomorrow 14:00" --stop "tomorrow 16:00"',
      'rendezvous mcast request --scope region --ipv6 --local',
    ],
    json: LEASE_SHAPES,
    text: `What is granted may be shorter or begin later than what was asked for: read what is printed. In a pipe: fields between
tabs, as those of leases.`,
  });
}

function renewCommand(ctx: CliContext): Command {
  const command = addTimes(
    new Command('renew')
      .description('Let a lease last longer')
      .argument('<id>', 'the lease, or the beginning of its id'),
  )
    .option('--json', 'print the lease as JSON')
    .action(async (id: string, options: McastRenewOptions) => (await run()).runMcastRenew(ctx, id, options));
  return addHelp(command, {
    examples: [
      'rendezvous mcast renew 00a1b2c3',
      'rendezvous mcast renew 00a1b2c3 --duration 2h',
      'rendezvous mcast renew 00a1b2c3 --stop "tomorrow 18:00"',
    ],
    json: LEASE_SHAPES,
    text: `Without a time it is asked for as long as the server grants. --duration counts from the start, or from now once it
has begun. When it is refused the lease stays as it was.`,
  });
}

function releaseCommand(ctx: CliContext): Command {
  const command = new Command('release')
    .description('Give leases back')
    .argument('<id...>', 'the lease, or the beginning of its id')
    .option('--forget', 'forget the lease even if its server cannot be told')
    .action(async (ids: readonly string[], options: { forget?: boolean }) =>
      (await run()).runMcastRelease(ctx, ids, options.forget === true),
    );
  return addHelp(command, {
    examples: ['rendezvous mcast release 00a1b2c3', 'rendezvous mcast release 00a1b2c3 --forget'],
    text: 'All addresses of a lease are given back together. Who still sends to them should stop before.',
  });
}

function leasesCommand(ctx: CliContext): Command {
  const command = new Command('leases')
    .description('List the leases of this user')
    .option('--granted', 'those that the MADCAP server of this computer has granted instead, to whomever')
    .option('--json', 'print a JSON array')
    .action(async (options: McastLeasesOptions) => (await run()).runMcastLeases(ctx, options));
  return addHelp(command, {
    examples: [
      'rendezvous mcast leases',
      'rendezvous mcast leases --granted',
      'rendezvous mcast leases --json',
    ],
    json: [...LEASE_SHAPES, GRANTED_SHAPE],
    text: `In a pipe: fields between tabs: id, addresses, TTL, start, stop (empty for none), server, conference, scope. A lease
that has ended is listed for an hour more. With --granted: id, addresses, start, stop, client, scope.`,
  });
}

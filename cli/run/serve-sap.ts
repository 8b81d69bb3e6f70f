import { hostname } from 'node:os';
import type { GatewayEvent } from '../../directory/gateway/index.ts';
import type { Directory } from '../../directory/index.ts';
import type { LocatorService } from '../../directory/server/index.ts';
import { ADVERTISING_SCOPES, type AdvertisingScope } from '../../src/ip/index.ts';
import type { SapSockets } from '../../src/net/index.ts';
import { readTls } from '../authentication.ts';
import type { ServeOptions } from '../commands/serve.ts';
import { CliContext } from '../context.ts';
import { UsageError } from '../errors.ts';
import { nearest } from '../input/nearest.ts';
import { printable } from '../output/printable.ts';

/** A host may have so much of all copies. */
const SHARE_OF_ONE_SOURCE = 1 / 5;

/** Carries announcements into the directory and conferences out of it, until it is disposed of. */
export async function serveSap(
  ctx: CliContext,
  service: LocatorService,
  options: ServeOptions,
): Promise<AsyncDisposable> {
  const { json = false } = options;
  const config = (await ctx.config()).sap ?? {};
  const { gateway: configured = {} } = config;
  const scopes = parseScopes(options.sapScope ?? configured.scopes ?? []);
  const imports = options.sapImport !== false && configured.imports !== false;
  const announces = options.sapAnnounce !== false && configured.announces !== false;
  if (!imports && !announces) {
    throw new UsageError(
      '--sap neither imports nor announces: take out one of --no-sap-import and --no-sap-announce',
    );
  }
  const { DEFAULT_GATEWAY_LIMITS, SapGateway, monitoredGateway, socketsPort } = await import(
    '../../directory/gateway/index.ts'
  );
  const { openSapSockets } = await import('../../src/net/index.ts');
  const name = options.sapName ?? configured.name ?? hostname();
  const { maxImported = DEFAULT_GATEWAY_LIMITS.maxImported } = configured;
  await using opened = new AsyncDisposableStack();
  const interfaces = options.sapInterface ?? config.interfaces;
  const sockets = await openSapSockets({
    clock: ctx.clock,
    ...(interfaces === undefined ? {} : { interfaces }),
    ...(config.groups === undefined ? {} : { groups: config.groups }),
  });
  opened.defer(() => closeQuietly(sockets));
  const gateway = opened.use(
    new SapGateway({
      name,
      sap: socketsPort(sockets, (problem) => ctx.err.warn(printable(problem))),
      importInto: imports ? opened.use(await openFor(ctx, service, options, false)) : undefined,
      announceFrom: announces ? opened.use(await openFor(ctx, service, options, true)) : undefined,
      ...(scopes.size === 0 ? {} : { scopes }),
      limits: {
        maxImported,
        maxImportedPerSource: Math.ceil(maxImported * SHARE_OF_ONE_SOURCE),
      },
      clock: ctx.clock,
      random: ctx.host.random,
      onEvent: (event) => tell(ctx, event, json),
    }),
  );
  service.monitor.include(monitoredGateway(() => gateway.counts, sockets.listener));
  announce(ctx, sockets, name, json);
  return opened.move();
}

/** Without deleting what was announced: the conferences go on, and whoever comes next announces them. */
async function closeQuietly(sockets: SapSockets): Promise<void> {
  for (const { key } of Array.from(sockets.announcer.announcements())) sockets.leave(key);
  await sockets.close();
}

/** The directory to carry to and from: the one served here, or another with its own account. */
async function openFor(
  ctx: CliContext,
  service: LocatorService,
  { sapDirectory }: ServeOptions,
  asAnybody: boolean,
): Promise<Directory> {
  const { clock, host } = ctx;
  if (sapDirectory === undefined) {
    const { openServed } = await import('../../directory/gateway/index.ts');
    return openServed(service, { clock, random: host.random, asAnybody, timeoutMs: await ctx.timeoutMs() });
  }
  const own = new CliContext(host);
  const { color, quiet, verbose, timeout } = ctx.options;
  own.configure({
    color,
    directory: [sapDirectory],
    ...(quiet === undefined ? {} : { quiet }),
    ...(verbose === undefined ? {} : { verbose }),
    ...(timeout === undefined ? {} : { timeout }),
  });
  const choice = await own.firstDirectory();
  if (!asAnybody) return own.openChoice(choice);
  const [{ openDirectory, dialectNamed }, { dialect }, account, timeoutMs] = await Promise.all([
    import('../../directory/index.ts'),
    own.config(),
    own.account(choice),
    own.timeoutMs(),
  ]);
  return openDirectory(choice.target, {
    timeoutMs,
    clock,
    random: host.random,
    ...(await readTls(account, choice.target)), // and no credentials, whatever the account says
    ...(dialect === undefined ? {} : { dialect: dialectNamed(dialect) }),
  });
}

/** `site,region`, or each by itself. @throws {UsageError} for what is no scope */
export function parseScopes(texts: readonly string[]): ReadonlySet<AdvertisingScope> {
  const words = texts.flatMap((text) => text.split(',')).map((word) => word.trim().toLowerCase());
  return new Set(
    words.map((word) => {
      const scope = ADVERTISING_SCOPES.find((it) => it === word);
      if (scope !== undefined) return scope;
      const close = nearest(word, ADVERTISING_SCOPES);
      const advice = close === undefined ? ADVERTISING_SCOPES.join(', ') : `did you mean ${close}?`;
      throw new UsageError(`"${word}" is no scope: ${advice}`);
    }),
  );
}

function announce(ctx: CliContext, sockets: SapSockets, gateway: string, json: boolean): void {
  const { channels, warnings } = sockets;
  const time = ctx.now.toISOString();
  for (const [name, all] of Map.groupBy(channels, (channel) => channel.interface)) {
    const groups = all.map(({ group }) => group);
    if (json) ctx.out.ndjson({ type: 'sapListening', time, gateway, interface: name, groups });
    else ctx.out.line(`Carrying announcements (SAP) on ${name} as gateway ${gateway}`);
  }
  for (const warning of warnings) ctx.err.warn(printable(warning));
  sockets.onSendProblem((problem) => ctx.err.warn(printable(problem)));
  sockets.onInterfaceNews(({ message }) => ctx.err.warn(printable(message)));
}

function tell(ctx: CliContext, event: GatewayEvent, json: boolean): void {
  if (json) {
    const session = 'session' in event ? event.session : undefined;
    ctx.out.ndjson({
      type: 'sap',
      time: ctx.now.toISOString(),
      event: event.type,
      name: 'name' in event ? event.name : null,
      session: session?.key ?? ('key' in event ? event.key : null),
      source: session?.source ?? null,
      groups: 'groups' in event ? event.groups : [],
      problem: 'problem' in event ? event.problem : null,
    });
    return;
  }
  if (event.type === 'trouble') return ctx.err.warn(`announcements: ${printable(event.problem)}`);
  const name = `"${printable(event.name)}"`;
  if (event.type === 'refused') {
    return ctx.err.warn(`${name} of ${event.session.source} is not copied: ${printable(event.problem)}`);
  }
  const from = 'session' in event ? ` from ${event.session.source}` : '';
  const to = 'groups' in event ? ` to ${event.groups.join(' ')}` : '';
  ctx.err.detail(`${WORDS[event.type]} ${name}${from}${to}`);
}

const WORDS: Readonly<Record<Exclude<GatewayEvent['type'], 'trouble' | 'refused'>, string>> = {
  imported: 'Copied',
  updated: 'Updated the copy',
  takenOver: 'Took over the copy',
  removed: 'Removed the copy',
  announced: 'Announcing',
  reannounced: 'Announcing anew',
  withdrawn: 'Withdrew',
  left: 'Left to another host',
};

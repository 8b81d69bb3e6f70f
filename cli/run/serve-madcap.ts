import { join } from 'node:path';
import type { Directory } from '../../directory/index.ts';
import type { GroupsInUse, MadcapService } from '../../directory/madcap/index.ts';
import type { LocatorService } from '../../directory/server/index.ts';
import { formatEndpoint } from '../../src/ip/index.ts';
import type { MadcapServerEvent } from '../../src/madcap/index.ts';
import type { ServeOptions } from '../commands/serve.ts';
import type { CliContext } from '../context.ts';
import { ANNOUNCED } from '../directories.ts';
import { UsageError } from '../errors.ts';
import { messageOf } from '../output/output.ts';
import { printable } from '../output/printable.ts';
import { readMadcapScopes } from './madcap-scopes.ts';

/** Leases group addresses to others beside the directory (MADCAP), until it is disposed of. */
export async function serveMadcap(
  ctx: CliContext,
  { monitor }: LocatorService,
  dataDir: string,
  { madcapInterface, madcapPort: portText, json = false }: ServeOptions,
): Promise<AsyncDisposable> {
  const {
    GRANTED_LEASES_FILE,
    GroupsInUse: Groups,
    monitoredMadcap,
    openMadcapService,
  } = await import('../../directory/madcap/index.ts');
  const { madcap, sap } = await ctx.config();
  const scopes = madcap?.scopes === undefined ? undefined : readMadcapScopes(madcap.scopes);
  await using opened = new AsyncDisposableStack();
  const groups = new Groups();
  // What is announced is in use as well, where announcements are listened to.
  for (const target of sap?.listen === true ? ['embedded', ANNOUNCED] : ['embedded']) {
    const directory = await ctx.openChoice({ label: target, target, origin: 'default' });
    const following = opened.use(follow(ctx, groups, directory));
    // What is there already is in use from the first request on; for announcements nobody can wait.
    if (target === 'embedded') await following.known;
  }
  const path = join(dataDir, GRANTED_LEASES_FILE);
  const service = opened.use(
    await openMadcapService({
      path,
      clock: ctx.clock,
      isInUse: (address) => groups.has(address),
      onEvent: (event) => tell(ctx, event, json),
      onNews: ({ message }) => ctx.err.warn(message),
      onTrouble: (text) => ctx.err.warn(text),
      ...(scopes === undefined ? {} : { scopes }),
      ...(madcapInterface === undefined ? {} : { interfaces: madcapInterface }),
      ...(portText === undefined ? {} : { port: parsePort(portText) }),
    }),
  );
  monitor.include(monitoredMadcap(service));
  announce(ctx, service, path, json);
  return opened.move();
}

/** Keeps the groups of a directory in mind until it is disposed of; then closes it. */
function follow(
  ctx: CliContext,
  groups: GroupsInUse,
  directory: Directory,
): AsyncDisposable & { readonly known: Promise<void> } {
  const following = new AbortController();
  const { signal } = following;
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const followed = groups.follow(directory, signal, resolve).catch((error: unknown) => {
    const why = printable(messageOf(error));
    if (!signal.aborted)
      ctx.err.warn(`the groups of ${directory.displayName} may be leased to others: ${why}`);
  });
  return {
    known: Promise.race([ready, followed]),
    async [Symbol.asyncDispose]() {
      following.abort();
      await followed;
      await directory.close();
    },
  };
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError(`"${text}" is no port: 0 to 65535`);
}

function announce(ctx: CliContext, { places, warnings }: MadcapService, store: string, json: boolean): void {
  for (const { interface: name, address, port, groups } of places) {
    if (json) {
      const time = ctx.now.toISOString();
      ctx.out.ndjson({ type: 'madcap', time, interface: name, address, port, groups, store });
    } else ctx.out.line(`Leasing group addresses on ${name} at ${formatEndpoint(address, port)}`);
  }
  for (const warning of warnings) ctx.err.warn(warning);
}

/** Lease identifiers are not told: who has one may change the lease. */
function tell(ctx: CliContext, event: MadcapServerEvent, json: boolean): void {
  const time = ctx.now.toISOString();
  if (event.type === 'refused') {
    const { client, code = null, reason } = event;
    if (json) ctx.out.ndjson({ type: 'leaseRefused', time, client, code, reason: printable(reason) });
    else ctx.err.detail(`${client} was refused: ${printable(reason)}`);
    return;
  }
  if (event.type === 'offered') return;
  const { client, scope, addresses } = event.lease;
  const [start, stop] = [event.lease.start, event.lease.stop].map((at) => new Date(at * 1000).toISOString());
  if (json) {
    ctx.out.ndjson({ type: 'lease', time, event: event.type, client, scope, addresses, start, stop });
  } else ctx.err.detail(`Lease of ${addresses.join(', ')} ${event.type}, ${client}, until ${stop}`);
}

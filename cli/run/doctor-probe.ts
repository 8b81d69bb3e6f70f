import { lookup } from 'node:dns/promises';
import { formatEndpoint, isMulticast, parseIp, randomGroup, tryParseIp } from '../../src/ip/index.ts';
import { DSCP, type ProbeGroup, probePath } from '../../src/net/index.ts';
import { LIMITS, PROBE_PORT, type ProbeRequest, type ProberEvent } from '../../src/probe/index.ts';
import type { DoctorOptions } from '../commands/doctor.ts';
import type { CliContext } from '../context.ts';
import { judgePath } from '../doctor/probe/judge.ts';
import { type DirectionFacts, directionJson, hopsOf, type PathFacts, usual } from '../doctor/probe/report.ts';
import { FailedError, InterruptedError, UsageError } from '../errors.ts';
import { parseGroup } from '../input/group.ts';
import { parseWhole } from '../input/whole.ts';
import { Interrupts } from '../interrupts.ts';
import type { Column } from '../output/table.ts';
import { checkLines } from './doctor.ts';

/** How far a probe goes unless told otherwise: as far as a conference of scope site. */
const DEFAULT_TTL = 15;
const DEFAULT_COUNT = 50;
const SPACING_MS = 10;

/**
 * Probes the path to a host on which `doctor --listen` runs, in both directions.
 *
 * @throws {FailedError} when one direction does not work, or nobody answers
 */
export async function runDoctorProbe(ctx: CliContext, host: string, options: DoctorOptions): Promise<void> {
  const address = await resolve(host);
  const request = readRequest(ctx, address, options);
  const port = parseWhole(options.port ?? String(PROBE_PORT), '--port', 1, 65_535);
  using interrupts = new Interrupts(ctx.host);
  const noted: ProberEvent[] = [];
  let group: ProbeGroup | undefined;
  await probePath({
    peer: { address, port },
    request,
    interface: options.interface,
    clock: ctx.clock,
    signal: interrupts.signal,
    onOpen(opened) {
      group = opened;
      ctx.err.note(
        `Probing ${formatEndpoint(request.group, request.port)} with ${host}, through ${opened.interface.sentence}`,
      );
      for (const warning of opened.warnings) ctx.err.warn(warning);
    },
    onEvent(event) {
      noted.push(event);
      if (event.type === 'ready')
        ctx.err.note(`${host} has joined through ${event.signs.interfaceName} (${event.signs.address})`);
    },
  });
  if (interrupts.happened) throw new InterruptedError();
  const path = gather(host, request, noted, group);
  if (path === undefined) throw new FailedError(reasonOf(noted, host, port));
  tell(ctx, path, options.json === true);
}

async function resolve(host: string): Promise<string> {
  const ip = tryParseIp(host.replace(/^\[(.*)\]$/, '$1'));
  if (ip !== undefined) {
    const text = host.replace(/^\[(.*)\]$/, '$1');
    if (isMulticast(text))
      throw new UsageError(`${text} is a group: name the host that runs doctor --listen`);
    return text;
  }
  try {
    return (await lookup(host)).address;
  } catch {
    throw new UsageError(`There is no host "${host}": name the one that runs doctor --listen`);
  }
}

function readRequest({ host }: CliContext, address: string, options: DoctorOptions): ProbeRequest {
  const wanted = options.group === undefined ? undefined : parseGroup(options.group);
  const { family } = parseIp(address);
  const random16 = (): string => Math.floor(host.random() * 0x1_0000).toString(16);
  const drawn = family === 4 ? randomGroup('site', host.random) : `ff15::${random16()}:${random16()}`;
  return {
    group: wanted?.address ?? drawn,
    port: wanted?.port ?? 20_000 + 2 * Math.floor(host.random() * 6000),
    count: parseWhole(options.count ?? String(DEFAULT_COUNT), '--count', 1, LIMITS.count),
    spacingMs: SPACING_MS,
    ttl: parseWhole(options.ttl ?? String(DEFAULT_TTL), '--ttl', 0, 255),
    dscp: parseWhole(options.dscp ?? String(DSCP.EF), '--dscp', 0, 63),
  };
}

function gather(
  host: string,
  request: ProbeRequest,
  events: readonly ProberEvent[],
  group: ProbeGroup | undefined,
): PathFacts | undefined {
  const ready = events.find((it) => it.type === 'ready');
  if (ready === undefined || group === undefined) return undefined;
  const { signs: here, qos } = group;
  const peer = ready.signs;
  const there = events.find((it) => it.type === 'there');
  const back = events.find((it) => it.type === 'back');
  const thereFacts: DirectionFacts | undefined = there && {
    sent: request.count,
    ttlSent: request.ttl,
    dscpSent: qos.effective,
    tally: there.tally,
    sender: here,
    receiver: peer,
  };
  const backFacts: DirectionFacts | undefined = back && {
    sent: back.sent,
    ttlSent: ready.request.ttl,
    dscpSent: ready.request.dscp,
    tally: back.tally,
    sender: peer,
    receiver: here,
  };
  return { group: request.group, port: request.port, host, here, peer, there: thereFacts, back: backFacts };
}

function reasonOf(events: readonly ProberEvent[], host: string, port: number): string {
  const failed = events.find((it) => it.type === 'failed');
  if (failed?.why === 'refused') return `${host} does not take part: ${failed.text}`;
  return (
    `${host} does not answer on UDP port ${port}: run rendezvous doctor --listen there, and let this port through its ` +
    'firewall (unicast, both ways)'
  );
}

interface Row {
  readonly label: string;
  readonly of: (facts: DirectionFacts) => string;
}

const ROWS: readonly Row[] = [
  { label: 'from', of: ({ sender }) => `${sender.address} ${sender.interfaceName}` },
  { label: 'to', of: ({ receiver }) => `${receiver.address} ${receiver.interfaceName}` },
  { label: 'heard', of: ({ sent, tally }) => `${tally.heard} of ${sent}` },
  {
    label: 'TTL',
    of: (facts) => {
      const hops = hopsOf(facts);
      const far = hops === 0 ? 'same network' : hops === 1 ? '1 router' : `${hops} routers`;
      return `${facts.ttlSent} → ${usual(facts.tally.ttls)?.value ?? (facts.tally.heard === 0 ? '–' : '?')}${hops === undefined ? '' : ` (${far})`}`;
    },
  },
  {
    label: 'DSCP',
    of: ({ dscpSent, tally }) =>
      `${dscpSent} → ${usual(tally.dscps)?.value ?? (tally.heard === 0 ? '–' : '?')}`,
  },
  { label: 'duplicates', of: ({ tally }) => String(tally.duplicates) },
  { label: 'reordered', of: ({ tally }) => String(tally.reordered) },
];

/** @throws {FailedError} when a direction does not work */
function tell(ctx: CliContext, path: PathFacts, json: boolean): void {
  const checks = judgePath(path);
  const failed = checks.filter(({ status }) => status === 'fail');
  if (json) {
    const { group, port, host, there, back } = path;
    ctx.out.json({
      ok: failed.length === 0,
      host,
      group,
      port,
      there: there === undefined ? null : directionJson(there),
      back: back === undefined ? null : directionJson(back),
      checks,
    });
  } else {
    const cell = (facts: DirectionFacts | undefined, row: Row): string =>
      facts === undefined ? '' : row.of(facts);
    const columns: readonly Column<Row>[] = [
      { title: '', human: ({ label }) => label },
      { title: 'THERE', human: (row) => cell(path.there, row) },
      { title: 'BACK', human: (row) => cell(path.back, row) },
    ];
    ctx.out.table(columns, ROWS);
    for (const line of checks.flatMap((check) => checkLines(ctx, check, false))) ctx.out.line(line);
  }
  if (failed.length > 0) {
    const names = [
      ...new Set(failed.map(({ id }) => (id === 'there' ? `to ${path.host}` : `from ${path.host}`))),
    ];
    throw new FailedError(`Multicast does not get ${names.join(', nor ')}`);
  }
}

import { formatEndpoint } from '../../src/ip/index.ts';
import { listenForProbes } from '../../src/net/index.ts';
import { type ListenerEvent, PROBE_PORT } from '../../src/probe/index.ts';
import type { DoctorOptions } from '../commands/doctor.ts';
import type { CliContext } from '../context.ts';
import { usual } from '../doctor/probe/report.ts';
import { parseDuration } from '../input/duration.ts';
import { parseWhole } from '../input/whole.ts';
import { Interrupts } from '../interrupts.ts';
import { printable } from '../output/printable.ts';

/** Answers `doctor --probe` of other hosts until interrupted, or for as long as was asked. */
export async function runDoctorListen(ctx: CliContext, options: DoctorOptions): Promise<void> {
  const wanted = parseWhole(options.port ?? String(PROBE_PORT), '--port', 0, 65_535);
  const lasts = options.duration === undefined ? undefined : parseDuration(options.duration);
  using interrupts = new Interrupts(ctx.host);
  await using listening = await listenForProbes({
    port: wanted,
    interface: options.interface,
    clock: ctx.clock,
    onEvent: (event) => tell(ctx, event, options.json === true),
    onProblem: (message) => ctx.err.warn(printable(message)),
  });
  const { port } = listening;
  if (options.json === true) ctx.out.ndjson({ type: 'listening', port });
  else ctx.out.line(`listening on UDP port ${port}`);
  const portOption = port === PROBE_PORT ? '' : ` --port ${port}`;
  ctx.err.note(`On the other host: rendezvous doctor --probe THIS-HOST${portOption}   (Ctrl-C ends)`);
  const over = Promise.withResolvers<void>();
  const timer = ctx.clock.timer(() => over.resolve());
  if (lasts !== undefined) timer.set(ctx.clock.now() + lasts);
  await Promise.race([interrupts.interrupted, over.promise]);
  timer.set(undefined);
}

function tell(ctx: CliContext, event: ListenerEvent, json: boolean): void {
  const { from, request } = event;
  const group = formatEndpoint(request.group, request.port);
  if (event.type === 'open') {
    if (json)
      ctx.out.ndjson({ type: 'probed', from: from.address, group: request.group, port: request.port });
    else ctx.out.line(`${from.address} probes ${group}`);
    return;
  }
  const { there, sentBack } = event;
  const [ttl, dscp] = [usual(there.ttls)?.value, usual(there.dscps)?.value];
  if (json) {
    ctx.out.ndjson({
      type: 'ended',
      from: from.address,
      heard: there.heard,
      sentBack,
      ttlHeard: ttl ?? null,
      dscpHeard: dscp ?? null,
    });
    return;
  }
  const marks = ttl === undefined ? '' : ` with TTL ${ttl} and DSCP ${dscp}`;
  ctx.out.line(`${from.address}: heard ${there.heard}${marks}, sent back ${sentBack}`);
}

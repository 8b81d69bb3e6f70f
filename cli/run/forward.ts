import { createCall, forwardPackets, MulticastRtpProvider } from '../../conference/index.ts';
import { isIp } from '../../src/ip/index.ts';
import { openDatagramSender } from '../../src/net/index.ts';
import type { ForwardOptions } from '../commands/forward.ts';
import type { CliContext } from '../context.ts';
import { InterruptedError, UsageError } from '../errors.ts';
import { parseHostPort } from '../input/host-port.ts';
import { Interrupts } from '../interrupts.ts';
import { findDescription } from '../join/description.ts';
import { readJoinSettings } from '../join/options.ts';
import { mediaToJoin } from '../join/record-options.ts';
import { spanText } from '../output/times.ts';

/**
 * Passes the packets of a conference on until `--duration` or an interruption.
 *
 * @throws {InterruptedError} when it was interrupted, once everybody has been told goodbye
 */
export async function runForward(ctx: CliContext, conference: string, given: ForwardOptions): Promise<void> {
  const settings = await readJoinSettings(ctx, given);
  const { host, port } = parseHostPort(given.to);
  const ttl = Number(given.ttl ?? 1);
  if (!isIp(host) || port === undefined)
    throw new UsageError(`--to "${given.to}" is not address:port, such as 192.0.2.7:5004`);
  if (!(Number.isInteger(ttl) && ttl >= 0 && ttl <= 255))
    throw new UsageError(`--ttl "${given.ttl}" is not 0 to 255`);
  const { description, name } = await findDescription(ctx, conference, given.sapWait);
  using interrupts = new Interrupts(ctx.host);
  await using call = createCall(description, {
    provider: new MulticastRtpProvider(),
    participant: settings.participant,
    clock: ctx.clock,
    ...settings.request,
    media: mediaToJoin(given.media ?? 'all', false, []),
    direction: 'recvonly',
  });
  call.on('warning', ({ message }) => ctx.err.warn(message));
  await call.connect({ signal: interrupts.signal });
  const to = { address: host, port };
  const [transport] = call.transports;
  const via = transport === undefined ? {} : { interfaceAddress: transport.localAddress };
  await using sender = await openDatagramSender({ to, ttl, ...via });
  using forwarding = forwardPackets(call.session, to, sender);
  ctx.err.note(`forwarding "${name}" to ${given.to}`);
  const begin = ctx.clock.now();
  await new Promise<void>((resolve) => {
    interrupts.signal.addEventListener('abort', () => resolve());
    if (interrupts.signal.aborted) resolve();
    if (settings.durationMs !== undefined) ctx.clock.timer(resolve).set(begin + settings.durationMs);
  });
  const { rtp, rtcp, looped } = forwarding.stats;
  const trouble = `${looped === 0 ? '' : `, ${looped} that came round left out`}${sender.errors === 0 ? '' : `, ${sender.errors} refused by the system`}`;
  ctx.err.note(
    `forwarded ${rtp} RTP and ${rtcp} RTCP packets in ${spanText(ctx.clock.now() - begin)}${trouble}`,
  );
  if (interrupts.signal.aborted) throw new InterruptedError();
}

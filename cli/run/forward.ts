import { createCall, MulticastRtpProvider, startForwarding } from '../../conference/index.ts';
import { isIp } from '../../src/ip/index.ts';
import type { ForwardOptions } from '../commands/forward.ts';
import type { CliContext } from '../context.ts';
import { InterruptedError, UsageError } from '../errors.ts';
import { parseHostPort } from '../input/host-port.ts';
import { Interrupts } from '../interrupts.ts';
import { findDescription } from '../join/description.ts';
import { readJoinSettings } from '../join/options.ts';
import { mediaToJoin } from '../join/record-options.ts';
import { spanText } from '../output/times.ts';

/** That something cannot be played or shown here is no news to whoever forwards it. */
const UNDECODED: ReadonlySet<string> = new Set(['notAudio', 'unsupportedCodec']);

/**
 * Passes the packets of a conference on until `--duration` or an interruption.
 *
 * @throws {InterruptedError} when it was interrupted, once everybody has been told goodbye
 */
export async function runForward(ctx: CliContext, conference: string, given: ForwardOptions): Promise<void> {
  const settings = await readJoinSettings(ctx, given);
  const { host, port } = parseHostPort(given.to);
  if (!isIp(host) || port === undefined) {
    throw new UsageError(
      `--to "${given.to}" is not address:port: write 192.0.2.7:5004 or [2001:db8::7]:5004, no name`,
    );
  }
  const ttl = given.ttl === undefined ? undefined : readTtl(given.ttl);
  const media = mediaToJoin(given.media ?? 'all', false, []);
  const { description, name, keys } = await findDescription(ctx, conference, given.sapWait);
  using interrupts = new Interrupts(ctx.host);
  await using call = createCall(description, {
    provider: new MulticastRtpProvider(),
    participant: settings.participant,
    clock: ctx.clock,
    ...(keys.length === 0 ? {} : { keys }),
    ...settings.request,
    media,
    direction: 'recvonly',
  });
  call.on('warning', ({ code, message }) => {
    if (!UNDECODED.has(code)) ctx.err.warn(message);
  });
  await call.connect({ signal: interrupts.signal });
  await using forwarding = await startForwarding({
    session: call.session,
    to: { address: host, port },
    onProblem: (message) => ctx.err.warn(message),
    ...(ttl === undefined ? {} : { ttl }),
    ...(given.toInterface === undefined ? {} : { interface: given.toInterface }),
    ...(given.decrypt === undefined ? {} : { decrypt: given.decrypt }),
  });
  ctx.err.note(`forwarding "${name}" to ${given.to}`);
  const begin = ctx.clock.now();
  await new Promise<void>((resolve) => {
    interrupts.signal.addEventListener('abort', () => resolve());
    if (interrupts.signal.aborted) resolve();
    if (settings.durationMs !== undefined) ctx.clock.timer(resolve).set(begin + settings.durationMs);
  });
  const { rtp, rtcp, looped, refused, notSent } = forwarding.stats;
  const trouble = [
    [looped, 'that came round left out'],
    [refused, 'that were no RTP or of too many senders left out'],
    [notSent, 'not sent'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`, ${count} ${what}`]));
  ctx.err.note(
    `forwarded ${rtp} RTP and ${rtcp} RTCP packets in ${spanText(ctx.clock.now() - begin)}${trouble.join('')}`,
  );
  if (interrupts.signal.aborted) throw new InterruptedError();
}

function readTtl(text: string): number {
  const ttl = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(ttl) && ttl >= 0 && ttl <= 255) return ttl;
  throw new UsageError(`--ttl "${text}" is not 0 to 255`);
}

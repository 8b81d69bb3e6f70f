import type { Conference } from '../../directory/index.ts';
import type { CliContext } from '../context.ts';
import type { Interrupts } from '../interrupts.ts';
import { Announcing } from './announcing.ts';

/**
 * Announces a conference that was just published, until its end or an interruption.
 *
 * @param beside what else goes on meanwhile, and ends it when it fails
 */
export async function announceCreated(
  ctx: CliContext,
  conference: Conference,
  interrupts: Interrupts,
  beside?: Promise<void>,
): Promise<void> {
  const { name } = conference;
  await using announcing = await Announcing.begin(ctx, conference.blob, `"${name}"`, {
    json: false,
    isQuiet: true,
  });
  ctx.err.note('A running "rendezvous serve --sap" announces the conferences of its directory without this.');
  await Promise.race([announcing.untilEnd(interrupts), ...(beside === undefined ? [] : [beside])]);
}

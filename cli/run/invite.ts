import { ADDRESS_TYPES, type Conference, type Directory, type DirectoryUser } from '../../directory/index.ts';
import type { InviteOptions } from '../commands/invite.ts';
import type { CliContext } from '../context.ts';
import { FailedError } from '../errors.ts';
import { parseEmail } from '../input/contact.ts';
import { instructionsFor, waysIn } from '../invitation.ts';
import { printable } from '../output/printable.ts';
import { spanOf } from '../view/conference.ts';
import { findConference } from './find.ts';
import { findUser } from './find-user.ts';

/** Whom the invitation is for. */
interface Guest {
  readonly email: string | undefined;
  readonly name: string;
  readonly user: DirectoryUser | undefined;
}

export async function runInvite(
  ctx: CliContext,
  name: string,
  who: string | undefined,
  options: InviteOptions,
): Promise<void> {
  await using directories = await ctx.openDirectories();
  const { object: conference, directory } = await findConference(ctx, directories, name);
  if (conference.sdp === undefined) {
    throw new FailedError(`Nobody can join "${name}": ${conference.sdpProblem ?? 'it has no SDP'}`);
  }
  const guest = who === undefined ? undefined : await guestOf(ctx, directories, who, options.phone);
  if (options.sdp !== undefined) await writeDescription(ctx, conference, options.sdp);
  if (options.ical === true) return printRequest(ctx, conference, directory, guest);
  const text = invitationText(ctx, conference, directory);
  const { link, joinByDirectory, joinByFile } = waysIn(conference, directory);
  const mailto = guest?.email === undefined ? undefined : mailUrl(guest.email, conference, text);
  const call = callsOf(guest?.user);
  if (options.json === true) {
    return ctx.out.json({
      conference: conference.name,
      text,
      join: joinByDirectory ?? joinByFile,
      link: link ?? null,
      sdp: conference.sdp.serialize(),
      mailto: mailto ?? null,
      user: guest?.user ?? null,
      call,
    });
  }
  ctx.out.write(`${text}\n`);
  if (guest === undefined) return;
  ctx.err.note(
    guest.email === undefined
      ? `"${guest.name}" has no e-mail address in the directory.`
      : `Send it to ${printable(guest.email)}, or open: ${mailto}`,
  );
  if (call.length > 0) {
    ctx.err.note(`Or call: ${call.map(({ address }) => printable(address)).join(', ')}`);
  }
}

type Directories = Parameters<typeof findUser>[1];

/** An e-mail address is one whoever it belongs to; everything else is a user of the directory. */
async function guestOf(
  ctx: CliContext,
  directories: Directories,
  who: string,
  machine: string | undefined,
): Promise<Guest> {
  if (/^[^\s<>]+@[^\s<>]+$|<[^<>]+@[^<>]+>$/.test(who)) {
    const { address, name = address } = parseEmail(who);
    return { email: address, name, user: undefined };
  }
  const { object: user } = await findUser(ctx, directories, who, machine);
  return { email: user.email, name: fullName(user), user };
}

function fullName({ givenName, surname, name }: DirectoryUser): string {
  const parts = [givenName, surname].filter((part) => part !== undefined);
  return parts.length === 0 ? name : parts.join(' ');
}

/** What to send, as text. */
function invitationText(ctx: CliContext, conference: Conference, directory: Directory): string {
  const { description, originator, url } = conference;
  const lines = [
    `You are invited to the conference "${conference.name}".`,
    '',
    `When: ${spanOf(conference, ctx.now)}`,
    ...whenExactly(conference, ctx.now),
    ...(description === undefined ? [] : [`What: ${description}`]),
    ...(originator === undefined ? [] : [`From: ${originator}`]),
    ...(url === undefined ? [] : [`More: ${url}`]),
    '',
    ...instructionsFor(conference, directory).split('\n'),
  ];
  return lines.map(printable).join('\n');
}

/** "tomorrow" is another day for whoever reads it later or elsewhere. */
function whenExactly(conference: Conference, now: Date): string[] {
  const [next] = conference.occurrences(now).take(1).toArray();
  if (next?.start === undefined) return [];
  const stop = next.stop === null ? '' : ` to ${next.stop.toISOString()}`;
  return [`      ${next.start.toISOString()}${stop}`];
}

function callsOf(user: DirectoryUser | undefined): { readonly type: string; readonly address: string }[] {
  if (user === undefined) return [];
  return ADDRESS_TYPES.filter((type) => type !== 'email').flatMap((type) =>
    user
      .dialableAddresses(type)
      .toArray()
      .map((address) => ({ type, address })),
  );
}

/** RFC 6068: line breaks are CR LF, everything else is escaped. */
function mailUrl(email: string, { name }: Conference, text: string): string {
  const body = encodeURIComponent(text.replaceAll('\n', '\r\n'));
  return `mailto:${encodeURIComponent(email).replaceAll('%40', '@')}?subject=${encodeURIComponent(name)}&body=${body}`;
}

async function writeDescription(ctx: CliContext, conference: Conference, path: string): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  await writeFile(path, conference.blob);
  ctx.err.note(`Wrote the session description to ${path}`);
}

async function printRequest(
  ctx: CliContext,
  conference: Conference,
  directory: Directory,
  guest: Guest | undefined,
): Promise<void> {
  const { calendarOf, eventsOf } = await import('../calendar.ts');
  const attendees = guest?.email === undefined ? [] : [{ email: guest.email, name: guest.name }];
  const events = eventsOf({ conference, directory }, ctx.now, attendees);
  if (events.length === 0) throw alwaysOpen(conference);
  // who asks must be in it (RFC 5546 §3.2.2); without an address it is an entry for a calendar all the same
  const asks = attendees.length > 0 && events.every(({ organizer }) => organizer !== undefined);
  if (attendees.length > 0 && !asks) {
    ctx.err.note(
      `"${conference.name}" has no e-mail address of whoever holds it: the calendar asks for no answer.`,
    );
  }
  ctx.out.write(calendarOf(events, asks ? 'REQUEST' : undefined));
}

/** Said where a calendar has no place for a conference. */
export function alwaysOpen({ name }: Conference): FailedError {
  return new FailedError(`"${name}" has no beginning: there is nothing to put into a calendar`);
}

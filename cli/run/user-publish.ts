import type { Directory, DirectoryUser } from '../../directory/index.ts';
import type { UserPublishOptions } from '../commands/user.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../errors.ts';
import { codeOf } from '../exit-codes.ts';
import { parseEmail } from '../input/contact.ts';
import { parseSeconds } from '../input/seconds.ts';
import { Interrupts } from '../interrupts.ts';
import { spanText } from '../output/times.ts';
import { userColumns, userPairs } from '../view/user.ts';
import { jsonWithWhere, withWhere } from '../view/where.ts';
import { readAcl } from './conference-plan.ts';
import { stayAlive } from './stay.ts';

export async function runUserPublish(
  ctx: CliContext,
  name: string | undefined,
  options: UserPublishOptions,
): Promise<void> {
  const user = await newUser(name, options);
  const ttl = options.ttl === undefined ? {} : { ttlSeconds: parseSeconds(options.ttl) };
  const stays = options.keepAlive === true;
  using interrupts = stays ? new Interrupts(ctx.host) : undefined;
  const { label } = await ctx.firstDirectory();
  await using directory = await ctx.openDirectory();
  directory.autoRefresh = stays;
  await publish(ctx, directory, user, ttl);
  tell(ctx, user, label, options.json === true);
  if (interrupts === undefined) {
    const left = user.ttlSeconds === undefined ? '' : ` for ${spanText(user.ttlSeconds * 1000)}`;
    return ctx.err.note(
      `Published on ${directory.displayName}${left}. To stay there: rendezvous user publish --keep-alive`,
    );
  }
  ctx.err.note(`Published on ${directory.displayName}, and kept alive until Ctrl-C.`);
  await stayAlive(ctx, directory, interrupts);
  ctx.err.note(`Removed "${user.name}" again.`);
}

async function newUser(name: string | undefined, options: UserPublishOptions): Promise<DirectoryUser> {
  const { createUser } = await import('../../directory/index.ts');
  const { phone, email, givenName, surname, location, comment, tel = [], address, port } = options;
  return createUser({
    ...(name === undefined ? {} : { name }),
    ...(phone === undefined ? {} : { primaryPhone: phone }),
    ...(email === undefined ? {} : { email: parseEmail(email).address }),
    givenName,
    surname,
    location,
    comment,
    phones: tel,
    ...(address === undefined ? {} : { addresses: address }),
    ...(port === undefined ? {} : { port: parsePort(port) }),
    canAudio: options.audio,
    canVideo: options.video ?? false,
    inCall: options.inCall ?? false,
    listed: options.unlisted !== true,
    ...(await readAcl(options)),
  });
}

function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new UsageError(`"${text}" is not a port: write it like 1720`);
  return Number(text);
}

/** A registration of the same user at the same computer is an older one of ours: it goes. */
async function publish(
  ctx: CliContext,
  directory: Directory,
  user: DirectoryUser,
  ttl: { readonly ttlSeconds?: number },
): Promise<void> {
  try {
    await directory.add(user, ttl);
  } catch (error) {
    if (codeOf(error) !== 'ERR_DIRECTORY_ALREADY_EXISTS') throw error;
    ctx.err.detail(`"${user.name}" was published at ${user.primaryPhone} before; that entry is replaced`);
    await directory.delete(user);
    await directory.add(user, ttl);
  }
}

function tell(ctx: CliContext, user: DirectoryUser, directory: string, json: boolean): void {
  if (json) ctx.out.json(jsonWithWhere(user, directory));
  else if (ctx.out.isTerminal) ctx.out.pairs(userPairs(user, ctx.now));
  else
    ctx.out.table(
      withWhere(userColumns(ctx.now, false, true), () => directory, true),
      [user],
    );
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Conference,
  createConference,
  type Directory,
  openDirectory,
  pickGroup,
} from '../../directory/index.ts';
import { createLocatorService, defaultAccess, listen, openStore } from '../../directory/server/index.ts';
import type { CliContext } from '../context.ts';

export const CONFERENCE_NAME = 'Rendezvous demo';
const LASTS_MS = 10 * 60_000;

/** A directory of its own on a random port of this computer, in a folder that goes away with it. */
export interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly url: string;
  /** A client of it, over TCP. */
  readonly directory: Directory;
}

/** A folder that only this user can read, removed in the end. @throws when none can be made */
export async function openFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'rendezvous-demo-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export async function openStage(ctx: CliContext, folder: string): Promise<Stage> {
  await using resources = new AsyncDisposableStack();
  const store = resources.use(openStore({ path: join(folder, 'directory.db') }));
  const access = defaultAccess({ anonymousWrite: true }); // it listens on loopback alone, for some seconds
  const service = resources.use(createLocatorService({ store, clock: ctx.clock, access }));
  const { url } = resources.use(await listen(service, { port: 0 }));
  const directory = resources.use(await openDirectory(url, { clock: ctx.clock, random: ctx.host.random }));
  const kept = resources.move();
  return { folder, url, directory, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Publishes a conference of scope local: nothing of it leaves this computer or its link. */
export async function publish(ctx: CliContext, { directory }: Stage): Promise<Conference> {
  const { group, port } = await pickGroup(directory, 'local', ctx.host.random);
  const { now } = ctx;
  const conference = createConference({
    name: CONFERENCE_NAME,
    scope: 'local',
    description: 'Two participants who hear each other',
    stopTime: new Date(now.getTime() + LASTS_MS),
    machine: '127.0.0.1',
    group,
    port,
    now,
  });
  await directory.add(conference);
  return conference;
}

/** Finds it as anybody would: a connection of its own, and a search. */
export async function find({ url }: Stage): Promise<Conference[]> {
  await using directory = await openDirectory(url);
  return await directory.search({ name: CONFERENCE_NAME }).toArray();
}

/** Environment for the participants: ours, without our directory and configuration. */
export async function memberEnvironment({ host }: CliContext, folder: string): Promise<NodeJS.ProcessEnv> {
  const config = join(folder, 'config.toml');
  await writeFile(config, '');
  const kept = Object.entries(host.env).filter(([name]) => !name.startsWith('RENDEZVOUS_'));
  return { ...Object.fromEntries(kept), RENDEZVOUS_CONFIG: config };
}

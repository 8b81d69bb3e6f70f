import type { Watcher } from '../../conference/monitor/index.ts';
import type { Conference, DirectorySet } from '../../directory/index.ts';
import { parseWait } from '../config-sap.ts';
import type { CliContext } from '../context.ts';
import { FailedError } from '../errors.ts';
import { described, readGiven } from '../join/description.ts';
import { messageOf } from '../output/output.ts';
import { printable } from '../output/printable.ts';
import { Soon } from '../output/soon.ts';
import { findConference } from '../run/find.ts';
import { LiveConferences } from '../view/live-conferences.ts';

/** What is watched: files as they were read, and conferences of the directories as they come and go. */
export class Subjects implements AsyncDisposable {
  readonly #ctx: CliContext;
  readonly #watcher: Watcher;
  readonly #ended = new AbortController();
  readonly #tell: (warning: string) => void;
  #directories: DirectorySet | undefined;
  #following: Promise<void> | undefined;
  /** Lower-case names that are meant; undefined for all. */
  #wanted: Set<string> | undefined;
  readonly #fromDirectory = new Set<string>();

  private constructor(ctx: CliContext, watcher: Watcher, tell: (warning: string) => void) {
    this.#ctx = ctx;
    this.#watcher = watcher;
    this.#tell = tell;
  }

  /**
   * Begins to watch, once everything has been found that there is now.
   *
   * @param names files and names; none for everything in the directories
   * @throws {NotThereError} when a name is neither a file nor a conference
   * @throws {FailedError} when what was found is no description
   */
  static async open(
    ctx: CliContext,
    watcher: Watcher,
    names: readonly string[],
    sapWait: string | undefined,
    tell: (warning: string) => void,
  ): Promise<Subjects> {
    const subjects = new Subjects(ctx, watcher, tell);
    try {
      await subjects.#begin(names, sapWait);
    } catch (error) {
      await subjects[Symbol.asyncDispose]();
      throw error;
    }
    return subjects;
  }

  async #begin(names: readonly string[], sapWait: string | undefined): Promise<void> {
    const wanted: string[] = [];
    for (const name of names) {
      const given = await readGiven(this.#ctx, name);
      if (given === undefined) wanted.push(name);
      else this.#watcher.set(given.where, described(given.bytes, given.where, given.from));
    }
    if (names.length > 0 && wanted.length === 0) return;
    const waitMs = sapWait === undefined ? undefined : parseWait(sapWait);
    const heard = waitMs === undefined ? {} : { waitMs };
    const directories = await this.#ctx.openDirectories(undefined, heard);
    this.#directories = directories;
    for (const name of wanted) {
      const { object } = await findConference(this.#ctx, directories, name, waitMs);
      if (object.sdp === undefined) {
        const why = object.sdpProblem ?? 'it holds no session description';
        throw new FailedError(`"${object.name}" cannot be watched: ${why}`);
      }
      this.#set(object);
    }
    this.#wanted = names.length === 0 ? undefined : new Set(wanted.map((it) => it.toLowerCase()));
    const complete = Promise.withResolvers<void>();
    this.#following = this.#follow(directories, complete.resolve).finally(complete.resolve);
    await complete.promise;
  }

  /** As the directories change, so does what is watched. */
  async #follow(directories: DirectorySet, complete: () => void): Promise<void> {
    const { signal } = this.#ended;
    const live = new LiveConferences(directories);
    const sync = (): void => this.#sync(live.conferences());
    using soon = new Soon(this.#ctx.clock, sync);
    try {
      for await (const watched of directories.watch({ signal })) {
        live.take(watched);
        const { event, label } = watched;
        if (event.type === 'interrupted' || event.type === 'failed') {
          this.#tell(
            `${printable(label)}: ${printable(messageOf(event.reason))}; what is known is watched on`,
          );
        }
        if (!live.isComplete) continue; // half a list is none
        if (event.type === 'ready') {
          sync();
          complete();
        } else soon.ask();
      }
    } catch (error) {
      if (!signal.aborted) this.#tell(messageOf(error));
    }
  }

  #sync(conferences: readonly Conference[]): void {
    const wanted = conferences.filter(({ name }) => this.#wanted?.has(name.toLowerCase()) ?? true);
    const keys = new Set(wanted.filter(({ sdp }) => sdp !== undefined).map(keyOf));
    for (const key of this.#fromDirectory) {
      if (keys.has(key)) continue;
      this.#fromDirectory.delete(key);
      this.#watcher.withdraw(key);
    }
    for (const conference of wanted) this.#set(conference);
  }

  #set(conference: Conference): void {
    const { name, sdp: description } = conference;
    if (description === undefined) return;
    const key = keyOf(conference);
    this.#fromDirectory.add(key);
    this.#watcher.set(key, { name, description });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#following;
    await this.#directories?.[Symbol.asyncDispose]();
  }
}

const keyOf = ({ dn, name }: Conference): string => dn ?? name;

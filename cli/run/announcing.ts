import type { Conference, Voice } from '../../directory/index.ts';
import type { OwnAnnouncement } from '../../src/sap/index.ts';
import type { SessionDescription } from '../../src/sdp/index.ts';
import type { CliContext } from '../context.ts';
import { FailedError } from '../errors.ts';
import type { Interrupts } from '../interrupts.ts';
import { messageOf } from '../output/output.ts';
import { printable } from '../output/printable.ts';
import { clockText, momentText, spanText } from '../output/times.ts';
import type { AnnounceSettings } from './announce.ts';
import { untilWall } from './stay.ts';

export interface AnnouncingSettings extends AnnounceSettings {
  /** Events as JSON. */
  readonly json: boolean;
  /** Nothing on standard output: that is for something else. Default false. */
  readonly isQuiet?: boolean;
}

/** A session that is announced, told about until it ends. Disposing of it withdraws the session. */
export class Announcing implements AsyncDisposable {
  readonly #ctx: CliContext;
  readonly #where: string;
  readonly #settings: AnnouncingSettings;
  readonly #ended = Promise.withResolvers<string>();
  /** The session has another end. */
  #moved = Promise.withResolvers<void>();
  #voice: Voice | undefined;
  #own: OwnAnnouncement | undefined;
  #conference: Conference | undefined;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  private constructor(ctx: CliContext, where: string, settings: AnnouncingSettings) {
    this.#ctx = ctx;
    this.#where = where;
    this.#settings = settings;
  }

  /**
   * Announces a description, byte for byte.
   *
   * @param where it is from, for people
   * @throws {FailedError} when it is none, is over, or nobody could find its media
   * @throws {NetworkError} when nothing can be sent
   */
  static async begin(
    ctx: CliContext,
    description: Uint8Array,
    where: string,
    settings: AnnouncingSettings,
  ): Promise<Announcing> {
    const announcing = new Announcing(ctx, where, settings);
    const { openVoice } = await import('../../directory/index.ts');
    const conference = await announcing.#read(description);
    const groups = await announcing.#groupsFor(conference);
    const configured = (await ctx.config()).sap?.interfaces;
    const { interfaces = configured, ttl, intervalMs } = settings;
    announcing.#voice = await openVoice({
      groups,
      clock: ctx.clock,
      random: ctx.host.random,
      ...(interfaces === undefined ? {} : { interfaces }),
      ...(ttl === undefined ? {} : { ttl }),
      ...(intervalMs === undefined ? {} : { intervalMs }),
      onSent: (group) => announcing.#sent(group),
      onNotice: (text) => ctx.err.warn(printable(text)),
    });
    try {
      await announcing.#announce(conference, groups);
      return announcing;
    } catch (error) {
      await announcing.#voice.close();
      throw error;
    }
  }

  /** Announces what has become of the description; what cannot be announced is told, and the former stays. */
  change(description: Uint8Array): void {
    const work = async (): Promise<void> => {
      const conference = await this.#read(description);
      const groups = await this.#groupsFor(conference);
      if (!this.#isClosed) await this.#announce(conference, groups);
    };
    work().catch((error: unknown) => {
      this.#ctx.err.warn(`${messageOf(error)}; what was announced before stays announced`);
    });
  }

  /** Ends it, with a word on why. */
  end(why: string): void {
    this.#ended.resolve(why);
  }

  /**
   * Fulfilled once it is over: interrupted, at the session's end or that of another time, whichever is first.
   *
   * @param lastMs milliseconds since 1970
   */
  async untilEnd(interrupts: Interrupts, lastMs?: number): Promise<void> {
    const ctx = this.#ctx;
    let why: string | undefined;
    for (let isOver = false; !isOver; ) {
      const stopMs = this.#conference?.stopTime?.getTime() ?? Number.POSITIVE_INFINITY;
      const until = Math.min(lastMs ?? Number.POSITIVE_INFINITY, stopMs);
      this.#moved = Promise.withResolvers();
      using end = untilWall(ctx, Number.isFinite(until) ? new Date(until) : null);
      isOver = await Promise.race([
        this.#moved.promise.then(() => false),
        end.promise.then(() => true),
        interrupts.interrupted.then(() => true),
        this.#ended.promise.then((reason) => {
          why = reason;
          return true;
        }),
      ]);
    }
    if (why !== undefined) ctx.err.note(why);
    await this[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    await this.#voice?.close();
    const { out, err, now } = this.#ctx;
    const name = this.#name;
    if (this.#settings.json) out.ndjson({ type: 'withdrawn', time: now.toISOString(), name });
    else if (this.#writesFields) out.fields([[now.toISOString(), 'withdrawn', name]]);
    err.note(`Withdrawn: ${printable(name)} is not announced any more.`);
  }

  /** Events between tabs, for programs. */
  get #writesFields(): boolean {
    return !this.#ctx.out.isTerminal && this.#settings.isQuiet !== true;
  }
  get #name(): string {
    return this.#conference?.name ?? '';
  }

  /** @throws {FailedError} when it cannot be announced */
  async #read(description: Uint8Array): Promise<Conference> {
    const [{ describedConference }, { SessionDescription: Sdp }] = await Promise.all([
      import('../../directory/index.ts'),
      import('../../src/sdp/index.ts'),
    ]);
    let sdp: SessionDescription;
    try {
      sdp = Sdp.parse(description);
    } catch (error) {
      throw new FailedError(`${this.#where}: ${messageOf(error)}`, { cause: error });
    }
    if (sdp.origin === undefined) {
      throw new FailedError(
        `${this.#where} has no o= line with its six words: nobody could tell the session from others`,
      );
    }
    const conference = describedConference(description, this.#where);
    const { stopTime, isEncrypted } = conference;
    const { now } = this.#ctx;
    if (isEncrypted) {
      throw new FailedError(
        `${this.#where} is encrypted, and whatever is announced everybody reads: hand out its description and key another way`,
      );
    }
    if (stopTime !== null && stopTime <= now) {
      throw new FailedError(
        `${this.#where}: the session is over, it ended ${momentText(stopTime, now)}: change its t= line`,
      );
    }
    return conference;
  }

  async #groupsFor(conference: Conference): Promise<readonly string[]> {
    if (this.#settings.groups !== undefined) return this.#settings.groups;
    const [{ groupsOf }, { sapGroupsFor }] = await Promise.all([
      import('../../directory/index.ts'),
      import('../../src/sap/index.ts'),
    ]);
    const groups = groupsOf(conference).flatMap(({ address }) => sapGroupsFor(address));
    if (groups.length > 0) return [...new Set(groups)];
    throw new FailedError(
      `${this.#where}: none of its media has a multicast group; say where to announce it with --group`,
    );
  }

  async #announce(conference: Conference, groups: readonly string[]): Promise<void> {
    const voice = this.#voice;
    if (voice === undefined) return;
    const before = this.#own;
    this.#conference = conference;
    this.#own = await voice.announce(conference.blob, groups);
    const { key, hash, warnings } = this.#own;
    if (before !== undefined && before.key !== key) voice.withdraw(before.key);
    this.#moved.resolve();
    if (before?.hash === hash) return;
    for (const warning of warnings) this.#ctx.err.warn(`${this.#where}: ${warning}`);
    this.#tell(conference, hash, groups, voice.interfaces);
  }

  #tell(
    { name, stopTime }: Conference,
    hash: number,
    groups: readonly string[],
    interfaces: readonly string[],
  ): void {
    const { out, err, now } = this.#ctx;
    const until = stopTime?.toISOString() ?? null;
    const hex = hash.toString(16).padStart(4, '0');
    if (this.#settings.json) {
      out.ndjson({ type: 'announcing', time: now.toISOString(), name, hash, groups, interfaces, until });
    } else if (this.#writesFields) {
      for (const group of groups) out.fields([[now.toISOString(), 'announcing', name, hex, group, '']]);
    }
    const end = stopTime === null ? 'Ctrl-C' : `${momentText(stopTime, now)} or Ctrl-C`;
    err.note(
      `Announcing ${printable(name)} (hash ${hex}) to ${groups.join(', ')} on ${interfaces.join(', ')} until ${end}.`,
    );
  }

  /** An announcement went out. */
  #sent(group: string): void {
    const { out, err, now, clock } = this.#ctx;
    const own = this.#own === undefined ? undefined : this.#voice?.get(this.#own.key);
    const schedule = own?.schedules.find((it) => it.group === group);
    if (own === undefined || schedule === undefined) return;
    const next =
      schedule.next === undefined ? undefined : new Date(clock.wall() + schedule.next - clock.now());
    const time = now.toISOString();
    if (this.#settings.json) {
      const { hash } = own;
      out.ndjson({
        type: 'announced',
        time,
        name: this.#name,
        hash,
        group,
        next: next?.toISOString() ?? null,
      });
    } else if (this.#writesFields) {
      const hex = own.hash.toString(16).padStart(4, '0');
      out.fields([[time, 'announced', this.#name, hex, group, next?.toISOString() ?? '']]);
    } else if (next !== undefined) {
      const wait = spanText(next.getTime() - now.getTime());
      err.note(`${clockText(now)} announced to ${group}; next ${clockText(next)}, in ${wait}`);
    }
  }
}

import type { AdvertisingScope } from '../../src/ip/index.ts';
import type { Ms, RandomSource } from '../../src/machine.ts';
import type { Clock, Timer } from '../../src/net/clock.ts';
import type { AnnouncedSession, SapListenerEvent } from '../../src/sap/index.ts';
import type { Conference } from '../conference.ts';
import type { Directory } from '../types.ts';
import { follow } from './follow.ts';
import { type ImportEvent, Importer } from './importer.ts';
import type { ImportPace } from './import-rules.ts';
import { perform } from './perform.ts';
import { type OtherAnnouncer, Publisher } from './publisher.ts';
import {
  entryView,
  heardSession,
  type NotImported,
  publishable,
  sessionKey,
  withoutZone,
} from './session.ts';
import {
  DEFAULT_GATEWAY_LIMITS,
  type EntryView,
  type GatewayLimits,
  type ImportAction,
  type NotAnnounced,
} from './types.ts';

/** What hears and sends announcements: both SAP machines on sockets, or on a simulated network. */
export interface SapPort {
  /** Addresses that announcements are sent from. */
  readonly addresses: readonly string[];
  /** Sessions known now. */
  sessions(): Iterable<AnnouncedSession>;
  session(key: string): AnnouncedSession | undefined;
  /** @returns ends the subscription */
  onEvent(listener: (event: SapListenerEvent) => void): () => void;
  /** Announces a session, or what has become of it. */
  announce(description: Uint8Array, groups: readonly string[]): void;
  /** Ends a session that is over: it is deleted. */
  withdraw(description: Uint8Array): void;
  /** Stops announcing a session that another host goes on announcing: it is not deleted. */
  leave(description: Uint8Array): void;
}

/** What a gateway tells. */
export type GatewayEvent =
  | ImportEvent
  | { readonly type: 'announced' | 'reannounced'; readonly name: string; readonly groups: readonly string[] }
  | { readonly type: 'withdrawn' | 'left'; readonly name: string }
  /** Something is wrong that may pass. */
  | { readonly type: 'trouble'; readonly problem: string };

export interface GatewayOptions {
  /** Names this gateway among those that share a directory: stays the same when it is restarted. */
  readonly name: string;
  readonly sap: SapPort;
  /** Where copies of what is heard go: with the right to write; undefined for not to import. */
  readonly importInto: Directory | undefined;
  /** Whose conferences are announced: as everybody may read it; undefined for not to announce. */
  readonly announceFrom: Directory | undefined;
  /** Default all. */
  readonly scopes?: ReadonlySet<AdvertisingScope>;
  readonly limits?: Partial<GatewayLimits>;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly onEvent?: (event: GatewayEvent) => void;
}

/** Numbers of a gateway. */
export interface GatewayCounts {
  /** Copies kept by this gateway now, sessions that wait for room, and sessions known. */
  readonly kept: number;
  readonly waiting: number;
  readonly known: number;
  readonly imported: number;
  readonly updated: number;
  readonly refreshed: number;
  readonly removed: number;
  /** Sessions not copied, by reason: those that cannot be, and those that the directory refused. */
  readonly notImported: Readonly<Record<NotImported | 'refused', number>>;
  readonly failed: number;
  /** Conferences announced now, and left to other announcers. */
  readonly announced: number;
  readonly deferred: number;
  /** Conferences that are not announced, by reason. */
  readonly notAnnounced: Readonly<Partial<Record<NotAnnounced, number>>>;
}

const ALL_SCOPES: ReadonlySet<AdvertisingScope> = new Set(['local', 'site', 'region', 'world']);

const PACE: ImportPace = { takeOverMs: 45_000, changeMs: 10_000, settleMs: 2000 };
const LOOK_MS = 30_000;

/**
 * Carries announcements into a directory and conferences of a directory into announcements, without ever bringing back what
 * it has carried: copies say that they are copies, and no gateway announces one.
 */
export class SapGateway implements AsyncDisposable {
  readonly #options: GatewayOptions;
  readonly #importer: Importer | undefined;
  readonly #publisher: Publisher | undefined;
  readonly #timer: Timer;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>[] = [];
  readonly #work = new Set<Promise<void>>();
  readonly #notImported = { invalid: 0, tooLong: 0, scope: 0 };
  /** Listener's keys of sessions by what names them here. */
  readonly #idsOf = new Map<string, Set<string>>();
  /** Listener's keys of sessions that are announced in no wanted scope. */
  readonly #outside = new Set<string>();
  #lookAt: Ms = -Infinity;
  readonly #unsubscribe: () => void;
  #isPumping = false;
  #lastTrouble = '';

  /** Starts at once; it stops when it is disposed of. */
  constructor(options: GatewayOptions) {
    const { name, sap, importInto, announceFrom, limits, clock, random } = options;
    const all = { ...DEFAULT_GATEWAY_LIMITS, ...limits };
    this.#options = options;
    this.#timer = clock.timer(() => this.#pump());
    this.#importer =
      importInto === undefined
        ? undefined
        : new Importer(
            {
              me: name,
              limits: all,
              pace: { ...PACE, takeOverMs: PACE.takeOverMs * (1 + random()) },
              random,
              timesOf: (id) => sap.session(id),
            },
            clock.now(),
          );
    this.#publisher =
      announceFrom === undefined
        ? undefined
        : new Publisher({
            maxAnnounced: all.maxAnnounced,
            random,
            ownAddresses: () => sap.addresses,
            othersOf: (key) => this.#othersOf(key),
            settleMs: PACE.settleMs,
            lookMs: LOOK_MS,
          });
    for (const session of sap.sessions()) this.#heard(session);
    this.#unsubscribe = sap.onEvent((event) => {
      this.#onSap(event);
      this.#pump();
    });
    if (importInto !== undefined) this.#follow(importInto, this.#importSink);
    if (announceFrom !== undefined) this.#follow(announceFrom, this.#announceSink);
  }

  get counts(): GatewayCounts {
    const { counts, kept = 0, waiting = 0, size: known = 0 } = this.#importer ?? {};
    const { imported = 0, updated = 0, refreshed = 0, removed = 0, refused = 0, failed = 0 } = counts ?? {};
    return {
      kept,
      waiting,
      known,
      imported,
      updated,
      refreshed,
      removed,
      failed,
      notImported: { ...this.#notImported, refused },
      announced: this.#publisher?.announced ?? 0,
      deferred: this.#publisher?.deferred ?? 0,
      notAnnounced: Object.fromEntries(this.#publisher?.notAnnounced() ?? []),
    };
  }

  /** Stops. Copies stay until their time is over, and nothing announced is deleted: the conferences go on. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#unsubscribe();
    this.#timer.set(undefined);
    await Promise.all([...this.#following, ...this.#work]);
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #follow(directory: Directory, sink: Parameters<typeof follow>[1]['sink']): void {
    const { clock } = this.#options;
    const onTrouble = (problem: string): void => this.#trouble(problem);
    this.#following.push(follow(directory, { sink, clock, signal: this.#stop.signal, onTrouble }));
  }

  readonly #importSink = {
    present: (conference: Conference, previous: Conference | undefined): void => {
      const [view, before] = [this.#view(conference), this.#view(previous)];
      const now = this.#options.clock.now();
      if (before !== undefined && before.key !== view?.key) this.#importer?.gone(before, now);
      if (view !== undefined) this.#importer?.present(view, now);
      this.#pump();
    },
    gone: (conference: Conference): void => {
      const view = this.#view(conference);
      if (view !== undefined) this.#importer?.gone(view, this.#options.clock.now());
      this.#pump();
    },
    ready: (isReady: boolean): void => {
      if (isReady) this.#lastTrouble = '';
      if (this.#importer !== undefined) this.#importer.isReady = isReady;
      this.#pump();
    },
  };

  readonly #announceSink = {
    present: (conference: Conference, previous: Conference | undefined): void => {
      const { clock, scopes = ALL_SCOPES } = this.#options;
      const next = publishable(conference, clock, scopes);
      const before = this.#view(previous);
      if (before?.key !== undefined && before.key !== next?.key) {
        this.#publisher?.gone(before.dn, before.key, clock.now());
      }
      if (next !== undefined) this.#publisher?.present(next, clock.now());
      this.#pump();
    },
    gone: (conference: Conference): void => {
      const view = this.#view(conference);
      if (view?.key !== undefined) this.#publisher?.gone(view.dn, view.key, this.#options.clock.now());
      this.#pump();
    },
    ready: (isReady: boolean): void => {
      // What is known of the directory goes on being announced while it cannot be reached.
      if (this.#publisher !== undefined && isReady) this.#publisher.isReady = true;
      this.#pump();
    },
  };

  #view(conference: Conference | undefined): EntryView | undefined {
    return conference === undefined ? undefined : entryView(conference, this.#options.clock);
  }

  #onSap(event: SapListenerEvent): void {
    const { session } = event;
    if (event.type === 'appeared' || event.type === 'changed') return this.#heard(session);
    const key = sessionKey(session.description);
    if (key === undefined) return;
    const ids = this.#idsOf.get(key);
    ids?.delete(session.key);
    if (ids?.size === 0) this.#idsOf.delete(key);
    const isDeleted = event.type === 'withdrawn' && event.reason === 'deleted';
    this.#importer?.lost(session.key, key, isDeleted, this.#options.clock.now());
    this.#publisher?.heard(key);
  }

  #heard(session: AnnouncedSession): void {
    const { scopes = ALL_SCOPES, clock } = this.#options;
    const key = sessionKey(session.description);
    if (key !== undefined) {
      const ids = this.#idsOf.get(key) ?? new Set();
      this.#idsOf.set(key, ids.add(session.key));
      this.#publisher?.heard(key);
    }
    const heard = heardSession(session, scopes);
    if (typeof heard !== 'string') {
      this.#importer?.heard(heard, clock.now());
      return;
    }
    this.#notImported[heard]++;
    if (heard === 'scope') this.#outside.add(session.key);
    // What was a conference may be none any more: its copy tells what nobody announces.
    if (key !== undefined) this.#importer?.lost(session.key, key, false, clock.now());
  }

  /** What was heard in no wanted scope may be heard in one since: of that the listener tells nothing. */
  #lookOutside(now: Ms): void {
    const { scopes = ALL_SCOPES, sap } = this.#options;
    if (now < this.#lookAt) return;
    this.#lookAt = now + LOOK_MS;
    for (const id of this.#outside) {
      const session = sap.session(id);
      const heard = session === undefined ? undefined : heardSession(session, scopes);
      if (heard === 'scope') continue;
      this.#outside.delete(id);
      if (session !== undefined) this.#heard(session);
    }
  }

  /** Who else announces a session. */
  #othersOf(key: string): OtherAnnouncer[] {
    const { sap } = this.#options;
    return [...(this.#idsOf.get(key) ?? [])].flatMap((id) => {
      const session = sap.session(id);
      if (session === undefined) return [];
      const { origin, heard } = session;
      const version = origin?.sessionVersion ?? '0';
      const senders = Map.groupBy(heard, ({ sender }) => withoutZone(sender));
      return [...senders].map(([sender, hearings]): OtherAnnouncer => {
        const periods = hearings.flatMap(({ period }) => (period === undefined ? [] : [period]));
        return {
          sender,
          version,
          lastHeard: Math.max(...hearings.map(({ lastHeard }) => lastHeard)),
          count: hearings.reduce((sum, { count }) => sum + count, 0),
          periodMs: periods.length === 0 ? undefined : Math.max(...periods),
          isOriginator: origin?.address === sender,
        };
      });
    });
  }

  /** Does everything that is due. */
  #pump(): void {
    if (this.#isPumping || this.#stop.signal.aborted) return;
    this.#isPumping = true;
    try {
      this.#import();
      this.#publish();
    } finally {
      this.#isPumping = false;
    }
    const now = this.#options.clock.now();
    const next = Math.min(
      this.#importer?.pollTimeout(now) ?? Infinity,
      this.#publisher?.pollTimeout() ?? Infinity,
      this.#outside.size > 0 ? this.#lookAt : Infinity,
    );
    this.#timer.set(next === Infinity ? undefined : next);
  }

  #import(): void {
    const { clock, importInto } = this.#options;
    const importer = this.#importer;
    if (importer === undefined || importInto === undefined) return;
    const now = clock.now();
    this.#lookOutside(now);
    importer.handleTimeout(now);
    for (let next = importer.pollAction(now); next !== undefined; next = importer.pollAction(now)) {
      const work = this.#perform(importer, importInto, next).finally(() => this.#work.delete(work));
      this.#work.add(work);
    }
    for (let event = importer.pollEvent(); event !== undefined; event = importer.pollEvent()) {
      this.#options.onEvent?.(event);
    }
  }

  async #perform(importer: Importer, directory: Directory, action: ImportAction): Promise<void> {
    const { clock, name } = this.#options;
    const outcome = await perform(directory, action, name, clock);
    importer.done(action, outcome, clock.now());
    if (outcome.kind === 'failed') this.#trouble(outcome.problem);
    this.#pump();
  }

  #publish(): void {
    const { clock, sap, onEvent } = this.#options;
    const publisher = this.#publisher;
    if (publisher === undefined) return;
    const now = clock.now();
    publisher.handleTimeout(now);
    for (let next = publisher.pollAction(now); next !== undefined; next = publisher.pollAction(now)) {
      const { kind, name, payload } = next;
      if (kind === 'announce') {
        const { groups, isNew } = next;
        sap.announce(payload, groups);
        onEvent?.({ type: isNew ? 'announced' : 'reannounced', name, groups });
      } else {
        if (next.isOver) sap.withdraw(payload);
        else sap.leave(payload);
        onEvent?.({ type: next.isOver ? 'withdrawn' : 'left', name });
      }
    }
  }

  /** Told once, however often it is found. */
  #trouble(problem: string): void {
    if (problem === this.#lastTrouble) return;
    this.#lastTrouble = problem;
    this.#options.onEvent?.({ type: 'trouble', problem });
  }
}

import { type CachedAnnouncement } from '../../../directory/announced/cache-file.ts';
import type { Ears } from '../../../directory/announced/listening.ts';
import { recallAnnouncements } from '../../../directory/announced/recall.ts';
import type { Clock } from '../../../src/net/clock.ts';
import {
  formatSapPacket,
  messageIdHash,
  SapListener,
  type SapListenerEvent,
} from '../../../src/sap/index.ts';

/** What is announced, without a network: tests say what is on the air, and listeners hear it. */
export class Air {
  readonly #listeners = new Set<(bytes: Uint8Array, sender: string, group: string) => void>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** As sockets do: a listener that is told datagrams and the time. */
  readonly listen = async (
    recalled: readonly CachedAnnouncement[],
    onEvent: (event: SapListenerEvent) => void,
  ): Promise<Ears> => {
    const clock = this.#clock;
    const ahead = clock.wall() - clock.now();
    const listener = new SapListener({ unixMs: (moment) => moment + ahead });
    recallAnnouncements(listener, recalled, (unixMs) => unixMs - ahead);
    const pump = (): void => {
      for (let event = listener.pollEvent(); event !== undefined; event = listener.pollEvent())
        onEvent(event);
      timer.set(listener.pollTimeout());
    };
    const timer = clock.timer(() => {
      listener.handleTimeout(clock.now());
      pump();
    });
    const hear = (bytes: Uint8Array, address: string, group: string): void => {
      listener.handleDatagram(bytes, { address, port: 9875 }, clock.now(), { group, interface: 'mem0' });
      pump();
    };
    pump();
    this.#listeners.add(hear);
    return {
      interfaces: ['mem0'],
      groups: ['239.255.255.255'],
      stats: listener.stats,
      unreadSenders: listener.unreadSenders,
      sessions: () => listener.sessions(),
      close: () => {
        timer.set(undefined);
        this.#listeners.delete(hear);
      },
    };
  };

  announce(sdp: string, sender = '192.0.2.1', type: 'announce' | 'delete' = 'announce'): void {
    const payload = Buffer.from(sdp);
    const hash = messageIdHash(payload);
    const whole = type === 'announce' ? payload : Buffer.from(`${/^o=.*$/m.exec(sdp)?.[0] ?? ''}\r\n`);
    const packet = { hash, source: sender, encrypted: false, compressed: false, payload: whole } as const;
    this.raw(formatSapPacket({ ...packet, type, payloadType: 'application/sdp' }), sender);
  }
  withdraw(sdp: string, sender?: string): void {
    this.announce(sdp, sender, 'delete');
  }
  /** Any datagram. */
  raw(bytes: Uint8Array, sender = '192.0.2.1'): void {
    for (const hear of this.#listeners) hear(bytes, sender, '239.255.255.255');
  }
}

/** A description as other programs write it. */
export function sdpOf(
  name: string,
  more: { readonly id?: number; readonly t?: string; readonly group?: string } = {},
): string {
  const { id = 1, t = '0 0', group = '239.1.2.3' } = more;
  return [
    'v=0',
    `o=ann ${id} 1 IN IP4 192.0.2.1`,
    `s=${name}`,
    `c=IN IP4 ${group}/15`,
    `t=${t}`,
    'm=audio 5004 RTP/AVP 0',
    '',
  ].join('\r\n');
}

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AnnouncedSession, SapListener, type SapListenerEvent } from '../../src/sap/index.ts';
import { deletion, packet, sdp } from './support.ts';

const GROUPS = ['239.255.255.255', '224.2.127.254'];
const LIMIT = 30;

/** One thing that happens: a host announces or deletes one of a few sessions, after some time. */
const step = fc.record({
  afterMs: fc.constantFrom(0, 50, 2000, 30_000, 300_000, 4_000_000),
  host: fc.integer({ min: 1, max: 4 }),
  group: fc.constantFrom(...GROUPS),
  id: fc.integer({ min: 0, max: 12 }),
  origin: fc.constantFrom('192.0.2.1', '192.0.2.2', '127.0.0.1'),
  version: fc.integer({ min: 1, max: 3 }),
  length: fc.constantFrom(0, 0, 0, 1500),
  hash: fc.constantFrom(undefined, undefined, 0, 7),
  deletes: fc.constantFrom(false, false, false, true),
});

test('whatever is announced by whomever, events, sessions and counts agree', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const listener = new SapListener({ limit: LIMIT });
      const told = new Map<string, AnnouncedSession>();
      const note = (event: SapListenerEvent): void => {
        const { key } = event.session;
        expect(told.has(key)).toBe(event.type !== 'appeared');
        if (event.type === 'appeared' || event.type === 'changed') told.set(key, event.session);
        else told.delete(key);
      };
      let now = 0;
      for (const { afterMs, host, group, id, origin, version, length, hash, deletes } of steps) {
        now += afterMs;
        listener.handleTimeout(now);
        const description = sdp({
          id,
          version,
          host: origin,
          name: `${version}${'x'.repeat(length)}`,
          port: 5000 + 2 * id,
        });
        const change = hash === undefined ? {} : { hash };
        const bytes = deletes ? deletion(description, change) : packet(description, change);
        listener.handleDatagram(bytes, { address: `10.0.0.${host}`, port: 9875 }, now, { group });
        for (let event = listener.pollEvent(); event !== undefined; event = listener.pollEvent()) note(event);

        const sessions = [...listener.sessions()];
        expect(new Set(sessions.map(({ key }) => key))).toEqual(new Set(told.keys()));
        for (const session of sessions) expect(told.get(session.key)?.text).toBe(session.text);
        const weight = sessions.reduce((sum, it) => sum + Math.ceil(it.description.length / 1024), 0);
        expect(listener.weight).toBe(weight);
        expect(weight).toBeLessThanOrEqual(LIMIT);
        for (const one of GROUPS) {
          const heard = sessions.filter((session) => session.heard.some((it) => it.group === one));
          expect(listener.sessionsIn(one)).toBe(heard.length);
        }
        const senders = sessions.flatMap(({ sender, heard }) => [sender, ...heard.map((it) => it.sender)]);
        expect(listener.hosts).toBe(new Set(senders).size);
        expect(listener.pollTimeout() === undefined).toBe(sessions.length === 0);
        for (const { expiresAt } of sessions) expect(expiresAt).toBeGreaterThan(now);
      }
    }),
    { numRuns: 300 },
  );
});

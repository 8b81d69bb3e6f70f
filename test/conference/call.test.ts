import { describe, expect, test } from 'vitest';
import {
  CALL_MOVES,
  type CallEvent,
  type CallState,
  CallStateError,
  createCall,
  mayMove,
  MulticastRtpProvider,
  UnsupportedSessionError,
} from '../../conference/index.ts';
import { DecodeError, TimeoutError } from '../../src/errors.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryNetwork } from '../support/memory-network.ts';

const AUDIO =
  'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=x\r\nc=IN IP4 239.1.1.1/15\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\n';

function make(description = AUDIO) {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock);
  const provider = new MulticastRtpProvider({ openSocket: network.host('10.0.0.1') });
  const call = createCall(description, { provider, participant: { name: 'anna' }, clock });
  const moves: string[] = [];
  call.on('state', ({ from, to, code }) =>
    moves.push(`${from} ${to}${code === undefined ? '' : ` ${code}`}`),
  );
  return { clock, network, call, moves };
}

const STATES: readonly CallState[] = [
  'idle',
  'inProgress',
  'connected',
  'disconnected',
  'offering',
  'hold',
  'queued',
];

describe('call states', () => {
  test('[CAL-05] exactly the moves of the original are allowed', () => {
    const allowed = STATES.flatMap((from) =>
      STATES.filter((to) => mayMove(from, to)).map((to) => `${from}>${to}`),
    );
    expect(allowed.sort()).toEqual(
      [
        ...['inProgress', 'connected', 'disconnected', 'offering', 'hold'].map((to) => `idle>${to}`),
        ...['connected', 'disconnected', 'hold'].map((to) => `inProgress>${to}`),
        ...['hold', 'disconnected'].map((to) => `connected>${to}`),
        ...['connected', 'disconnected', 'hold'].map((to) => `offering>${to}`),
        ...['connected', 'disconnected'].map((to) => `hold>${to}`),
        ...['connected', 'disconnected', 'hold'].map((to) => `queued>${to}`),
      ].sort(),
    );
  });

  test('[CAL-05] nothing leaves disconnected, nothing returns to idle', () => {
    expect(CALL_MOVES.disconnected).toEqual([]);
    expect(STATES.some((from) => mayMove(from, 'idle'))).toBe(false);
  });
});

describe('a call', () => {
  test('[CAL-01] the provider takes session descriptions and says what it can do with them', () => {
    const provider = new MulticastRtpProvider();
    const { call } = make();
    expect(provider.supports(call.description)).toEqual({
      supported: true,
      media: [{ index: 0, mediaType: 'audio', support: 'full', formats: ['PCMU/8000'] }],
    });
  });

  test('[CAL-02] the destination is the description; the call is idle, has its streams and no terminals', () => {
    const { call, network } = make();
    expect(call.state).toBe('idle');
    expect(call.streams.length).toBe(2);
    expect(call.streams.flatMap((it) => it.terminals)).toEqual([]);
    expect(network.sockets.size).toBe(0);
    expect(() => make('hello')).toThrow(DecodeError);
    expect(() => make(AUDIO.replace('RTP/AVP', 'RTP/SAVP'))).toThrow(UnsupportedSessionError);
  });

  test('[CAL-03] [CAL-05] [ERR-06] connects once, only from idle', async () => {
    const { call, moves, network } = make();
    await call.connect();
    expect(moves).toEqual(['idle inProgress', 'inProgress connected']);
    expect(network.sockets.size).toBe(2);
    await expect(call.connect()).rejects.toThrow(CallStateError);
    await call.disconnect();
    await expect(call.connect()).rejects.toThrow(CallStateError);
    expect(moves.at(-1)).toBe('connected disconnected normal');
  });

  test('[CAL-03] [DEF-11] [ERR-06] gives up after two minutes unless told otherwise', async () => {
    const { call, moves, network, clock } = make();
    network.stalled = new Promise(() => {});
    const connecting = call.connect();
    connecting.catch(() => {});
    await clock.advanceAsync(119_000);
    expect(call.state).toBe('inProgress');
    await clock.advanceAsync(1_001);
    await expect(connecting).rejects.toThrow(TimeoutError);
    expect(moves.at(-1)).toBe('inProgress disconnected noAnswer');
  });

  test('[CAL-03] an aborted connect ends at once, with the reason, and leaves nothing open', async () => {
    const { call, network } = make();
    let goOn: (() => void) | undefined;
    network.stalled = new Promise((resolve) => {
      goOn = resolve;
    });
    const controller = new AbortController();
    const connecting = call.connect({ signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await expect(connecting).rejects.toThrow('changed my mind');
    expect(call.state).toBe('disconnected');
    goOn?.();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(network.sockets.size).toBe(0);
  });

  test('[CAL-04] disconnect works from idle and while connecting, and may be repeated', async () => {
    const idle = make();
    await idle.call.disconnect();
    expect(idle.moves).toEqual(['idle disconnected normal']);
    const { call, network, moves } = make();
    network.stalled = Promise.resolve();
    const connecting = call.connect();
    connecting.catch(() => {});
    await Promise.all([call.disconnect('bye', 'rejected'), call.disconnect()]);
    await expect(connecting).rejects.toThrow(/disconnected while/);
    expect(moves.at(-1)).toMatch(/^inProgress disconnected/);
    expect(network.sockets.size).toBe(0);
  });

  test('[CAL-06] hold and resume only where they make sense', async () => {
    const { call } = make();
    expect(() => call.hold()).toThrow(CallStateError);
    await call.connect();
    expect(() => call.resume()).toThrow(CallStateError);
    call.hold();
    expect(() => call.hold()).toThrow(CallStateError);
    await call.disconnect();
    expect(call.state).toBe('disconnected');
  });

  test('a listener that throws stops neither the others nor the call', async () => {
    const { call } = make();
    const seen: CallEvent['type'][] = [];
    const uncaught: unknown[] = [];
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => uncaught.push(error));
    const unsubscribe = call.onAny(() => {
      unsubscribe();
      throw new Error('a bug in a listener');
    });
    call.onAny(({ type }) => seen.push(type));
    await call.connect();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    for (const listener of before) process.on('uncaughtException', listener);
    expect(seen).toContain('state');
    expect(uncaught).toMatchObject([{ message: 'a bug in a listener' }]);
  });
});

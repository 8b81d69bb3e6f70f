import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { CliContext, type CliHost } from '../../cli/context.ts';
import { DeskControl } from '../../cli/join/desk-control.ts';
import { DeskView } from '../../cli/join/desk-view.ts';
import type { JoinEvent } from '../../cli/join/events.ts';
import type { KeyAction } from '../../cli/join/keys.ts';
import { readJoinSettings } from '../../cli/join/options.ts';
import { Participation } from '../../cli/join/participation.ts';
import { followRemoteControl } from '../../cli/join/remote-control.ts';
import type { JoinOptions } from '../../cli/commands/join.ts';
import { Desk, MulticastRtpProvider } from '../../conference/index.ts';
import { SessionDescription } from '../../src/sdp/index.ts';
import { Room, sdp, tone } from '../support/room.ts';

const PORTS = { Hall: 5004, Studio: 5006 } as const;
type Name = keyof typeof PORTS;

/** An operator at a desk of two conferences who talks to the first, with the program's own parts. */
async function operator(given: JoinOptions) {
  const room = new Room();
  const { clock } = room;
  const stdin = new PassThrough();
  const signals = new Map<string, () => void>();
  const sink = (): CliHost['stdout'] => Object.assign(new PassThrough(), { isTTY: false, columns: 80 });
  const host: CliHost = {
    stdin: Object.assign(Readable.from([]), { isTTY: false, setRawMode: () => {} }),
    stdout: sink(),
    stderr: sink(),
    env: {},
    clock,
    random: () => 0.5,
    onSignal(signal, listener) {
      signals.set(signal, listener);
      return () => signals.delete(signal);
    },
    quit: () => {},
  };
  const ctx = new CliContext(host);
  const settings = await readJoinSettings(ctx, { name: 'Operator', ...given });
  const provider = new MulticastRtpProvider({ openSocket: room.network.host('10.0.9.9') });
  const desk = new Desk();
  const told: JoinEvent[] = [];
  const parts = (['Hall', 'Studio'] as const).map(
    (name) =>
      new Participation({
        ctx,
        name,
        description: SessionDescription.parse(
          sdp(`m=audio ${PORTS[name]} RTP/AVP 0 101`, 'a=rtpmap:101 telephone-event/8000'),
        ),
        keys: [],
        readKeys: () => Promise.resolve([]),
        settings,
        plan: { send: 'tone:440', receive: ['null'], defaults: false },
        provider,
        interrupted: new AbortController().signal,
        tell: (event) => told.push(event),
        refresh: () => {},
        desk: {
          attached: () => ({ sending: 'tone:440', receiving: [] }),
          talksTo: (call) => call === desk.talkTarget?.call,
        },
      }),
  );
  const channels = parts.map(({ call, name }) => desk.add(call, { name }));
  const view = new DeskView(desk, parts);
  desk.attachSource(tone(440));
  desk.talkTo(channels[0]);
  const ends = parts.map((it) => it.run());
  const leave = (): void => view.press({ action: 'leave' });
  followRemoteControl({
    host,
    controlled: new DeskControl(desk),
    lines: stdin,
    leave,
    tell: (event) => told.push(event),
  });
  const stay = (ms: number): Promise<unknown> => room.clock.advanceAsync(ms, 20);
  await stay(500);
  /** Packets in so many milliseconds, or from the beginning. */
  const sent = async (ms: number, from = room.network.wire.length): Promise<Record<Name, number>> => {
    await stay(ms);
    const count = (name: Name): number =>
      room.network.wire.slice(from).filter((it) => it.port === PORTS[name] && it.from.address === '10.0.9.9')
        .length;
    return { Hall: count('Hall'), Studio: count('Studio') };
  };
  const press = (...actions: readonly KeyAction['action'][]): void => {
    for (const action of actions) {
      if (action === 'conference') view.press({ action, step: 1 });
      else if (
        action !== 'muteParticipant' &&
        action !== 'volume' &&
        action !== 'balance' &&
        action !== 'select'
      )
        view.press({ action });
    }
  };
  const line = async (text: string): Promise<void> => {
    stdin.write(`${text}\n`);
    await stay(20);
  };
  const warnings = (): string[] => told.flatMap((it) => (it.type === 'warning' ? [it.message] : []));
  const picture = (): string =>
    view.lines({ trouble: new Map(), help: false, keys: true }, 100, 40, (_style, text) => text).join('\n');
  return { parts, desk, ends, told, sent, stay, press, signals, line, warnings, picture };
}

const NONE = { Hall: 0, Studio: 0 };

test('the key opens the conference that is talked to; another one begins with the key released', async () => {
  const { sent, press, signals } = await operator({ ptt: true });
  expect(await sent(500)).toEqual(NONE);
  signals.get('SIGUSR1')?.();
  expect(await sent(500)).toEqual({ Hall: expect.closeTo(25, -1), Studio: 0 });
  press('conference', 'talkHere');
  expect(await sent(500)).toEqual(NONE); // what was pressed for the hall is not said in the studio
  press('talkDown');
  expect(await sent(500)).toEqual({ Hall: 0, Studio: expect.closeTo(25, -1) });
  press('conference', 'talkHere');
  expect(await sent(500)).toEqual(NONE); // nor left open in the hall
});

test('commands: the key, who is talked to, telephone keys for one conference alone', async () => {
  const { sent, line, warnings, desk } = await operator({ ptt: true, commands: true });
  await line('talk Studio');
  await line('press');
  expect(await sent(500)).toEqual({ Hall: 0, Studio: expect.closeTo(25, -1) });
  await line('release');
  await sent(500);
  await line('digits 7');
  const digits = await sent(500);
  expect([digits.Hall, digits.Studio > 2]).toEqual([0, true]);
  expect(warnings()).toEqual([]);
  await line('talk Nowhere');
  await line('shout');
  desk.talkTo(undefined);
  await line('press');
  expect(warnings()).toEqual([
    'talk: "Nowhere" is not joined; joined are Hall, Studio',
    expect.stringMatching(/^"shout" is not a command; known are press, .*leave, digits 123#, talk NAME$/),
    'you talk to nobody: nothing is sent',
  ]);
});

test('--digits presses keys in the conference that is talked to, and in no other', async () => {
  const { sent } = await operator({ ptt: true, digits: '42' });
  const { Hall, Studio } = await sent(1000, 0);
  expect([Hall > 5, Studio]).toEqual([true, 0]);
});

test('muting and holding are for all alike, whatever was set before', async () => {
  const { parts, press, line } = await operator({});
  const muted = (): boolean[] => parts.map(({ call }) => call.local.muted);
  const states = (): string[] => parts.map(({ call }) => call.state);
  press('talk'); // without push-to-talk the space bar mutes
  expect(muted()).toEqual([true, true]);
  press('muteSelf');
  expect(muted()).toEqual([false, false]);
  parts[1]?.call.hold();
  press('hold');
  expect(states()).toEqual(['hold', 'hold']);
  press('hold');
  expect(states()).toEqual(['connected', 'connected']);
  await line('mute');
  await line('hold');
  expect([muted(), states()]).toEqual([
    [true, true],
    ['hold', 'hold'],
  ]);
});

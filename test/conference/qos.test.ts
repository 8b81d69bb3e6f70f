import { describe, expect, test } from 'vitest';
import { type ConferenceEvent, MulticastRtpProvider, QosError } from '../../conference/index.ts';
import { planMedia } from '../../conference/rtp/medium-plan.ts';
import { levelForFlow } from '../../conference/rtp/flow-spec.ts';
import { QosMonitor, type QosSample, wantedDscp } from '../../conference/rtp/qos-policy.ts';
import { InvalidValueError } from '../../src/errors.ts';
import { dscpByName } from '../../src/net/index.ts';
import { SessionDescription } from '../../src/sdp/index.ts';
import { ArraySink, ArraySource } from '../support/array-terminals.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryNetwork } from '../support/memory-network.ts';
import { sine } from '../support/tone-meter.ts';

const description = SessionDescription.parse(
  [
    'v=0',
    'o=- 1 1 IN IP4 10.0.0.1',
    's=x',
    'c=IN IP4 239.255.1.1/15',
    't=0 0',
    'm=audio 5004 RTP/AVP 0',
    'b=AS:80',
    '',
  ].join('\r\n'),
);

describe('[QOS-02] what is measured', () => {
  const fine: QosSample = {
    seconds: 1,
    bits: 64_000,
    allowed: 80_000,
    worstLoss: 0,
    lossThere: 0,
    roundTripMs: 5,
    notSent: 0,
  };
  test.each<[Partial<QosSample>, string, string, RegExp]>([
    [{ bits: 200_000 }, 'admissionFailure', 'bandwidth', /200 kbit\/s arrive.*allows 80/],
    [{ worstLoss: 0.2 }, 'admissionFailure', 'loss', /^20 % of a participant/],
    [{ lossThere: 0.3 }, 'admissionFailure', 'lossThere', /reports that 30 % of our/],
    [{ roundTripMs: 1200 }, 'admissionFailure', 'delay', /1200 ms/],
    [{ notSent: 7 }, 'genericError', 'sending', /refused to send 7/],
  ])(
    '%o is told after three seconds as %s, by %s, and not again for a minute',
    (bad, kind, cause, message) => {
      const monitor = new QosMonitor();
      const look = (more: Partial<QosSample>) => monitor.look({ ...fine, ...more });
      expect([look(bad), look(bad), look({}), look(bad), look(bad)].flat()).toEqual([]);
      expect(look(bad)).toEqual([{ kind, cause, message: expect.stringMatching(message) }]);
      for (let i = 0; i < 59; i++) expect(look(bad)).toEqual([]);
      expect(look(bad)).toHaveLength(1);
    },
  );

  test('our own interface away excuses what comes of it', () => {
    const monitor = new QosMonitor();
    monitor.excuse();
    for (let i = 0; i < 14; i++) expect(monitor.look({ ...fine, worstLoss: 1, lossThere: 1 })).toEqual([]);
    expect(monitor.look({ ...fine, worstLoss: 1 })).toHaveLength(1);
  });
});

test('code points by name', () => {
  const names = ['EF', 'af41', 'AF13', 'cs5', 'CS0', 'LE', 'va', 'AF51', 'CS8', 'gold'];
  expect(names.map(dscpByName)).toEqual([46, 34, 14, 40, 0, 1, 44, undefined, undefined, undefined]);
  expect([wantedDscp('needed', 'audio', 34), wantedDscp('best-effort', 'audio', 34)]).toEqual([34, 0]);
});

describe('[QOS-04] a flow as it was once reserved', () => {
  const plans = planMedia(description);
  test('a guarantee is refused with the reason, controlled load is marked within b=', () => {
    expect(() => levelForFlow({ service: 'guaranteed' }, plans)).toThrow(/RSVP.*controlledLoad/);
    expect(levelForFlow({ service: 'controlledLoad', tokenRate: 10_000 }, plans)).toBe('needed');
    expect(() => levelForFlow({ service: 'controlledLoad', tokenRate: 10_001 }, plans)).toThrow(
      /80 kbit\/s is more than the 80/,
    );
    expect(levelForFlow({ service: 'bestEffort' }, plans)).toBe('best-effort');
    expect(() => levelForFlow({ service: 'controlledLoad', tokenRate: 0 }, plans)).toThrow(InvalidValueError);
  });
});

describe('[QOS-03] on the provider’s side', () => {
  async function meet({ lose = false, marking = true } = {}) {
    const clock = new FakeClock();
    const network = new MemoryNetwork(clock);
    network.marking = marking;
    let count = 0;
    network.deliver = ({ port }) => !lose || port !== 5004 || ++count % 3 !== 0;
    const open = async (host: string, source: ArraySource | undefined) => {
      const provider = new MulticastRtpProvider({ openSocket: network.host(host) });
      const session = provider.prepare({ description, participant: { cname: host }, clock });
      const events: ConferenceEvent[] = [];
      session.onAny((event) => events.push(event));
      for (const stream of session.streams) {
        if (stream.direction === 'render') stream.attach(new ArraySink());
        else if (source !== undefined) stream.attach(source);
      }
      await session.join();
      return { session, events };
    };
    const talker = await open('10.0.0.1', new ArraySource(sine(440, 0.1, 8000, 60)));
    const listener = await open('10.0.0.2', undefined);
    return { clock, talker, listener };
  }
  const qos = (events: readonly ConferenceEvent[]) => events.filter((it) => it.type === 'qos');

  test('the session marks, changes its marks, reserves, and tells what it cannot do', async () => {
    const { talker } = await meet();
    expect(talker.session.setQos('best-effort')).toMatchObject([{ requested: 0, effective: 0 }]);
    expect(talker.session.reserve({ service: 'controlledLoad' })).toMatchObject([{ effective: 46 }]);
    expect(() => talker.session.reserve({ service: 'guaranteed' })).toThrow(QosError);
    expect(qos(talker.events)).toEqual([]);
    const unmarked = await meet({ marking: false });
    expect(qos(unmarked.talker.events)).toMatchObject([{ kind: 'noQos', cause: 'marking' }]);
    expect(() => unmarked.talker.session.reserve({ service: 'controlledLoad' })).toThrow(QosError);
  });

  test('[QOS-02] who hears with loss is told, and so is who sends', async () => {
    const { clock, talker, listener } = await meet({ lose: true });
    clock.advance(40_000);
    expect(qos(listener.events)).toMatchObject([{ kind: 'admissionFailure', cause: 'loss' }]);
    expect(qos(talker.events)).toMatchObject([{ kind: 'admissionFailure', cause: 'lossThere' }]);
  });
});

import { expect, test } from 'vitest';
import { SourceProbe } from '../../conference/rtp/source-probe.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryNetwork } from '../support/memory-network.ts';

const place = { group: '232.1.1.1', port: 5004, sources: ['10.0.0.9'] };

test.each(['while its socket is opened', 'while it listens'])(
  'a look that is broken off %s leaves nothing behind',
  async (when) => {
    const clock = new FakeClock();
    const network = new MemoryNetwork(clock);
    const opening = Promise.withResolvers<void>();
    network.stalled = opening.promise;
    const probe = new SourceProbe(network.host('10.0.0.1'), clock);
    probe.begin(clock.now(), true);
    clock.advance(2500);
    probe.tick(clock.now(), place);
    if (when === 'while it listens') opening.resolve();
    await new Promise(setImmediate);
    const open = network.sockets.size;
    const closing = probe.close();
    opening.resolve();
    await closing;
    expect([open, network.sockets.size, clock.nextDeadline]).toEqual([
      when === 'while it listens' ? 1 : 0,
      0,
      undefined,
    ]);
  },
);

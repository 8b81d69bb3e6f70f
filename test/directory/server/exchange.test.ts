import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { LocatorService } from '../../../directory/server/index.ts';
import { hex } from '../../ldap/support.ts';
import { EXCHANGES, readExchange, withLongLengths } from './exchange.ts';
import { testService } from './support.ts';

/** A connection that collects what comes back. */
class Wire {
  readonly #stream: Duplex;
  #received: Buffer[] = [];
  #isEnded = false;

  constructor(service: LocatorService) {
    this.#stream = service.connect();
    this.#stream.on('data', (chunk: Buffer) => this.#received.push(chunk));
    this.#stream.once('end', () => {
      this.#isEnded = true;
      this.#stream.end();
    });
  }
  send(bytes: Uint8Array): void {
    this.#stream.write(bytes);
  }
  /** What has come when nothing more comes, in hex; `end` when there was only the end. */
  async answer(): Promise<string> {
    for (let quiet = 0, held = 0; quiet < 20; quiet++) {
      await turn();
      if (this.#received.length !== held) quiet = 0;
      held = this.#received.length;
    }
    const bytes = Buffer.concat(this.#received);
    this.#received = [];
    return bytes.length === 0 && this.#isEnded ? 'end' : hex(bytes);
  }
}

const cases = EXCHANGES.flatMap((name) =>
  ([2, 3] as const).flatMap((version) =>
    (['short', 'long'] as const).map((lengths) => ({ name, version, lengths })),
  ),
);

test.each(cases)(
  '$name, octet for octet: LDAPv$version, $lengths lengths',
  async ({ name, version, lengths }) => {
    using t = testService({ sweepSeconds: 0 });
    let wire = new Wire(t.service);
    const received: string[][] = [];
    const expected: string[][] = [];
    const take = async (): Promise<void> => {
      const last = received.at(-1);
      if (last?.length === 1) last.push(await wire.answer());
    };
    for (const step of readExchange(name, version)) {
      if (step.kind === 'response') {
        expected.at(-1)![1] += hex(step.bytes);
        continue;
      }
      if (step.kind === 'closed') {
        expected.at(-1)![1] = 'end';
        continue;
      }
      await take();
      if (step.kind === 'connect') wire = new Wire(t.service);
      else if (step.kind === 'wait') t.clock.advance(step.seconds * 1000);
      else {
        received.push([step.title]);
        expected.push([step.title, '']);
        wire.send(lengths === 'short' ? step.bytes : withLongLengths(step.bytes));
      }
    }
    await take();
    expect(received).toEqual(expected);
    expect(expected.length).toBeGreaterThan(5);
  },
);

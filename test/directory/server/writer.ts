import { writeSync } from 'node:fs';
import { createLocatorService, openStore } from '../../../directory/server/index.ts';
import { TestClient } from './support.ts';

/**
 * A process that publishes conferences and prints each name once it is acknowledged: `writer.ts FILE PREFIX COUNT`.
 * Tests kill it.
 */
const [path = '', prefix = '', count = '0'] = process.argv.slice(2);
using store = openStore({ path });
using service = createLocatorService({ store, sweepSeconds: 0 });
const client = new TestClient(service);
/** At once, so that a kill right after it does not lose it; the pipe may be full while the reader has no processor. */
function print(line: string): void {
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}
const publish = async (name: string): Promise<void> => {
  for (;;) {
    const { code, message } = await client.addConference(name, {
      conferenceBlob: `v=0\r\ns=${name}\r\n`.repeat(20),
    });
    if (code === 51) continue; // another process writes
    if (code !== 0) throw new Error(message);
    print(`${name}\n`);
    return;
  }
};
// A few at a time, so that some share a transaction.
for (let i = 0; i < Number(count); i += 5) {
  await Promise.all(Array.from({ length: 5 }, (_, k) => publish(`${prefix}${i + k}`)));
}

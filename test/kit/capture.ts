import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { finish } from './namespaces.ts';

/** Packets that pass an interface, kept in a file. Ends with {@link stop}. */
export interface Capture extends AsyncDisposable {
  /** Where the packets are kept until the lab closes, for `tshark -r`. */
  readonly file: string;
  /** Ends the capture once what is under way has had time to arrive. */
  stop(): Promise<void>;
  /** Stops, and reads one row for each packet with the fields asked for, as tshark names and prints them. */
  rows(...fields: string[]): Promise<string[][]>;
}

export type Start = (command: string, args: readonly string[]) => ChildProcessWithoutNullStreams;

/** @throws when nothing can be captured on that interface */
export async function startCapture(
  start: Start,
  filter: string,
  interfaceName: string,
  file: string,
): Promise<Capture> {
  // Not tcpdump: as root of a user namespace it cannot give up its rights, and ends.
  const dumpcap = start('dumpcap', ['-q', '-P', '-i', interfaceName, '-f', filter, '-w', file]);
  const exited = once(dumpcap, 'exit');
  let said = '';
  for await (const line of createInterface({ input: dumpcap.stderr })) {
    said += `${line}\n`;
    if (line.startsWith('File: ')) break;
  }
  if (!said.includes('File: ')) throw new Error(`no capture on ${interfaceName}: ${said}`);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      // Packets rest up to 250 ms in the kernel's ring before dumpcap sees them: wait until the file stays as it is.
      for (let size = -1, before = -2; size !== before; ) {
        before = size;
        await delay(300);
        ({ size } = await stat(file));
      }
      dumpcap.kill('SIGINT');
      await exited;
    })();
    return stopped;
  };
  return {
    file,
    stop,
    async rows(...fields) {
      await stop();
      const wanted = fields.flatMap((field) => ['-e', field]);
      const text = await finish(spawn('tshark', ['-r', file, '-n', '-T', 'fields', ...wanted]), 'tshark');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('\t'));
    },
    [Symbol.asyncDispose]: stop,
  };
}

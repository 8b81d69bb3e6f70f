import { pause, tellAll, type WatchSink, type WatchTask } from './source.ts';

/** Milliseconds between two looks: after a change, and the longest after many without one. */
const SHORTEST_MS = 2000;
const LONGEST_MS = 60_000;
/** How much longer each wait without a change is than the one before. */
const SLOWER = 1.5;

/**
 * Follows by looking again and again: for servers that offer nothing better.
 *
 * @throws {DirectoryError} when the server cannot be reached
 */
export async function followByPolling(task: WatchTask, sink: WatchSink): Promise<never> {
  for (let wait = SHORTEST_MS; ; ) {
    const isNews = await tellAll(task, sink);
    sink.ready();
    wait = isNews ? SHORTEST_MS : Math.min(wait * SLOWER, LONGEST_MS);
    await pause(wait, task.clock, task.signal);
  }
}

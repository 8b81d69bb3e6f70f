import type { Duplex } from 'node:stream';
import type { LdapConnection } from './connection.ts';

/** Milliseconds a peer has to take the last answers and close. */
const LINGER_MS = 2000;

/**
 * Drives one session over a byte stream. Answers are made only while the other end takes them: a client that does not
 * read its answers stops being worked for, and soon stops being read from.
 */
export function driveConnection(stream: Duplex, start: (wake: () => void) => LdapConnection): void {
  let isScheduled = false;
  let isBlocked = false;
  let isEnded = false;

  const schedule = (): void => {
    if (isScheduled || isBlocked || stream.destroyed) return;
    isScheduled = true;
    // After the events at hand, so that requests that came together are done together.
    setImmediate(() => {
      isScheduled = false;
      pump();
    });
  };
  const connection = start(schedule);

  /** Closes our side, and soon the rest: a peer that never closes must not keep its place. */
  const finish = (): void => {
    if (stream.writableEnded) return;
    stream.end();
    const timer = setTimeout(() => stream.destroy(), LINGER_MS);
    timer.unref();
    stream.once('close', () => clearTimeout(timer));
  };
  const pump = (): void => {
    if (isBlocked || stream.destroyed) return;
    const out = connection.pollTransmit();
    if (out !== undefined && !stream.write(out)) {
      isBlocked = true;
      stream.once('drain', () => {
        isBlocked = false;
        schedule();
      });
    }
    if (connection.hasWork) schedule();
    else if (connection.isEnding || (isEnded && connection.isIdle)) finish();
    if (connection.wantsInput && stream.isPaused()) stream.resume();
  };

  stream.on('data', (chunk: Uint8Array) => {
    connection.handleBytes(chunk);
    if (!connection.wantsInput) stream.pause();
    schedule();
  });
  // A client may close its side and still wait for answers.
  stream.on('end', () => {
    isEnded = true;
    schedule();
  });
  stream.on('error', () => stream.destroy());
  stream.once('close', () => connection.close());
}

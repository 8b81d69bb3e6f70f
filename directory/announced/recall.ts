import type { Ms } from '../../src/machine.ts';
import { EncodeError } from '../../src/errors.ts';
import { formatSapPacket, SAP_PORT, type SapListener, SDP_PAYLOAD_TYPE } from '../../src/sap/index.ts';
import type { CachedAnnouncement } from './cache-file.ts';

/**
 * Lets a listener know what earlier runs heard, as if it had heard it when they did: it ends, changes and withdraws those
 * sessions by the same rules as all others (RFC 2974 §4).
 *
 * @param momentOf the moment on the listener's clock of a time, milliseconds since 1970; it may be before its zero
 */
export function recallAnnouncements(
  listener: SapListener,
  records: readonly CachedAnnouncement[],
  momentOf: (unixMs: number) => Ms,
): void {
  for (const record of records.toSorted((a, b) => a.lastHeard - b.lastHeard)) {
    const { sender, heard, lastHeard, periodMs } = record;
    const bytes = packetOf(record);
    if (bytes === undefined) continue;
    const last = momentOf(lastHeard);
    for (const channel of heard) {
      const from = { address: sender, port: SAP_PORT };
      // twice, so that the time between two is known as well
      if (periodMs !== undefined) listener.handleDatagram(bytes, from, last - periodMs, channel);
      listener.handleDatagram(bytes, from, last, channel);
    }
  }
  while (listener.pollEvent() !== undefined); // it is no news
}

/** Undefined for a record that no announcement can have made: somebody edited the file. */
function packetOf({ hash, source, payload }: CachedAnnouncement): Uint8Array | undefined {
  const open = { encrypted: false, compressed: false, payloadType: SDP_PAYLOAD_TYPE };
  try {
    return formatSapPacket({ type: 'announce', hash, source, payload, ...open });
  } catch (error) {
    if (error instanceof EncodeError) return undefined;
    throw error;
  }
}

import type { MadcapServerStats } from './server-types.ts';

export function newServerStats(): MadcapServerStats {
  return {
    received: { discover: 0, offer: 0, request: 0, renew: 0, ack: 0, nak: 0, release: 0, getinfo: 0 },
    sent: { offer: 0, ack: 0, nak: 0 },
    refused: new Map(),
    replayed: 0,
    ignored: 0,
    limited: 0,
    postponed: 0,
  };
}

import type { SapSockets } from '../../src/net/index.ts';
import { announcementKey } from '../../src/sap/index.ts';
import type { SapPort } from './gateway.ts';

/**
 * Both SAP machines on sockets, as a gateway wants them.
 *
 * @param onProblem told what cannot be announced, and why
 */
export function socketsPort(sockets: SapSockets, onProblem: (problem: string) => void): SapPort {
  const { listener, announcer } = sockets;
  return {
    get addresses() {
      return announcer.sources.map(({ address }) => address);
    },
    sessions: () => listener.sessions(),
    session: (key) => listener.get(key),
    onEvent: (tell) => sockets.onEvent(tell),
    announce: (description, groups) => {
      sockets.announce(description, { groups }).catch((error: unknown) => {
        onProblem(error instanceof Error ? error.message : String(error));
      });
    },
    withdraw: (description) => void sockets.withdraw(announcementKey(description)),
    leave: (description) => void sockets.leave(announcementKey(description)),
  };
}

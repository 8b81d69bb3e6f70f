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
  // One after the other: a group may have to be joined first, and what is withdrawn meanwhile must not come after that.
  let last = Promise.resolve();
  const inTurn = (work: () => unknown): void => {
    last = (async (before): Promise<void> => {
      await before;
      try {
        await work();
      } catch (error) {
        onProblem(error instanceof Error ? error.message : String(error));
      }
    })(last);
  };
  return {
    get addresses() {
      return announcer.sources.map(({ address }) => address);
    },
    sessions: () => listener.sessions(),
    session: (key) => listener.get(key),
    onEvent: (tell) => sockets.onEvent(tell),
    announce: (description, groups) => inTurn(() => sockets.announce(description, { groups })),
    withdraw: (description) => inTurn(() => sockets.withdraw(announcementKey(description))),
    leave: (description) => inTurn(() => sockets.leave(announcementKey(description))),
  };
}

import type { RandomSource } from '../../src/machine.ts';
import type { Clock, InterfaceWatch, observeDscp, openMulticastSocket } from '../../src/net/index.ts';
import type { PlayoutPolicy } from '../audio/index.ts';
import type { JoinRequest } from '../types/index.ts';
import type { BlockClock } from './block-clock.ts';
import type { MediumPlan } from './medium-plan.ts';
import type { LookupHost } from './resolve-sources.ts';

/** What a session is made of. */
export interface RtpMediaSessionOptions {
  /** Those that are joined. */
  readonly plans: readonly MediumPlan[];
  /** Of all media of the description, for those who look for the reason of silence. */
  readonly allPlans: readonly MediumPlan[];
  readonly request: JoinRequest;
  readonly cname: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly blocks: BlockClock;
  readonly playout: PlayoutPolicy;
  readonly openSocket: typeof openMulticastSocket;
  readonly lookup: LookupHost;
  /** Notices interfaces that go and come; undefined where there are none, as in a simulation. */
  readonly watch: InterfaceWatch | undefined;
  /** How the marks of what arrives are seen; undefined likewise. */
  readonly observe: typeof observeDscp | undefined;
}

export { carriesUdp, type Chances, drawFate, type Fate, seededRandom } from './fate.ts';
export {
  type Capture,
  type Impaired,
  type Impairment,
  type Lab,
  type LabHost,
  type LabOptions,
  openLab,
  type SwitchWays,
} from './netns.ts';
export { type Router, type RouterOptions, startRouter } from './router.ts';
export { type Heard, listen, type Listener, send, type SendOptions, type TrafficOptions } from './traffic.ts';
export type { WireStatistics } from './wire.ts';

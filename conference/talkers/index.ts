export { ActiveTalker, type Talker } from './active-talker.ts';

export { Fader, type SoundControls } from './fader.ts';

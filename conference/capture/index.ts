export { AGC_TARGET_DBFS, GainControl } from './gain-control.ts';
export { LevelMeter, type LevelReading } from './level-meter.ts';
export { PreRoll } from './pre-roll.ts';
export { Talk, type TalkOptions } from './talk.ts';
export {
  PRE_ROLL_MS,
  requireDetection,
  usualDetection,
  VOICE_ATTACK_MS,
  VOICE_HANGOVER_MS,
  type VoiceDetection,
  VoiceGate,
} from './voice-gate.ts';

/** What an output channel gets of each input channel. */
type Gains = readonly number[];

const HALF_POWER = Math.SQRT1_2;
/** 5.1 in the order of ST 2110-30: left, right, centre, low frequencies, left and right surround. */
const FIVE_ONE_LEFT: Gains = [1, 0, HALF_POWER, 0, HALF_POWER, 0];
const FIVE_ONE_RIGHT: Gains = [0, 1, HALF_POWER, 0, 0, HALF_POWER];
/** So that no sum is beyond full scale. */
const FIVE_ONE_SUM = 1 + 2 * HALF_POWER;

/**
 * How channels become other channels.
 *
 * More: each input channel is repeated in turn; mono goes to all, at full level. Fewer: each output channel is the average of
 * every `to`-th input channel, all of them for mono: what is the same on both sides of a stereo signal keeps its level, what is
 * on one side only loses 6 dB, and nothing can be beyond full scale. 5.1 (6 channels to 2 or 1): ITU-R BS.775, the centre and
 * the surround channels 3 dB down, low frequencies left out, everything 7.7 dB down so that nothing can be beyond full scale.
 */
export function mapChannels(input: Float32Array, from: number, out: Float32Array, to: number): void {
  const frames = input.length / from;
  if (from === 6 && to <= 2) {
    downmixFiveOne(input, frames, out, to);
    return;
  }
  if (from === 1) {
    for (let frame = 0, at = 0; frame < frames; frame++) {
      const sample = input[frame] ?? 0;
      for (let channel = 0; channel < to; channel++, at++) out[at] = sample;
    }
    return;
  }
  for (let frame = 0; frame < frames; frame++) {
    for (let channel = 0; channel < to; channel++) {
      if (to >= from) {
        out[frame * to + channel] = input[frame * from + (channel % from)] ?? 0;
        continue;
      }
      let sum = 0;
      let count = 0;
      for (let source = channel; source < from; source += to, count++) {
        sum += input[frame * from + source] ?? 0;
      }
      out[frame * to + channel] = sum / count;
    }
  }
}

function downmixFiveOne(input: Float32Array, frames: number, out: Float32Array, to: number): void {
  for (let frame = 0; frame < frames; frame++) {
    const left = weigh(input, frame * 6, FIVE_ONE_LEFT) / FIVE_ONE_SUM;
    const right = weigh(input, frame * 6, FIVE_ONE_RIGHT) / FIVE_ONE_SUM;
    if (to === 1) out[frame] = (left + right) / 2;
    else {
      out[2 * frame] = left;
      out[2 * frame + 1] = right;
    }
  }
}

function weigh(input: Float32Array, at: number, gains: Gains): number {
  let sum = 0;
  for (let channel = 0; channel < gains.length; channel++)
    sum += (input[at + channel] ?? 0) * (gains[channel] ?? 0);
  return sum;
}

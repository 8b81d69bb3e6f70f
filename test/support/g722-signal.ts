/** A fifth of a second at 16 kHz, the same each time: noise at full scale, noise 36 dB below it, a square wave, silence. */
export function g722Signal(): Float32Array {
  let state = 1;
  return Float32Array.from({ length: 3200 }, (_, i) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const noise = state >> 16;
    const sample = i < 800 ? noise : i < 1600 ? noise >> 6 : i < 2400 ? (i % 40 < 20 ? 12_000 : -12_000) : 0;
    return sample / 32_768;
  });
}

/**
 * One row of a polyphase low-pass: a sinc under a Kaiser window, to be laid over the frames around a moment that lies
 * `fraction` after the frame `taps / 2 - 1` of the row. Passes DC unchanged.
 *
 * @param taps   even
 * @param cutoff share of half the sample rate that passes, up to 1
 * @param beta   shape of the window: the stop band is about 9.5 × beta dB down
 */
export function kaiserSincRow(taps: number, fraction: number, cutoff: number, beta: number): Float32Array {
  const row = new Float64Array(taps);
  const half = taps / 2;
  const edgeless = bessel0(beta);
  let sum = 0;
  for (let tap = 0; tap < taps; tap++) {
    const t = tap - (half - 1) - fraction;
    const x = t * cutoff;
    const edge = t / half;
    const window = Math.abs(edge) >= 1 ? 0 : bessel0(beta * Math.sqrt(1 - edge * edge)) / edgeless;
    row[tap] = sinc(x) * window;
    sum += row[tap] ?? 0;
  }
  return Float32Array.from(row, (it) => it / sum);
}

function sinc(x: number): number {
  if (x === 0) return 1;
  return Number.isInteger(x) ? 0 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind, order 0. */
function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-14; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

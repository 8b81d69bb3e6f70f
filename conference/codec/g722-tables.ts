/** Constants of ITU-T G.722 (09/2012), by the names of its tables. */

/** 24 coefficients of the filters that split and join the bands; symmetrical, hence half of them. */
export const QMF = Int16Array.of(3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11);

/** Decision levels of the lower band's quantizer, of a difference's size (Q6). */
export const Q6 = new Int16Array([
  0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219,
  1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
]);
/** Code of each interval between two of {@link Q6}, of negative and of other differences (ILN, ILP). */
export const ILN = Uint8Array.from({ length: 31 }, (_, i) => (i === 0 ? 0 : i < 3 ? 64 - i : 34 - i));
export const ILP = Uint8Array.from({ length: 31 }, (_, i) => (i === 0 ? 0 : 62 - i));

/** Values of the codes of the lower band: all six bits for the ear, four of them for the prediction (QM6, QM4). */
export const QM6 = new Int16Array([
  -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360,
  -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688,
  -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192,
  6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432,
  -136,
]);
export const QM4 = new Int16Array([
  0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
]);
/** Of the two bits of the higher band (QM2). */
export const QM2 = Int16Array.of(-7408, -1616, 7408, 1616);

/** By how much a code moves the logarithm of the step size: WL by RL42 and WH by RH2, put together. */
export const LOG_STEP_LOW = new Int16Array([
  -60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60,
]);
export const LOG_STEP_HIGH = Int16Array.of(798, -214, 798, -214);

/** Antilogarithm of a fraction in 32nds, times 2048 (ILB). */
export const ILB = new Int16Array([
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960,
  3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
]);

import { compandedCodec, MU_LAW } from './g711.ts';

/** G.711 µ-law (RFC 3551 §4.5.14). */
export const pcmu = compandedCodec('PCMU', MU_LAW);

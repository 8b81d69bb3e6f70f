import { A_LAW, compandedCodec } from './g711.ts';

/** G.711 A-law (RFC 3551 §4.5.14). */
export const pcma = compandedCodec('PCMA', A_LAW);

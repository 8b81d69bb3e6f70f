/** What a codec costs on the E-model's scale (ITU-T G.107 §7.5). */
export interface CodecImpairment {
  /** Equipment impairment factor Ie: what coding alone costs. */
  readonly ie: number;
  /** Packet-loss robustness factor Bpl: the greater the better loss is concealed. Above 0. */
  readonly bpl: number;
  /**
   * `G.113`: ITU-T G.113 Appendix I (2007). `assumed`: it has no values on this scale, which ends where narrow-band
   * speech does; then coding is taken as transparent and loss as in G.711 of the same concealment.
   */
  readonly source: 'G.113' | 'assumed';
}

/** G.711 whose lost packets are silence, and with the concealment of its Appendix I (G.113 Appendix I). */
const G711_PLAIN = { ie: 0, bpl: 4.3 };
const G711_CONCEALED = { ie: 0, bpl: 25.1 };

/** Names as in `a=rtpmap`, in lower case. */
const PUBLISHED: ReadonlySet<string> = new Set(['pcmu', 'pcma']);
const TAKEN_AS_G711: ReadonlySet<string> = new Set(['g722', 'l16', 'l24', 'opus']);

/** Of codecs that always conceal: G.113 Appendix I, with voice activity detection for the first two. */
const OTHERS: ReadonlyMap<string, CodecImpairment> = new Map([
  ['g729', { ie: 11, bpl: 19, source: 'G.113' }],
  ['g723', { ie: 15, bpl: 16.1, source: 'G.113' }],
  ['gsm-efr', { ie: 5, bpl: 10, source: 'G.113' }],
]);

/**
 * The impairment of a codec.
 *
 * @param encoding its name in `a=rtpmap`, in any case
 * @param concealed whether lost packets are concealed better than by silence; some codecs always do
 * @returns undefined for a codec of which nothing is known
 */
export function codecImpairment(encoding: string, concealed: boolean): CodecImpairment | undefined {
  const name = encoding.toLowerCase();
  const values = concealed ? G711_CONCEALED : G711_PLAIN;
  if (PUBLISHED.has(name)) return { ...values, source: 'G.113' };
  if (TAKEN_AS_G711.has(name)) return { ...values, source: 'assumed' };
  return OTHERS.get(name);
}

/**
 * The E-model of ITU-T G.107: what a conversation sounds like, from parameters of the way between mouth and ear. All but delay,
 * codec and loss are the defaults of its §7.7, which stand for two good telephones.
 */
export interface EModelInput {
  /** From mouth to ear, one way, ms; default 0. */
  readonly delayMs?: number;
  /**
   * Delay of the echo's one way (T) and of its round trip (Tr), ms. Default 0: without echo, as with headphones or a
   * canceller. With echo, T is the one-way delay and Tr twice that.
   */
  readonly echo?: { readonly oneWayMs: number; readonly roundTripMs: number };
  /** Equipment impairment factor of the codec, Ie; default 0 (G.711). */
  readonly ie?: number;
  /** Packet-loss robustness factor of the codec, Bpl, above 0; default 4.3 (G.711 without concealment). */
  readonly bpl?: number;
  /** Packets lost or discarded, 0 to 1; default 0. */
  readonly loss?: number;
  /** BurstR, at least 1: runs of loss, compared with chance; default 1. */
  readonly burstRatio?: number;
  /** Advantage factor A, what users forgive for the sake of access: 0 to 20; default 0. */
  readonly advantage?: number;
}

/** Parts of the rating; `r` is `ro` − `is` − `id` − `ieEff` + A (G.107 §7.1). */
export interface EModelRating {
  /** Transmission rating factor: below 50 is poor, 93.2 the best that the defaults allow. It may be below 0. */
  readonly r: number;
  /** Signal to noise. */
  readonly ro: number;
  /** Impairments at the same time as the voice: loudness, sidetone, quantization. */
  readonly is: number;
  /** Impairments by delay and echo. */
  readonly id: number;
  /** Impairments by codec and loss (G.107 §7.5). */
  readonly ieEff: number;
  /** Mean opinion score, 1 to 4.5. */
  readonly mos: number;
}

// Defaults of G.107 §7.7, under its names.
const SLR = 8; // send loudness, dB
const RLR = 2; // receive loudness, dB
const STMR = 15; // sidetone, dB
const DR = 3; // D of the telephone, receive side
const DS = 3; // and send side
const TELR = 65; // talker echo loudness, dB
const WEPL = 110; // weighted echo path loss, dB
const QDU = 1; // quantization distortion units
const NC = -70; // circuit noise, dBm0p
const NFOR = -64; // noise floor at the receive side, dBmp
const PS = 35; // room noise at the send side, dB(A)
const PR = 35; // room noise at the receive side, dB(A)
const DEFAULT_BPL = 4.3;
/** Delay below which no one notices (mT), ms, and how sensitive users are (sT). */
const MT_MS = 100;
const ST = 1;

const OLR = SLR + RLR;
/** Sum of powers, in dB (G.107 §7.2). */
const NO = noise();
const RO = 15 - 1.5 * (SLR + NO);

/**
 * Rates a conversation.
 *
 * @throws {RangeError} when a value is out of its range
 * @see ITU-T G.107 (06/2015) §7
 */
export function eModel(input: EModelInput = {}): EModelRating {
  const { delayMs = 0, ie = 0, bpl = DEFAULT_BPL, loss = 0, burstRatio = 1, advantage = 0 } = input;
  const { oneWayMs = 0, roundTripMs = 0 } = input.echo ?? {};
  check('delayMs', delayMs, 0, Infinity);
  check('echo.oneWayMs', oneWayMs, 0, Infinity);
  check('echo.roundTripMs', roundTripMs, 0, Infinity);
  check('ie', ie, 0, 95);
  check('bpl', bpl, Number.MIN_VALUE, Infinity);
  check('loss', loss, 0, 1);
  check('burstRatio', burstRatio, 1, Infinity);
  check('advantage', advantage, 0, 20);
  const simultaneous = loudness() + sidetone(oneWayMs) + quantization();
  const id = talkerEcho(oneWayMs) + listenerEcho(roundTripMs) + pureDelay(delayMs);
  const percent = loss * 100;
  const ieEff = ie + ((95 - ie) * percent) / (percent / burstRatio + bpl);
  const r = RO - simultaneous - id - ieEff + advantage;
  return { r, ro: RO, is: simultaneous, id, ieEff, mos: mosOfRating(r) };
}

/**
 * Mean opinion score of a rating, 1 to 4.5. Between 0 and 6.5 the polynomial falls below 1 and is held there, which no
 * opinion can be below.
 *
 * @see ITU-T G.107 Annex B, (B-4)
 */
export function mosOfRating(r: number): number {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

/** No: circuit noise, room noises and noise floor together, all at the 0 dBr point (G.107 §7.2). */
function noise(): number {
  const send = PS - SLR - DS - 100 + 0.004 * (PS - OLR - DS - 14) ** 2;
  const lstr = STMR + DR;
  const room = PR + 10 * Math.log10(1 + 10 ** ((10 - lstr) / 10)); // what gets in by the sidetone is added
  const receive = RLR - 121 + room + 0.008 * (room - 35) ** 2;
  return 10 * Math.log10([NC, send, receive, NFOR + RLR].reduce((sum, db) => sum + 10 ** (db / 10), 0));
}

/** Iolr: too loud (G.107 §7.3.1). */
function loudness(): number {
  const x = (OLR + 0.2 * (64 + NO - RLR)) / 8;
  return 20 * ((1 + x ** 8) ** (1 / 8) - x);
}

/** Ist: sidetone that is not right (G.107 §7.3.2). */
function sidetone(oneWayMs: number): number {
  const stmro = -10 * Math.log10(10 ** (-STMR / 10) + Math.exp(-oneWayMs / 4) * 10 ** (-TELR / 10));
  return (
    12 * (1 + ((stmro - 13) / 6) ** 8) ** (1 / 8) -
    28 * (1 + ((stmro + 1) / 19.4) ** 35) ** (1 / 35) -
    13 * (1 + ((stmro - 3) / 33) ** 13) ** (1 / 13) +
    29
  );
}

/** Iq: quantization (G.107 §7.3.3). */
function quantization(): number {
  const q = 37 - 15 * Math.log10(QDU);
  const g = 1.07 + 0.258 * q + 0.0602 * q ** 2;
  const y = (RO - 100) / 15 + 46 / 8.4 - g / 9;
  const z = 46 / 30 - g / 40;
  return 15 * Math.log10(1 + 10 ** y + 10 ** z);
}

/** Idte: one hears oneself (G.107 §7.4.1); the default sidetone needs none of its corrections. */
function talkerEcho(oneWayMs: number): number {
  const t = oneWayMs;
  const terv = TELR - 40 * Math.log10((1 + t / 10) / (1 + t / 150)) + 6 * Math.exp(-0.3 * t ** 2);
  const difference = -1.5 * (NO - RLR) - (80 + 2.5 * (terv - 14));
  return (difference / 2 + Math.sqrt(difference ** 2 / 4 + 100) - 1) * (1 - Math.exp(-t));
}

/** Idle: one hears the other one twice (G.107 §7.4.2). */
function listenerEcho(roundTripMs: number): number {
  const difference = RO - 10.5 * (WEPL + 7) * (roundTripMs + 1) ** -0.25;
  return difference / 2 + Math.sqrt(difference ** 2 / 4 + 169);
}

/** Idd: the answer takes long (G.107 §7.4.3). */
function pureDelay(delayMs: number): number {
  if (delayMs <= MT_MS) return 0;
  const x = Math.log2(delayMs / MT_MS);
  const power = 6 * ST;
  return 25 * ((1 + x ** power) ** (1 / power) - 3 * (1 + (x / 3) ** power) ** (1 / power) + 2);
}

function check(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most && value < Infinity) return;
  throw new RangeError(`${name} of the E-model is ${value}, not ${least} to ${most}`);
}

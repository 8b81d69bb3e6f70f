/** SASL mechanisms as pure messages and machines: PLAIN (RFC 4616), SCRAM-SHA-256 (RFC 5802, RFC 7677), SASLprep (RFC 4013). */
export { type PlainMessage, parsePlain, serializePlain } from './plain.ts';
export { saslPrep } from './saslprep.ts';
export { MAX_ITERATIONS, MIN_ITERATIONS, ScramClient } from './scram-client.ts';
export {
  parseScramKeys,
  type ScramDigest,
  type ScramKeys,
  scramKeys,
  serializeScramKeys,
} from './scram-keys.ts';
export { ScramServer } from './scram-server.ts';

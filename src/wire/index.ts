export { fromBase64, toBase64 } from './base64.ts';
export { WireReader } from './reader.ts';
export { WireWriter } from './writer.ts';

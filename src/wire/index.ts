export { fromBase64, toBase64 } from './base64.ts';
export { internetChecksum } from './checksum.ts';
export { WireReader } from './reader.ts';
export { Slab } from './slab.ts';
export { WireWriter } from './writer.ts';

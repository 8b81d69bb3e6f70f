export { formatOpusHead, formatOpusTags, OPUS_GRANULE_RATE, type OpusHead, parseOpusHead } from './opus.ts';
export { formatOggPage, oggChecksum, type OggPage } from './page.ts';
export { type OggPacket, OggReader } from './reader.ts';
export { OggWriter } from './writer.ts';

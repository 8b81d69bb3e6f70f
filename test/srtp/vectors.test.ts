import { describe, expect, test } from 'vitest';
import { srtpPrimitives as primitives } from '../../src/net/srtp-primitives.ts';
import {
  deriveKey,
  deriveSessionKeys,
  packetTransform,
  SRTP_LABELS,
  SRTP_PROFILES,
  type SrtpProfileName,
  SrtpReceiver,
  SrtpSender,
} from '../../src/srtp/index.ts';
import { hex, MASTER, toHex } from './vectors.ts';

/** First and last three blocks of the key stream under session keys; SSRC and index are 0. */
test.each([
  {
    name: 'RFC 3711 B.2, AES-128',
    profile: 'AES_CM_128_HMAC_SHA1_80',
    key: '2b7e151628aed2a6abf7158809cf4f3c',
    first:
      'e03ead0935c95e80e166b16dd92b4eb4 d23513162b02d0f72a43a2fe4a5f97ab 41e95b3bb0a2e8dd477901e4fca894c0',
    last: 'ec8cdf7398607cb0f2d21675ea9ea1e4 362b7c3c6773516318a077d7fc5073ae 6a2cc3787889374fbeb4c81b17ba6c44',
  },
  {
    name: 'RFC 6188 7.1, AES-256',
    profile: 'AES_256_CM_HMAC_SHA1_80',
    key: '57f82fe3613fd170a85ec93c40b1f092 2ec4cb0dc025b58272147cc438944a98',
    first:
      '92bdd28a93c3f52511c677d08b5515a4 9da71b2378a854f67050756ded165bac 63c4868b7096d88421b563b8c94c9a31',
    last: 'cea518c90fd91ced9cbb18c078a54711 3dbc4814f4da5f00a08772b63c6a046d 6eb246913062a16891433e97dd01a57f',
  },
  {
    name: 'RFC 6188 7.3, AES-192',
    profile: 'AES_192_CM_HMAC_SHA1_80',
    key: 'eab234764e517b2d3d160d587d8c86219740f65f99b6bcf7',
    first:
      '35096cba4610028dc1b57503804ce37c 5de986291dcce161d5165ec4568f5c9a 474a40c77894bc17180202272a4c264d',
    last: 'd108d1a31a00bad6367ec23eb044b415 c8f57129fdeb970b59f917b257662d4c a5dab625811034e8cebdfeb6dc158dd3',
  },
] as const)('key stream: $name', ({ profile, key, first, last }) => {
  const keys = {
    encryption: hex(key),
    authentication: new Uint8Array(20),
    salt: hex('f0f1f2f3f4f5f6f7f8f9fafbfcfd'),
  };
  const transform = packetTransform(primitives, SRTP_PROFILES[profile], keys, 'rtp');
  const packet = new Uint8Array(12 + 0xff02 * 16 + 10);
  const body = packet.subarray(12, -10);
  const unit = { clear: 12, end: packet.length - 10, ssrc: 0, index: 0, word: 0, encrypted: true };
  transform.seal(packet, unit, unit.end);
  expect(toHex(body.subarray(0, 48))).toBe(first.replaceAll(' ', ''));
  expect(toHex(body.subarray(-48))).toBe(last.replaceAll(' ', ''));
});

test.each([
  {
    name: 'RFC 3711 B.3',
    profile: 'AES_CM_128_HMAC_SHA1_80',
    kind: 'rtp',
    ...MASTER,
    encryption: 'c61e7a93744f39ee10734afe3ff7a087',
    authentication: 'cebe321f6ff7716b6fd4ab49af256a156d38baa4',
    sessionSalt: '30cbbc08863d8c85d49db34a9ae1',
  },
  {
    name: 'RFC 3711 B.3 with the labels of SRTCP',
    profile: 'AES_CM_128_HMAC_SHA1_80',
    kind: 'rtcp',
    ...MASTER,
    encryption: '4c1aa45a81f73d61c800bbb00fbb1eaa',
    authentication: '8d54534feb49ae8e7993a6bd0b844fc323a93dfd',
    sessionSalt: '9581c7ad87b3e530bf3e4454a8b3',
  },
  {
    name: 'RFC 6188 7.2, AES-256',
    profile: 'AES_256_CM_HMAC_SHA1_80',
    kind: 'rtp',
    key: hex('f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6'),
    salt: hex('3b04803de51ee7c96423ab5b78d2'),
    encryption: '5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4',
    authentication: 'fd9c32d39ed5fbb5a9dc96b30818454d1313dc05',
    sessionSalt: 'fa31791685ca444a9e07c6c64e93',
  },
  {
    name: 'RFC 6188 7.4, AES-192',
    profile: 'AES_192_CM_HMAC_SHA1_80',
    kind: 'rtp',
    key: hex('73edc66c4fa15776fb57f9505c17136550ffda71f3e8e5f1'),
    salt: hex('c8522f3acd4ce86d5add78edbb11'),
    encryption: '31874736a8f1143870c26e4857d8a5b2c4a354407faadabb',
    authentication: '355b10973cd95b9eacf4061c7e1a7151e7cfbfcb',
    sessionSalt: '2372b82d639b6d8503a47adc0a6c',
  },
] as const)('key derivation: $name', ({ profile, kind, key, salt, ...want }) => {
  const keys = deriveSessionKeys(primitives.aesCounter(key), salt, SRTP_PROFILES[profile], kind);
  expect(toHex(keys.encryption)).toBe(want.encryption);
  expect(toHex(keys.authentication)).toBe(want.authentication);
  expect(toHex(keys.salt)).toBe(want.sessionSalt);
});

test('key derivation: RFC 3711 B.3, all 94 bytes of the authentication key', () => {
  const master = primitives.aesCounter(MASTER.key);
  const key = deriveKey(master, MASTER.salt, SRTP_LABELS.rtp.authentication, 0, 94);
  expect(toHex(key)).toBe(
    'cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578ef7227098' +
      '6371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2',
  );
});

describe('RFC 7714, packets under session keys', () => {
  const RTP =
    '8040f17b 8041f8d3 5501a0b2 47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573';
  const RTCP =
    '81c8000d 4d617273 4e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef';
  const rows: readonly {
    section: string;
    profile: SrtpProfileName;
    kind: 'rtp' | 'rtcp';
    encrypted: boolean;
    body?: string;
    tag: string;
  }[] = [
    {
      section: '16.1.1',
      profile: 'AEAD_AES_128_GCM',
      kind: 'rtp',
      encrypted: true,
      body: 'f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833',
      tag: '899d7f27beb16a9152cf765ee4390cce',
    },
    {
      section: '16.2.1',
      profile: 'AEAD_AES_256_GCM',
      kind: 'rtp',
      encrypted: true,
      body: '32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b',
      tag: '7aa3db36dfffd6b0f9bb7878d7a76c13',
    },
    {
      section: '17.1',
      profile: 'AEAD_AES_128_GCM',
      kind: 'rtcp',
      encrypted: true,
      body: '63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b',
      tag: 'c84aa45896cf4d2fc5abf87245d9eade',
    },
    {
      section: '17.2',
      profile: 'AEAD_AES_256_GCM',
      kind: 'rtcp',
      encrypted: true,
      body: 'd50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad',
      tag: '1d1eb30c4446839f57ff6f6cb26ac3be',
    },
    {
      section: '17.3, not encrypted',
      profile: 'AEAD_AES_128_GCM',
      kind: 'rtcp',
      encrypted: false,
      tag: '841dd9683dd78ec92ae58790125f62b3',
    },
    {
      section: '17.4, not encrypted',
      profile: 'AEAD_AES_256_GCM',
      kind: 'rtcp',
      encrypted: false,
      tag: '91db4afbfeee5a978fab4393ed2615fe',
    },
  ];

  test.each(rows)('$section: $profile, $kind', ({ profile, kind, encrypted, body, tag }) => {
    const keyBytes = SRTP_PROFILES[profile].keyBytes;
    const keys = {
      encryption: Uint8Array.from({ length: keyBytes }, (_, at) => at),
      authentication: new Uint8Array(0),
      salt: hex('517569642070726f2071756f'),
    };
    const packet = hex(kind === 'rtp' ? RTP : RTCP);
    const clear = kind === 'rtp' ? 12 : 8;
    const unit = {
      clear,
      end: packet.length,
      ssrc: kind === 'rtp' ? 0x5501a0b2 : 0x4d617273,
      index: kind === 'rtp' ? 0xf17b : 0x5d4,
      word: kind === 'rtp' ? 0 : encrypted ? 0x800005d4 : 0x000005d4,
      encrypted,
    };
    const transform = packetTransform(primitives, SRTP_PROFILES[profile], keys, kind);
    const sealed = Uint8Array.from([...packet, ...new Uint8Array(16)]);
    transform.seal(sealed, unit, unit.end);
    expect(toHex(sealed.subarray(unit.end))).toBe(tag);
    expect(toHex(sealed.subarray(clear, unit.end))).toBe(body ?? toHex(packet.subarray(clear)));
    expect(transform.open(sealed, unit, unit.end)).toBe(true);
    expect(toHex(sealed.subarray(0, unit.end))).toBe(toHex(packet));
    expect(transform.open(sealed, unit, unit.end)).toBe(!encrypted); // it is not what the tag was made of any more
  });
});

/** Whole packets that libsrtp's own tests are held against, from the master key on. */
describe('packets of libsrtp', () => {
  const rtp = hex(`800f1234 decafbad cafebabe ${'ab'.repeat(16)}`);
  const rtcp = hex(`81c8000b cafebabe ${'ab'.repeat(16)}`);

  test('AES_CM_128_HMAC_SHA1_80', () => {
    const options = { primitives, profile: 'AES_CM_128_HMAC_SHA1_80' } as const;
    const sender = new SrtpSender({ ...options, key: MASTER });
    sender.setRtcpIndex(0xcafebabe, 1);
    const srtp = sender.protectRtp(rtp);
    const srtcp = sender.protectRtcp(rtcp);
    expect(toHex(srtp)).toBe('800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb');
    expect(toHex(srtcp)).toBe('81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798');
    const receiver = new SrtpReceiver({ ...options, keys: [MASTER] });
    expect(toHex(receiver.unprotectRtp(srtp))).toBe(toHex(rtp));
    expect(toHex(receiver.unprotectRtcp(srtcp))).toBe(toHex(rtcp));
  });

  test('AES_256_CM_HMAC_SHA1_80', () => {
    const key = {
      key: hex('f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6'),
      salt: hex('3b04803de51ee7c96423ab5b78d2'),
    };
    const sender = new SrtpSender({ primitives, profile: 'AES_256_CM_HMAC_SHA1_80', key });
    expect(toHex(sender.protectRtp(rtp))).toBe(
      '800f1234decafbadcafebabef1d9de17ff251ff1aa007774b0b4b40da08d9d9a5b3a55d8873b',
    );
  });

  test('a header extension stays readable, and the key identifier stands before the tag', () => {
    const header = '900f1234decafbadcafebabebede000617588a9270f4e15e1c220000c8309546a994f0bc54789700';
    const sender = new SrtpSender({
      primitives,
      profile: 'AES_CM_128_HMAC_SHA1_80',
      key: { ...MASTER, mki: hex('e1f97a0d') },
    });
    expect(toHex(sender.protectRtp(hex(`${header} ${'ab'.repeat(16)}`)))).toBe(
      `${header}4e55dc4ce79978d88ca4d215949d2402e1f97a0d5a46b3ca35c535a891c7`,
    );
  });
});

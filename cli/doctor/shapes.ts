import type { JsonShape } from '../help.ts';

/** What `doctor --json` prints. */
export const DOCTOR_SHAPES: readonly JsonShape[] = [
  {
    title: 'The result',
    fields: [
      ['ok', 'boolean', 'no check failed'],
      ['group', 'string', 'group that was joined'],
      ['port', 'number', 'UDP port that was used'],
      ['checks', 'array', 'the checks, see below'],
    ],
  },
  {
    title: 'A check in `checks`',
    fields: [
      ['id', 'string', 'stable name, such as `multicast` or `directoryWrite`'],
      ['title', 'string', 'what people see'],
      ['status', 'string', '`ok`, `warn` or `fail`'],
      ['detail', 'string', 'what was found'],
      ['why', 'string', 'why it matters; absent when all is well or it speaks for itself'],
      ['tryThis', 'string', 'what to do about it; absent when all is well'],
      ['directory', 'string', 'which directory it is about; absent for the others'],
    ],
  },
  {
    title: 'With `--probe`',
    fields: [
      ['ok', 'boolean', 'both directions work'],
      ['host', 'string', 'host as it was named'],
      ['group', 'string', 'group of the probes'],
      ['port', 'number', 'their UDP port'],
      ['there', 'object or null', 'what was sent here, see below; null when it was broken off before'],
      ['back', 'object or null', 'what was sent there'],
      ['checks', 'array', 'verdicts, as above, with `there` or `back` as `id`'],
    ],
  },
  {
    title: 'A direction in `there` and `back`',
    fields: [
      ['fromAddress', 'string', 'address that sent'],
      ['fromInterface', 'string', 'its interface'],
      ['toAddress', 'string', 'address that listened'],
      ['toInterface', 'string', 'its interface'],
      ['sent', 'number', 'packets sent'],
      ['heard', 'number', 'different ones that arrived'],
      ['lossPercent', 'number', 'share that did not'],
      ['duplicates', 'number', 'arrived once more'],
      ['reordered', 'number', 'arrived after one with a higher number'],
      ['ttlSent', 'number', 'TTL or hop limit on leaving'],
      ['ttlHeard', 'number or null', 'on arrival; null where it cannot be seen'],
      ['hops', 'number or null', 'routers between: the difference'],
      ['dscpSent', 'number', 'DSCP on leaving'],
      ['dscpHeard', 'number or null', 'on arrival'],
      ['sources', 'array', 'addresses that the packets came from'],
    ],
  },
  {
    title: 'A line of `--listen --json`',
    fields: [
      ['type', 'string', '`listening`, `probed` or `ended`'],
      ['port', 'number', 'of `listening`: UDP port; of `probed`: port of the group'],
      ['from', 'string', 'who probes'],
      ['group', 'string', 'group of the probes'],
      ['heard', 'number', 'of `ended`: packets that arrived here'],
      ['sentBack', 'number', 'packets sent from here'],
      ['ttlHeard', 'number or null', 'TTL on arrival'],
      ['dscpHeard', 'number or null', 'DSCP on arrival'],
    ],
  },
  {
    title: 'With a conference or a group',
    fields: [
      ['ok', 'boolean', 'something is heard'],
      ['group', 'string', 'group that was listened to'],
      ['port', 'number', 'its port'],
      ['seconds', 'number', 'how long'],
      ['senders', 'array', 'senders of RTP, see below'],
      ['others', 'array', 'hosts that send something else: `address`, `packets`'],
      ['checks', 'array', 'verdicts, as above: `heard`, `collision`, `payload`, `snooping`'],
    ],
  },
  {
    title: 'A sender in `senders`',
    fields: [
      ['address', 'string', 'where it comes from'],
      ['ssrc', 'number', 'SSRC'],
      ['cname', 'string or null', 'who it is, as RTCP says'],
      ['packets', 'number', 'packets that arrived'],
      ['missing', 'number', 'gaps in their numbers'],
      ['payloadTypes', 'array', 'payload types'],
      ['ttl', 'number or null', 'TTL or hop limit on arrival'],
      ['dscp', 'number or null', 'DSCP on arrival'],
    ],
  },
];

import type { JsonShape } from './help.ts';

/** What `mcast scopes --json` prints. */
export const SCOPE_SHAPES: readonly JsonShape[] = [
  {
    title: 'A scope',
    fields: [
      ['kind', 'string', '`scope`'],
      ['id', 'string', 'its lowest address; `--scope` takes it'],
      [
        'serverId',
        'string or null',
        'address of the server that offers it; null where addresses are drawn locally',
      ],
      ['interface', 'string or null', 'address of the interface by which that server was reached'],
      ['names', 'object', 'what it is called, by language tag'],
      ['description', 'string', 'what it is called, in the language asked for'],
      ['ttl', 'number', 'largest TTL or hop limit to send with'],
      ['family', 'number', '4 or 6'],
      ['first', 'string', 'lowest address'],
      ['last', 'string', 'highest address'],
    ],
  },
];

/** What `mcast request`, `renew` and `leases` print with `--json`. */
export const LEASE_SHAPES: readonly JsonShape[] = [
  {
    title: 'A lease',
    fields: [
      ['kind', 'string', '`lease`'],
      ['id', 'string', 'hexadecimal digits; `mcast renew` and `release` take it'],
      ['method', 'string', '`madcap` when a server granted it, `local` when it was drawn on this computer'],
      ['family', 'number', '4 or 6'],
      ['start', 'string', 'RFC 3339 in UTC'],
      ['stop', 'string or null', 'RFC 3339 in UTC; null for without end'],
      ['addresses', 'array of strings', 'the groups'],
      ['server', 'string or null', 'address of the server that granted it'],
      ['serverPort', 'number or null', 'its port where that is not 2535'],
      ['ttl', 'number', 'largest TTL or hop limit to send with'],
      ['scope', 'string', 'id of its scope'],
      ['conference', 'string or null', 'conference that has the addresses'],
    ],
  },
];

/** What `show --json` has beyond the conference. */
export const SHOWN_LEASES_SHAPE: JsonShape = {
  title: 'With `show`',
  fields: [['leases', 'array', 'leases of its groups that this user has, as `mcast leases` prints them']],
};

/** What `mcast leases --granted --json` prints. */
export const GRANTED_SHAPE: JsonShape = {
  title: 'With `--granted`, a lease that the server has granted',
  fields: [
    ['kind', 'string', '`granted`'],
    ['id', 'string', 'hexadecimal digits of the lease identifier'],
    ['family', 'number', '4 or 6'],
    ['start', 'string', 'RFC 3339 in UTC'],
    ['stop', 'string', 'RFC 3339 in UTC'],
    ['addresses', 'array of strings', 'the groups'],
    ['scope', 'string', 'id of their scope'],
    ['client', 'string', 'whom it is put down to: an IPv4 address, or the first half of an IPv6 address'],
  ],
};

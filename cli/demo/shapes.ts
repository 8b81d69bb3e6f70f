import type { JsonShape } from '../help.ts';

/** What `demo --json` prints. */
export const DEMO_SHAPES: readonly JsonShape[] = [
  {
    title: 'The result',
    fields: [
      ['ok', 'boolean', 'everything happened'],
      ['seconds', 'number', 'how long it took'],
      ['missing', 'array of strings', 'steps that did not happen'],
      ['sdp', 'string or null', 'the session description as the directory gave it'],
      ['steps', 'array', 'the steps, see below'],
    ],
  },
  {
    title: 'A step in `steps`',
    fields: [
      [
        'id',
        'string',
        '`sound`, `directory`, `published`, `found`, `joined`, `heard`, `recorded`, `marked`, `goodbye` or `withdrawn`',
      ],
      ['ok', 'boolean', 'it happened'],
      ['lines', 'array of strings', 'what was seen, for people'],
      ['data', 'array', 'the same in numbers: of `heard`, `recorded` and `marked`'],
    ],
  },
];

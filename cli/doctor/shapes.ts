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
];

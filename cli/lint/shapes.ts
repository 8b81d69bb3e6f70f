import type { JsonShape } from '../help.ts';

/** What `lint --json` prints. */
export const LINT_SHAPES: readonly JsonShape[] = [
  {
    title: 'A description; with `--all` an array of them',
    fields: [
      ['name', 'string', 'of the conference, or the file; `-` for standard input'],
      ['directory', 'string or null', 'where the conference is; null for a file'],
      ['ok', 'boolean', 'nobody of those asked refuses it'],
      ['problem', 'string or null', 'why it could not be judged; it is not `ok` then'],
      ['verdicts', 'array', 'one for each receiver, see below'],
      ['findings', 'array', 'why, see below; the worst first'],
    ],
  },
  {
    title: 'A verdict in `verdicts`',
    fields: [
      ['receiver', 'string', 'as `--for` takes it'],
      ['title', 'string', 'what people see'],
      ['verdict', 'string', '`accepts`, `warns`, `misreads` or `refuses`'],
    ],
  },
  {
    title: 'A finding in `findings`',
    fields: [
      ['receiver', 'string', 'as `--for` takes it'],
      ['rule', 'string', 'stable name of the rule, unique for its receiver'],
      ['severity', 'string', '`warns`, `misreads` or `refuses`'],
      ['line', 'number', 'from 1 on; of something that is missing, the line that it belongs to'],
      ['text', 'string or null', 'that line as it stands'],
      ['reason', 'string', 'what is wrong'],
      ['advice', 'string', 'what to do'],
      ['basis', 'string', '`standard`, `manual`, `code` or `seen`'],
      ['reference', 'string', 'which standard, manual, program or report'],
    ],
  },
];

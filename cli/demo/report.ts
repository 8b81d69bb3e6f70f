import type { Output } from '../output/output.ts';
import { printable } from '../output/printable.ts';
import type { Step } from './judge.ts';

/** Titles of the steps, in their order. */
export const STEP_TITLES: Readonly<Record<Step['id'], string>> = {
  sound: 'Sound',
  directory: 'Directory',
  published: 'Published',
  found: 'Found',
  joined: 'Joined',
  heard: 'Heard',
  recorded: 'Recorded',
  marked: 'Marked',
  goodbye: 'Goodbye',
  withdrawn: 'Withdrawn',
};

const TITLE_WIDTH = 11;
const INDENT = ' '.repeat(3 + TITLE_WIDTH);

/** A step with its mark and its title before the first line. */
export function stepLines({ id, ok, lines }: Step, paint: Output['style']): string[] {
  const mark = ok ? paint('green', '✓') : paint('red', '✗');
  const title = paint('bold', STEP_TITLES[id].padEnd(TITLE_WIDTH));
  const [first = '', ...rest] = lines;
  return [` ${mark} ${title}${first}`, ...rest.map((line) => INDENT + line)];
}

/** A session description, set apart. */
export function sdpLines(sdp: string, paint: Output['style']): string[] {
  const lines = sdp.split(/\r?\n/).filter((line) => line !== '');
  return ['', ...lines.map((line) => `${INDENT}${paint('dim', printable(line))}`), ''];
}

/** What is said last: everything worked, or what of it did not. */
export function summaryLine(
  steps: readonly Step[],
  expected: readonly Step['id'][],
  seconds: number,
): string {
  const missing = missingSteps(steps, expected);
  if (missing.length === 0) return `Everything worked, in ${seconds.toFixed(1)} s.`;
  return `Did not happen: ${missing.map((id) => STEP_TITLES[id].toLowerCase()).join(', ')}.`;
}

/** Steps that failed or were never reached. */
export function missingSteps(steps: readonly Step[], expected: readonly Step['id'][]): Step['id'][] {
  return expected.filter((id) => steps.find((step) => step.id === id)?.ok !== true);
}

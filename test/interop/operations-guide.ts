import { readFileSync } from 'node:fs';
import type { Home, StartOptions } from '../net/cli-program.ts';

/** docs/operations.md. */
export const GUIDE = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

/** Blocks of one kind, such as `sh`, in the section of the guide under that heading. @throws when there are none */
export function blocksOf(heading: string, kind = 'sh'): readonly string[] {
  const section = GUIDE.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const all = section.matchAll(/^```(\w*)\n(.*?)^```$/gms);
  const blocks = Array.from(all).flatMap(([, name, block = '']) => (name === kind ? [block] : []));
  if (blocks.length === 0) throw new Error(`docs/operations.md has no ${kind} under "${heading}"`);
  return blocks;
}

/** What the guide says, and what stands for it on this machine. */
export type Here = Readonly<Record<string, string>>;

/** A text of the guide, made to fit this machine. */
export function adapted(text: string, here: Here): string {
  const words = Object.keys(here).toSorted((a, b) => b.length - a.length);
  if (words.length === 0) return text;
  const escaped = words.map((word) => RegExp.escape(word)).join('|');
  return text.replaceAll(new RegExp(escaped, 'g'), (word) => here[word] ?? word);
}

/** Runs a block as it stands but for what is different on this machine. @returns what it printed */
export async function execute(
  home: Home,
  block: string,
  here: Here,
  options: StartOptions = {},
): Promise<string> {
  const command = adapted(block, here);
  const { code, out, err } = await home.shell(`set -e -o pipefail\n${command}`, options);
  if (code !== 0) throw new Error(`exit ${code}: ${err}\n${command}`);
  return out;
}

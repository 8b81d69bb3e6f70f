import { messageOf } from '../output/output.ts';
import { printable } from '../output/printable.ts';
import type { Tried } from './facts.ts';

/** What came of it, or why nothing did, in words. */
export async function attempt<T>(work: () => Promise<T> | T): Promise<Tried<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: printable(messageOf(error)) };
  }
}

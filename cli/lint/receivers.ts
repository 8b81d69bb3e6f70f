import { type Receiver, RECEIVERS } from '../../src/sdp/receivers/index.ts';
import { UsageError } from '../errors.ts';
import { nearest } from '../input/nearest.ts';

/**
 * The receivers of `--for`, in their usual order; all when there is none.
 *
 * @throws {UsageError} naming the one that was probably meant
 */
export function chooseReceivers(list: string | undefined): readonly Receiver[] {
  if (list === undefined) return RECEIVERS;
  const ids = RECEIVERS.map(({ id }) => id);
  const wanted = list
    .split(',')
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== '');
  const unknown = wanted.find((word) => !ids.includes(word));
  if (unknown !== undefined || wanted.length === 0) {
    const close = nearest(unknown ?? '', ids);
    const advice = close === undefined ? `There are ${ids.join(', ')}` : `Did you mean ${close}?`;
    throw new UsageError(
      wanted.length === 0 ? `--for names nobody. ${advice}` : `There is no receiver "${unknown}". ${advice}`,
    );
  }
  return RECEIVERS.filter(({ id }) => wanted.includes(id));
}

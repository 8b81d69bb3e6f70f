import { InvalidValueError } from '../../src/errors.ts';

/** A count is 16 bits in RFC 2730 §3.8. */
const MOST = 65_535;

/** @throws {InvalidValueError} when the numbers of addresses wanted are none, or the least is more than what is wanted */
export function checkCount(count: number, minimum = count): void {
  for (const number of [count, minimum]) {
    if (!Number.isInteger(number) || number < 1 || number > MOST) {
      throw new InvalidValueError(`${number} addresses cannot be leased: it is 1 to ${MOST}`);
    }
  }
  if (minimum > count) {
    throw new InvalidValueError(`No fewer than ${minimum} addresses will do, but only ${count} are wanted`);
  }
}

import { InvalidValueError } from '../../src/errors.ts';
import { type IpFamily, isMulticast, parseIp } from '../../src/ip/index.ts';
import { InvalidTimeError } from '../errors.ts';
import type { AllocationMethod, LeaseValues } from './types.ts';

/**
 * Addresses for a time: `IMcastLeaseInfo`. Setting start and stop asks nobody: they are what the next renewal asks for.
 */
export class Lease implements LeaseValues {
  /** [LEA-01] Lease Identifier as hexadecimal digits. */
  readonly id: string;
  readonly method: AllocationMethod;
  readonly family: IpFamily;
  /** [LEA-09] */
  readonly addresses: readonly string[];
  /** [LEA-07] The server that granted it, or undefined where none did. */
  readonly server: string | undefined;
  /** UDP port of that server where it is not 2535. */
  readonly serverPort?: number;
  /** [LEA-08] Largest TTL or hop limit to send with. */
  readonly ttl: number;
  /** Id of the scope that the addresses are of. */
  readonly scope: string;
  #start: Date;
  #stop: Date | null;

  /**
   * [MAA-05, MAA-06] A lease from what was kept of it, to be renewed or released after a restart.
   *
   * @throws {InvalidValueError} when an id, address or TTL is none, or the stop comes before the start
   */
  constructor(values: LeaseValues) {
    const { id, method, family, start, stop, addresses, server, serverPort, ttl, scope } = values;
    if (!/^([0-9a-f]{2})+$/.test(id)) {
      throw new InvalidValueError(
        `${JSON.stringify(id)} is no lease id: it is pairs of digits 0 to 9 and a to f`,
      );
    }
    for (const address of addresses) {
      if (!isMulticast(address) || parseIp(address).family !== family) {
        throw new InvalidValueError(
          `${address} cannot be leased: it is no multicast address of IPv${family}`,
        );
      }
    }
    if (!Number.isInteger(ttl) || ttl < 0 || ttl > 255)
      throw new InvalidValueError(`${ttl} is no TTL: 0 to 255`);
    checkTimes(start, stop);
    this.id = id;
    this.method = method;
    this.family = family;
    this.addresses = [...addresses];
    this.server = server;
    if (serverPort !== undefined) this.serverPort = serverPort;
    this.ttl = ttl;
    this.scope = scope;
    this.#start = new Date(start);
    this.#stop = stop === null ? null : new Date(stop);
  }

  /** [LEA-02] */
  get start(): Date {
    return new Date(this.#start);
  }
  /** [LEA-03] */
  set start(start: Date) {
    checkTime(start);
    this.#start = new Date(start);
  }

  /** [LEA-04] null where it has no end. */
  get stop(): Date | null {
    return this.#stop === null ? null : new Date(this.#stop);
  }
  /** [LEA-05] */
  set stop(stop: Date | null) {
    if (stop !== null) checkTime(stop);
    this.#stop = stop === null ? null : new Date(stop);
  }

  /** [LEA-06] */
  get addressCount(): number {
    return this.addresses.length;
  }

  /** [LEA-07] As the original tells it. */
  get serverText(): string {
    return this.server ?? 'Unspecified';
  }

  /** The plain values, from which the same lease can be made again. */
  get values(): LeaseValues {
    const { id, method, family, start, stop, addresses, server, serverPort, ttl, scope } = this;
    const values = { id, method, family, start, stop, addresses, server, ttl, scope };
    return serverPort === undefined ? values : { ...values, serverPort };
  }

  /** The same lease with other times, to ask for them. */
  withTimes(start: Date, stop: Date | null): Lease {
    return new Lease({ ...this.values, start, stop });
  }
}

/** @throws {InvalidTimeError} when one is no date, or the stop comes before the start (MAA-02) */
export function checkTimes(start: Date, stop: Date | null): void {
  checkTime(start);
  if (stop === null) return;
  checkTime(stop);
  if (stop < start) {
    throw new InvalidTimeError(
      `A lease cannot end (${stop.toISOString()}) before it begins (${start.toISOString()})`,
    );
  }
}

function checkTime(time: Date): void {
  if (Number.isNaN(time.getTime()))
    throw new InvalidTimeError('A lease begins and ends at a date, and this is none');
}

import { InvalidValueError } from '../../src/errors.ts';
import { QosError } from '../errors.ts';
import type { FlowSpec, QosLevel } from '../types/index.ts';
import type { MediumPlan } from './medium-plan.ts';

/**
 * What becomes of a reservation (QOS-04). There is none along the way: receivers of a group do not reserve, and routers
 * of today do not listen to RSVP. Controlled load is as good as a marking that networks give precedence to, as long as the
 * flow stays within what the description allows; a guarantee is refused, since nobody could hold it.
 *
 * @throws {QosError} for a guarantee, and for more than `b=` allows
 * @throws {InvalidValueError} for a rate that is none
 */
export function levelForFlow({ service, tokenRate }: FlowSpec, plans: readonly MediumPlan[]): QosLevel {
  if (tokenRate !== undefined && !(tokenRate > 0)) {
    throw new InvalidValueError(`a flow of ${tokenRate} bytes per second is not above 0`);
  }
  if (service === 'bestEffort') return 'best-effort';
  if (service === 'guaranteed') {
    throw new QosError(
      'A guaranteed service cannot be reserved: no protocol here reserves along the way to a group (RSVP is not spoken). ' +
        'Ask for controlledLoad, which marks packets with a DSCP and holds the flow against b=',
    );
  }
  for (const { mediaType, bandwidth, bandwidthStated } of plans) {
    if (tokenRate === undefined || !bandwidthStated || tokenRate * 8 <= bandwidth) continue;
    throw new QosError(
      `${mediaType}: a flow of ${Math.round((tokenRate * 8) / 1000)} kbit/s is more than the ${Math.round(bandwidth / 1000)} that the description allows (b=)`,
    );
  }
  return 'needed';
}

import type { Ms } from '../machine.ts';
import { MADCAP_PORT } from './constants.ts';
import type { InfoAnswer, InfoRequest } from './client-types.ts';
import type { MadcapDestination } from './exchange.ts';
import { type Answer, clockAhead, Operation, type OperationHost, unicast } from './operation.ts';
import { REQUESTABLE_OPTIONS } from './placement.ts';
import { featuresWanted } from './wanted.ts';

/** More answers than any network has servers: so many are taken of one GETINFO. */
const MOST_ANSWERS = 64;

/** GETINFO and the answers of all servers that give one (RFC 2730 §2.2.1). */
export class InfoOperation extends Operation {
  readonly #request: InfoRequest;
  readonly #group: MadcapDestination;
  readonly #answers = new Map<string, InfoAnswer>();
  #settled: Ms | undefined;

  constructor(
    host: OperationHost,
    number: number,
    request: InfoRequest,
    group: MadcapDestination,
    leaseIdentifier: Uint8Array,
  ) {
    super(host, number, request.family, leaseIdentifier);
    this.#request = request;
    this.#group = request.group ?? group;
  }

  begin(now: Ms): void {
    const { language, server } = this.#request;
    const options = {
      optionRequestList: REQUESTABLE_OPTIONS,
      ...(language === undefined ? {} : { language }),
      ...featuresWanted(),
    };
    const to = server === undefined ? this.#group : unicast(server);
    this.send('getinfo', options, { ...to, port: to.port || MADCAP_PORT }, now);
  }

  handleAnswer({ message, options, server, from }: Answer, now: Ms): boolean {
    if (message.type !== 'ack' || this.#answers.size >= MOST_ANSWERS) return false;
    const { scopeList = [], nesting, featureList } = options;
    this.#answers.set(server, {
      server,
      from,
      scopes: scopeList,
      nesting,
      features: featureList?.supported,
      clockAhead: clockAhead(options, this.host),
    });
    const { settleMs = 500 } = this.#request;
    if (this.#request.server !== undefined) this.#done();
    else this.#settled ??= now + settleMs;
    return true;
  }

  handleTimeout(now: Ms): void {
    if (this.#settled === undefined) this.waitedInVain(now);
    else if (now >= this.#settled) this.#done();
  }

  nextTimeout(): Ms | undefined {
    return this.#settled ?? this.exchange?.delayEnds;
  }

  cancel(): void {
    this.fail({ reason: 'cancelled' });
  }

  #done(): void {
    this.end({ type: 'info', operation: this.number, answers: [...this.#answers.values()] });
  }
}

import type { QosResult } from '../../src/net/index.ts';
import { QosError } from '../errors.ts';
import type { ConferenceEvent, MediaType, QosLevel } from '../types/index.ts';
import type { Medium } from './medium.ts';
import { QosMonitor, wantedDscp } from './qos-policy.ts';

/** Upkeeps between two looks: one second. */
const UPKEEPS = 10;

/** The quality of service of a session's media: marks what is sent, and tells when the network does not carry it (QOS rows). */
export class QosWatch {
  readonly #media: readonly Medium[];
  readonly #emit: (event: ConferenceEvent) => void;
  readonly #monitors: ReadonlyMap<Medium, QosMonitor>;
  #level: QosLevel;
  #upkeeps = 0;

  constructor(media: readonly Medium[], level: QosLevel, emit: (event: ConferenceEvent) => void) {
    this.#media = media;
    this.#level = level;
    this.#emit = emit;
    this.#monitors = new Map(media.map((medium) => [medium, new QosMonitor()]));
  }

  wantedDscp(medium: Medium): number {
    return wantedDscp(this.#level, medium.mediaType);
  }

  /** Marks anew what media of one type, or all, send. @throws {QosError} when it is needed and refused */
  setLevel(level: QosLevel, mediaType?: MediaType): readonly QosResult[] {
    this.#level = level;
    const media = this.#media.filter((it) => mediaType === undefined || it.mediaType === mediaType);
    for (const medium of media) medium.setDscp(wantedDscp(level, medium.mediaType));
    const refused = this.judge(media);
    if (refused !== undefined) throw refused;
    return media.flatMap(({ qos }) => qos.slice(0, 1));
  }

  /** QOS-01, QOS-02: tells where marking failed; gives the error when it was needed. */
  judge(media = this.#media): QosError | undefined {
    for (const { qos, mediaType } of media) {
      const result = qos.find(({ requested, effective }) => requested !== effective);
      if (result === undefined) continue;
      const message = `${mediaType} is not marked with DSCP ${result.requested} but ${result.effective}: ${result.reason ?? 'refused'}`;
      this.#emit({ type: 'qos', mediaType, kind: 'noQos', message, result });
      if (this.#level === 'needed') {
        return new QosError(`${message}. Ask for if-available to go on without it`, result);
      }
    }
    return undefined;
  }

  /** What is lost now is not the network's fault: our own interface was away. */
  excuse(): void {
    for (const monitor of this.#monitors.values()) monitor.excuse();
  }

  /** Ten times a second. */
  upkeep(): void {
    if (++this.#upkeeps % UPKEEPS === 0)
      for (const [medium, monitor] of this.#monitors) this.#look(medium, monitor);
  }

  #look(medium: Medium, monitor: QosMonitor): void {
    const { plan, session } = medium;
    let worstLoss = 0;
    for (const { fractionLost, isSender } of session.sources.values()) {
      if (isSender && fractionLost > worstLoss) worstLoss = fractionLost;
    }
    const message = monitor.look({
      seconds: 1,
      bits: medium.takeReceivedBits(),
      allowed: plan.bandwidthStated ? plan.bandwidth : undefined,
      worstLoss,
    });
    const [result] = medium.qos;
    if (message === undefined || result === undefined) return;
    this.#emit({ type: 'qos', mediaType: plan.mediaType, kind: 'admissionFailure', message, result });
  }
}

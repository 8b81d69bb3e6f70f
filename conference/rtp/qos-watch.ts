import type { Ms } from '../../src/machine.ts';
import type { observeDscp, QosResult } from '../../src/net/index.ts';
import { QosError } from '../errors.ts';
import type { ConferenceEvent, FlowSpec, MediaType, QosCause, QosKind, QosLevel } from '../types/index.ts';
import { ArrivalMarks } from './arrival-marks.ts';
import { levelForFlow } from './flow-spec.ts';
import type { Medium } from './medium.ts';
import { QosMonitor, wantedDscp } from './qos-policy.ts';

/** Upkeeps between two looks: one second. */
const UPKEEPS = 10;
/** Looks in a row in which we sent something, until what others report of it counts. */
const STEADY = 5;

export interface QosWatchOptions {
  readonly media: readonly Medium[];
  readonly level: QosLevel;
  /** What the user wants instead of the usual code points. */
  readonly dscp: number | undefined;
  readonly emit: (event: ConferenceEvent) => void;
  /** How marks of what arrives are seen; undefined where they cannot be, as in a simulation. */
  readonly observe: typeof observeDscp | undefined;
}

/** The quality of service of a session's media: marks what is sent, and tells when the network does not carry it (QOS rows). */
export class QosWatch {
  readonly #options: QosWatchOptions;
  readonly #monitors: ReadonlyMap<Medium, QosMonitor>;
  readonly #counts = new Map<
    Medium,
    { notSent: number; packetsSent: number; sendingFor: number; receivedBits: number }
  >();
  #level: QosLevel;
  #upkeeps = 0;
  #marks: ArrivalMarks[] = [];

  constructor(options: QosWatchOptions) {
    this.#options = options;
    this.#level = options.level;
    this.#monitors = new Map(options.media.map((medium) => [medium, new QosMonitor()]));
  }

  wantedDscp(medium: Medium): number {
    return wantedDscp(this.#level, medium.mediaType, this.#options.dscp);
  }

  /** Once the media are open. Who insists on marks is told of those that others' packets have lost on the way. */
  begin(now: Ms): void {
    const { observe, dscp } = this.#options;
    if (observe === undefined || (this.#level !== 'needed' && dscp === undefined)) return;
    for (const medium of this.#options.media) {
      const { info } = medium;
      if (info === undefined) continue;
      const { group, port, localAddress } = info;
      const expected = (): number => this.wantedDscp(medium);
      const onOther = (address: string, arrived: number): void => {
        const message = `${medium.mediaType} from ${address} arrives with DSCP ${arrived} and not ${expected()}: the network has changed it, or it was never marked`;
        this.#tell(medium, { kind: 'policyFailure', cause: 'remarked', message });
      };
      const place = { group, port, interface: info.interface.name, own: localAddress };
      this.#marks.push(new ArrivalMarks({ observe, ...place, expected, onOther }, now));
    }
  }

  close(): void {
    for (const it of this.#marks) it[Symbol.dispose]();
    this.#marks = [];
  }

  /** Marks anew what media of one type, or all, send. @throws {QosError} when it is needed and refused */
  setLevel(level: QosLevel, mediaType?: MediaType): readonly QosResult[] {
    this.#level = level;
    const media = this.#media(mediaType);
    for (const medium of media) medium.setDscp(this.wantedDscp(medium));
    const refused = this.judge(media);
    if (refused !== undefined) throw refused;
    return media.flatMap(({ qos }) => qos.slice(0, 1));
  }

  /** QOS-04. @throws {QosError} when it cannot be had */
  reserve(flow: FlowSpec, mediaType?: MediaType): readonly QosResult[] {
    const level = levelForFlow(
      flow,
      this.#media(mediaType).map(({ plan }) => plan),
    );
    return this.setLevel(level, mediaType);
  }

  #media(mediaType: MediaType | undefined): readonly Medium[] {
    return this.#options.media.filter((it) => mediaType === undefined || it.mediaType === mediaType);
  }

  /** QOS-01, QOS-02: tells where marking failed; gives the error when it was needed. */
  judge(media = this.#options.media): QosError | undefined {
    for (const medium of media) {
      const { qos, mediaType } = medium;
      const result = qos.find(
        ({ requested, effective, problems }) => requested !== effective || problems !== undefined,
      );
      if (result === undefined) continue;
      const why =
        result.requested === result.effective
          ? ''
          : ` is not marked with DSCP ${result.requested} but ${result.effective}: ${result.reason ?? 'refused'}`;
      const message = `${mediaType}${[why, ...(result.problems ?? [])].filter((it) => it !== '').join('; ')}`;
      this.#tell(medium, { kind: 'noQos', cause: 'marking', message }, result);
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
  upkeep(now: Ms): void {
    if (++this.#upkeeps % UPKEEPS !== 0) return;
    for (const [medium, monitor] of this.#monitors) this.#look(medium, monitor);
    for (const it of this.#marks) it.upkeep(now);
  }

  #look(medium: Medium, monitor: QosMonitor): void {
    const { plan, session, notSent, receivedBits } = medium;
    const { packetsSent } = session.own;
    const before = this.#counts.get(medium);
    const sendingFor = packetsSent === before?.packetsSent ? 0 : (before?.sendingFor ?? 0) + 1;
    this.#counts.set(medium, { notSent, packetsSent, sendingFor, receivedBits });
    const reported = sendingFor > STEADY; // else a report is about a few packets, or an old one
    let [worstLoss, lossThere] = [0, 0];
    let roundTrip: number | undefined;
    for (const source of session.sources.values()) {
      if (source.isSender && source.fractionLost > worstLoss) worstLoss = source.fractionLost;
      const there = !reported ? 0 : (source.reports.get(session.ssrc)?.block.fractionLost ?? 0) / 256;
      if (there > lossThere) lossThere = there;
      const { roundTripSeconds } = source;
      if (roundTripSeconds !== undefined) roundTrip = Math.max(roundTrip ?? 0, roundTripSeconds);
    }
    const troubles = monitor.look({
      seconds: 1,
      bits: receivedBits - (before?.receivedBits ?? 0),
      allowed: plan.bandwidthStated ? plan.bandwidth : undefined,
      worstLoss,
      lossThere,
      roundTripMs: roundTrip === undefined ? undefined : roundTrip * 1000,
      notSent: notSent - (before?.notSent ?? 0),
    });
    for (const trouble of troubles) this.#tell(medium, trouble);
  }

  #tell(
    { mediaType, qos }: Medium,
    trouble: { readonly kind: QosKind; readonly cause: QosCause; readonly message: string },
    result = qos[0],
  ): void {
    if (result !== undefined) this.#options.emit({ type: 'qos', mediaType, ...trouble, result });
  }
}

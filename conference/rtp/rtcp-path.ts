import { isLinkLocal, isSourceSpecific } from '../../src/ip/index.ts';
import type { Ms, TransportAddress } from '../../src/machine.ts';
import { InterfaceError, type MulticastSocket } from '../../src/net/index.ts';
import { NetworkError } from '../../src/errors.ts';
import { ReflectionLimiter } from '../../src/rtcp/index.ts';
import type { RtpSession } from '../../src/rtp/index.ts';
import type { MediumPlan } from './medium-plan.ts';
import type { MediumProtection } from './protection/index.ts';
import type { FeedbackPlan } from './source-rules.ts';

/**
 * How we take part in RTCP. `group`: as everybody, to the group. `source`: to the group, being among those who are heard
 * there. `receiver`: by unicast to the feedback target. `silent`: nobody would hear us.
 */
export type RtcpRole = 'group' | 'source' | 'receiver' | 'silent';

/** A feedback port that was taken, as by another member on this host, is tried again. */
const RETRY_MS: Ms = 5000;
/** Larger reports are nobody's: a compound fits in one packet of any network. */
const MAX_REFLECTED_BYTES = 1472;

export interface RtcpPathOptions {
  readonly session: RtpSession;
  /** Undefined where nothing is encrypted. */
  readonly protection: MediumProtection | undefined;
  /** RTCP share of all receivers, bits per second. */
  readonly receiverBandwidth: number;
  /** Bytes of IP and UDP headers. */
  readonly overheadBytes: number;
  /** Opens a socket that hears what comes to an address and port of this host. */
  readonly openFeedback: (address: string, port: number) => Promise<MulticastSocket>;
  /** After a datagram was handed to the session. */
  readonly onReceived: () => void;
  readonly wallOffset: () => Ms;
}

/**
 * The way of RTCP in a group where not everybody is heard (RFC 5760): receivers report to the feedback target, which is
 * the source unless the description names another (RFC 3605), and the source sends on to the group what they report, so
 * that participants see each other. One of the members on the source's host does so, whoever has the port.
 */
export class RtcpPath {
  readonly #options: RtcpPathOptions;
  #role: RtcpRole = 'group';
  #plan: MediumPlan | undefined;
  #group: MulticastSocket | undefined;
  #feedback: MulticastSocket | undefined;
  #limiter: ReflectionLimiter | undefined;
  #nextTry: Ms | undefined;
  #opening = false;
  #closed = false;
  #reflected = 0;
  #refused = 0;

  constructor(options: RtcpPathOptions) {
    this.#options = options;
  }

  get role(): RtcpRole {
    return this.#role;
  }
  /** Reports sent on to the group, and those that were not, because they were unsound or too many. */
  get reflected(): number {
    return this.#reflected;
  }
  get refused(): number {
    return this.#refused;
  }
  /** The socket that receivers report to, when we are the feedback target. */
  get socket(): MulticastSocket | undefined {
    return this.#feedback;
  }

  /**
   * @param group socket of RTCP in the group
   * @param now   monotonic milliseconds
   */
  begin(plan: MediumPlan, group: MulticastSocket, now: Ms): void {
    this.#plan = plan;
    this.#group = group;
    this.#role = roleOf(plan, group.localAddress);
    const { feedback } = plan;
    if (feedback === undefined) return;
    const { session } = this.#options;
    if (this.#role === 'receiver' || feedback.address !== group.localAddress)
      session.addRelay(feedback.address);
    // Of several sources any may reflect; their own reports come from the same addresses.
    for (const sender of plan.senders) if (sender !== group.localAddress) session.addRelay(sender);
    if (this.#role !== 'source' || feedback.address !== group.localAddress) return;
    session.summarizes = feedback.mode === 'rsi';
    this.#nextTry = now;
  }

  /** The address of the group's socket may be another one now. */
  relocated(): void {
    if (this.#plan !== undefined && this.#group !== undefined) {
      this.#role = roleOf(this.#plan, this.#group.localAddress);
    }
  }

  /** Sends one RTCP datagram of ours where it can be heard. */
  send(bytes: Uint8Array): void {
    const to = this.destination;
    if (to !== undefined) this.#group?.send(bytes, to);
  }

  /** Where our reports go; undefined when nobody would hear them. */
  get destination(): TransportAddress | undefined {
    const plan = this.#plan;
    if (plan === undefined || this.#role === 'silent') return undefined;
    if (this.#role !== 'receiver' || plan.feedback === undefined) {
      return { address: plan.rtcpGroup, port: plan.rtcpPort };
    }
    const { address, port } = plan.feedback;
    const needsZone = address.includes(':') && isLinkLocal(address);
    return { address: needsZone ? `${address}%${this.#group?.interface.name}` : address, port };
  }

  /** Opens the feedback port when it is time to; call it now and then. */
  tick(now: Ms): void {
    const feedback = this.#plan?.feedback;
    if (feedback === undefined || this.#nextTry === undefined || now < this.#nextTry || this.#opening) return;
    this.#opening = true;
    void this.#listen(feedback, now);
  }

  async #listen(feedback: FeedbackPlan, now: Ms): Promise<void> {
    try {
      const socket = await this.#options.openFeedback(feedback.address, feedback.port);
      if (this.#closed) {
        await socket.close();
        return;
      }
      this.#nextTry = undefined;
      this.#feedback = socket;
      this.#limiter = new ReflectionLimiter({ receiverBandwidth: this.#options.receiverBandwidth }, now);
      socket.onDatagram(({ bytes, from, at }) => this.#onFeedback(bytes, from, at));
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      this.#nextTry = error instanceof InterfaceError ? undefined : now + RETRY_MS;
    } finally {
      this.#opening = false;
    }
  }

  #onFeedback(bytes: Uint8Array, from: TransportAddress, at: Ms): void {
    const { session, protection, overheadBytes, onReceived, wallOffset } = this.#options;
    // What is sent on is what came: only its author can protect it under his SSRC.
    const clear = protection === undefined ? bytes : protection.openRtcp(Uint8Array.from(bytes));
    const verdict =
      clear === undefined ? undefined : session.handleFeedback(clear, from, at, at + wallOffset());
    const size = bytes.length + overheadBytes;
    if (
      verdict === undefined ||
      bytes.length > MAX_REFLECTED_BYTES ||
      this.#limiter?.allow(verdict.ssrc, verdict.known, size, at) !== true
    ) {
      this.#refused++;
    } else if (this.#plan?.feedback?.mode === 'reflection') {
      this.#reflected++;
      const { rtcpGroup, rtcpPort } = this.#plan;
      this.#group?.send(bytes, { address: rtcpGroup, port: rtcpPort });
    }
    onReceived();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#nextTry = undefined;
    await this.#feedback?.close();
  }
}

/** Whether RTP of ours could be heard by those who keep to the description. */
export function mayBeHeard({ senders }: Pick<MediumPlan, 'senders'>, localAddress: string): boolean {
  return senders.length === 0 || senders.includes(localAddress);
}

function roleOf(plan: MediumPlan, localAddress: string): RtcpRole {
  const { senders, feedback, rtcpGroup } = plan;
  if (senders.length === 0 && feedback === undefined) return 'group';
  if (senders.includes(localAddress) || feedback?.address === localAddress) return 'source';
  if (feedback !== undefined) return 'receiver';
  return isSourceSpecific(rtcpGroup) ? 'silent' : 'group';
}

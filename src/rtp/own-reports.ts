import type { Ms } from '../machine.ts';
import { ntpFromWall, type ReceiverSummary } from '../rtcp/index.ts';
import type { ExtendedReporter } from './extended.ts';
import type { SessionParts } from './membership.ts';
import type { OwnSender } from './own-sender.ts';
import { buildReport } from './report.ts';
import type { SourceRecord } from './source-record.ts';

export interface OwnReportsOptions {
  readonly parts: SessionParts;
  /** Hz by payload type. */
  readonly clockRates: Float64Array;
  readonly maxRtcpBytes: number;
  readonly overheadBytes: number;
  readonly extended: ExtendedReporter | undefined;
}

/** The RTCP compounds that we send; each is what is to be told at this moment. */
export class OwnReports {
  /** Whether they carry a summary of the receivers (RFC 5760 §7). */
  summarizes = false;
  readonly #options: OwnReportsOptions;

  constructor(options: OwnReportsOptions) {
    this.#options = options;
  }

  regular(now: Ms, wall: number): Uint8Array {
    const { extended, maxRtcpBytes } = this.#options;
    const { sender, plan, table, keyPictures } = this.#options.parts;
    const about = { ssrc: sender.ssrc, weSend: sender.isSender, ntp: ntpFromWall(wall), now };
    const content = {
      ssrc: sender.ssrc,
      sender: this.#senderPart(now, wall),
      sdes: plan.next(),
      summary: this.summarizes ? this.#summarize(wall) : undefined,
      // at most a third, so that the report blocks that everybody reads have their room
      extended: extended?.build(about, table.members.values(), maxRtcpBytes / 3),
      feedback: keyPictures?.take(sender.ssrc, now),
    };
    return buildReport(content, table.members.values(), maxRtcpBytes, now);
  }

  /** As little as may be: who we are, and what cannot wait (RFC 4585 §3.1). */
  early(now: Ms, wall: number): Uint8Array {
    const { sender, plan, keyPictures } = this.#options.parts;
    const { ssrc } = sender;
    const feedback = keyPictures?.take(ssrc, now);
    const content = { ssrc, sender: this.#senderPart(now, wall), sdes: plan.cnameOnly(), feedback };
    return buildReport(content, [], this.#options.maxRtcpBytes, now);
  }

  bye(sources: Iterable<SourceRecord>, reason: string | undefined, now: Ms, wall: number): Uint8Array {
    const { sender, plan } = this.#options.parts;
    const content = {
      ssrc: sender.ssrc,
      sender: this.#senderPart(now, wall),
      sdes: plan.cnameOnly(),
      bye: { reason },
    };
    return buildReport(content, sources, this.#options.maxRtcpBytes, now);
  }

  #summarize(wall: number): ReceiverSummary {
    const { table, scheduler, sender } = this.#options.parts;
    const receivers = table.members.size - table.senders.size;
    const averageBytes = scheduler.averageBytes - this.#options.overheadBytes;
    const ntp = ntpFromWall(wall);
    const blocks = [{ type: 'groupSize', averageBytes, receivers } as const];
    return { type: 'rsi', ssrc: sender.ssrc, summarizedSsrc: sender.ssrc, ntp, blocks };
  }

  #senderPart(now: Ms, wall: number): ReturnType<OwnSender['report']> {
    const { sender } = this.#options.parts;
    return sender.report(this.#options.clockRates[sender.payloadType] ?? 0, now, wall);
  }
}

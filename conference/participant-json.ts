import { qualityJson } from './quality/index.ts';
import type { Participant, ParticipantJson } from './types/index.ts';

/** The documented JSON of a participant; numbers are rounded to what means something. */
export function participantJson(participant: Participant): ParticipantJson {
  const { info, levelDbfs } = participant;
  return {
    id: participant.id,
    cname: participant.cname ?? null,
    local: participant.local,
    name: info.name ?? null,
    email: info.email ?? null,
    phone: info.phone ?? null,
    location: info.loc ?? null,
    tool: info.tool ?? null,
    note: info.note ?? null,
    private: info.priv ?? [],
    address: participant.address ?? null,
    media: [...participant.media],
    active: participant.active,
    talking: participant.talking,
    muted: participant.muted,
    levelDbfs: Number.isFinite(levelDbfs) ? round(levelDbfs, 1) : null,
    since: participant.since.toISOString(),
    substreams: participant.substreams.map((substream) => {
      const { ssrc, mediaType, stats } = substream;
      const expected = stats.packetsReceived + stats.packetsLost;
      return {
        ssrc,
        media: mediaType,
        format: stats.payloadFormat ?? null,
        packetsReceived: stats.packetsReceived,
        packetsLost: stats.packetsLost,
        lossPercent: expected > 0 ? round((100 * Math.max(0, stats.packetsLost)) / expected, 2) : 0,
        jitterMs: round(stats.jitterMs, 2),
        duplicates: stats.duplicates,
        reordered: stats.reordered,
        late: stats.late,
        undecodable: stats.undecodable,
        concealedMs: round(stats.concealedMs, 0),
        playoutDelayMs: round(stats.playoutDelayMs, 1),
        playoutTargetMs: round(stats.playoutTargetMs, 1),
        clockDriftPpm: stats.clockDriftPpm === undefined ? null : round(stats.clockDriftPpm, 1),
        roundTripMs: stats.roundTripMs === undefined ? null : round(stats.roundTripMs, 2),
        quality: qualityJson(substream.quality),
      };
    }),
  };
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

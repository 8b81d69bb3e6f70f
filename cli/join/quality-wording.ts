import type { ParticipantJson } from '../../conference/index.ts';
import type { CallQualityJson, QualityEvent } from './quality-events.ts';
import type { Sentence } from './wording.ts';

export function sayQuality(event: QualityEvent, nameOf: (participant: ParticipantJson) => string): Sentence {
  switch (event.type) {
    case 'quality-poor':
      return {
        weight: 'warning',
        lines: [
          `${nameOf(event.participant)} is hard to understand: ${reasonOf(event.participant, event.ssrc)}`,
        ],
      };
    case 'quality-restored':
      return {
        weight: 'news',
        lines: [`${nameOf(event.participant)} is heard well again (MOS ${event.mosLq.toFixed(1)})`],
      };
    case 'reception':
      return { weight: 'news', lines: [event.message] };
    case 'metrics':
      return { weight: 'news', lines: [`figures for Prometheus are at ${event.url}`] };
    case 'matrix':
      break; // a table, for programs; the live view has it by a key
  }
  return { weight: 'detail', lines: [] };
}

function reasonOf({ substreams }: ParticipantJson, ssrc: number): string {
  const quality = substreams.find((it) => it.ssrc === ssrc)?.quality;
  if (quality === undefined) return 'too much is lost';
  const { recentLossPercent: lost, recentDiscardPercent: late, mosLq } = quality;
  const parts = [`${lost.toFixed(1)} % lost`, ...(late > 0 ? [`${late.toFixed(1)} % too late`] : [])];
  return `${parts.join(', ')}${mosLq === null ? '' : ` (MOS ${mosLq.toFixed(1)})`}`;
}

/** What the end of a call tells beside loss and jitter: the rating, the longest run of loss, the jitter's percentile. */
export function qualityTotals({ substreams }: ParticipantJson): string {
  const all = substreams.map(({ quality }) => quality);
  const ratings = all.flatMap(({ mosLq }) => (mosLq === null ? [] : [mosLq]));
  const variations = all.flatMap(({ delayVariationMs: it }) => (it === null ? [] : [it.p95]));
  const longest = Math.max(0, ...all.map(({ longestLossRun }) => longestLossRun));
  return [
    ...(ratings.length === 0 ? [] : [`, MOS ${Math.min(...ratings).toFixed(1)}`]),
    ...(longest === 0 ? [] : [`, ${longest} lost in a row at worst`]),
    ...(variations.length === 0 ? [] : [`, 95 % within ${Math.max(...variations).toFixed(1)} ms`]),
  ].join('');
}

/** Bit rates with headers and processor load of the whole call. */
export function callLine({ inputBitsPerSecond, outputBitsPerSecond, cpuPercent }: CallQualityJson): string {
  const kilobits = (bits: number): string => `${(bits / 1000).toFixed(0)} kbit/s`;
  const { current, maximum } = inputBitsPerSecond;
  const input = `${kilobits(current)} in (at most ${kilobits(maximum)})`;
  const output = `${kilobits(outputBitsPerSecond.current)} out (at most ${kilobits(outputBitsPerSecond.maximum)})`;
  return `all together: ${input}, ${output}, processor ${cpuPercent.current.toFixed(0)} % (at most ${cpuPercent.maximum.toFixed(0)} %)`;
}

import type { Call } from '../../conference/index.ts';
import { padTo, printable, truncate } from '../output/printable.ts';
import type { Paint } from './view.ts';

/** Who hears whom, from everybody's RTCP reports and our own counts. */
export interface ReceptionMatrix {
  /** Those that hear; the first is ourselves. */
  readonly hearers: readonly string[];
  /** Those that are heard. */
  readonly sources: readonly string[];
  /** Percent lost, one row for each hearer; undefined where nothing is reported. */
  readonly loss: readonly (readonly (number | undefined)[])[];
}

/** More than this is not readable on a terminal. */
const MOST = 60;

/** Looks at a call as it is now. Not cheap: once a second will do. */
export function receptionMatrix(call: Call): ReceptionMatrix {
  const others = call.participants.filter(({ local }) => !local).slice(0, MOST);
  const sources = others.filter((it) => it.substreams.length > 0);
  const keys = others.map(({ cname, id }) => cname ?? id);
  const loss: (number | undefined)[][] = Array.from({ length: others.length + 1 }, () => []);
  for (const [column, source] of sources.entries()) {
    const [substream] = source.substreams;
    if (substream === undefined) continue;
    const { quality, stats } = substream;
    const own = loss[0];
    if (own !== undefined) own[column] = stats.packetsReceived > 0 ? quality.recent.lossPercent : undefined;
    for (const { cname, lossPercent } of quality.reportedBy) {
      const row = cname === undefined ? -1 : keys.indexOf(cname);
      const cells = loss[row + 1];
      if (row >= 0 && cells !== undefined) cells[column] = lossPercent;
    }
  }
  // how they hear us
  const us = sources.length;
  for (const [row, { substreams }] of others.entries()) {
    const there = substreams[0]?.stats.ourLossThere;
    const cells = loss[row + 1];
    if (there !== undefined && cells !== undefined) cells[us] = there * 100;
  }
  const name = ({ displayName }: { readonly displayName: string }): string => printable(displayName);
  return {
    hearers: [`${name(call.local)} (you)`, ...others.map(name)],
    sources: [...sources.map(name), 'you'], // columns are narrow
    loss,
  };
}

const CELL = 7;

/** A page of at most `rows` lines, none wider than `width`: who hears below each other, who is heard beside each other. */
export function matrixLines(
  { hearers, sources, loss }: ReceptionMatrix,
  width: number,
  rows: number,
  paint: Paint,
): string[] {
  const nameWidth = Math.min(20, Math.max(8, width - 2 * CELL));
  const columns = Math.max(1, Math.min(sources.length, Math.floor((width - nameWidth) / CELL)));
  const head = sources.slice(0, columns).map((it) => ` ${padTo(truncate(it, CELL - 1), CELL - 1)}`);
  const lines = [
    paint('dim', truncate('who hears (rows) whom (columns): percent lost in the last interval', width)),
    paint('bold', truncate(`${' '.repeat(nameWidth)}${head.join('')}`, width)),
  ];
  for (const [i, hearer] of hearers.slice(0, Math.max(0, rows - 2)).entries()) {
    const cells = Array.from({ length: columns }, (_, column) => cell(loss[i]?.[column], paint));
    lines.push(padTo(truncate(hearer, nameWidth), nameWidth) + cells.join(''));
  }
  return lines.slice(0, rows);
}

function cell(percent: number | undefined, paint: Paint): string {
  if (percent === undefined) return paint('dim', ' ·'.padEnd(CELL));
  const text = ` ${percent.toFixed(1)}`.padEnd(CELL);
  return percent >= 5 ? paint('red', text) : percent >= 1 ? paint('yellow', text) : paint('green', text);
}

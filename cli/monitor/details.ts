import type { ConferenceFigures, MatrixCell, MediumFigures } from '../../conference/monitor/index.ts';
import { formatEndpoint } from '../../src/ip/index.ts';
import { clocksText } from '../output/clocks.ts';
import { printable } from '../output/printable.ts';
import { tableLines } from '../output/table.ts';
import { spanText } from '../output/times.ts';
import { wrapped } from '../output/wrapped.ts';
import { ssrcText } from './json.ts';
import { bitsText, byTrouble, MARKS, percentText, SENDER_COLUMNS, stateText } from './wording.ts';

export type Paint = (style: 'bold' | 'dim' | 'red' | 'yellow', text: string) => string;

const COLORS = { error: 'red', warning: 'yellow', info: 'dim' } as const;

/** Everything about one conference, in lines. */
export function detailLines(figures: ConferenceFigures, wall: number, width: number, paint: Paint): string[] {
  const { name, media, findings } = figures;
  return [
    `${paint('bold', printable(name))}  ${stateText(figures, wall)}`,
    ...byTrouble(findings).flatMap(({ severity, message, tryThis, code, since }) => [
      ...wrapped(`${MARKS[severity]} `, `${message}.`, width).map((line) => paint(COLORS[severity], line)),
      ...wrapped('    ', tryThis, width),
      paint('dim', `    ${code}, for ${spanText(wall - since)}`),
    ]),
    ...media.flatMap((medium) => mediumLines(medium, width, paint)),
  ];
}

function mediumLines(medium: MediumFigures, width: number, paint: Paint): string[] {
  const {
    mediaType,
    group,
    port,
    formats,
    referenceClocks,
    mediaClock,
    interfaces,
    senders,
    members,
    otherSenders,
    failure,
    kernelDrops,
  } = medium;
  const clocks = clocksText(referenceClocks, mediaClock);
  const facts = [
    formats.join(', '),
    interfaces.length > 0 ? `on ${interfaces.join(' and ')}` : '',
    `${medium.packetsPerSecond.toFixed(0)} packets/s`,
    bitsText(medium.bitsPerSecond),
    clocks === '' ? '' : `clock ${clocks}`,
    `${members} here`,
    kernelDrops > 0 ? `${kernelDrops} dropped by this host` : '',
  ];
  const [header = '', ...rows] = tableLines(SENDER_COLUMNS, senders, width);
  return [
    '',
    `${paint('bold', `${mediaType} ${formatEndpoint(group, port)}`)}  ${printable(facts.filter(Boolean).join(', '))}`,
    ...(failure === undefined ? [] : wrapped('  ', failure, width)),
    ...(senders.length === 0 ? ['Nobody has sent yet.'] : [paint('dim', header), ...rows]),
    ...(otherSenders > 0 ? [`and ${otherSenders} more senders`] : []),
  ];
}

/** Who hears whom, a line for each listener and a column for each sender. */
export function matrixLines(
  title: string,
  cells: readonly MatrixCell[],
  width: number,
  paint: Paint,
): string[] {
  const head = paint('bold', `Who hears whom: ${printable(title)}`);
  if (cells.length === 0) {
    return [
      head,
      'Nobody has reported yet: reports come every five seconds or so, where RTCP is on and not encrypted.',
    ];
  }
  const senders = [...new Map(cells.map(({ about, aboutName }) => [about, aboutName])).entries()];
  const listeners = [
    ...new Map(cells.map(({ reporter, reporterName }) => [reporter, reporterName])).entries(),
  ];
  const cellOf = new Map(cells.map((it) => [`${it.reporter} ${it.about}`, it]));
  const labelOf = (ssrc: number, name: string | undefined): string => printable(name ?? ssrcText(ssrc));
  const columns = [
    {
      title: 'HEARS',
      human: ([ssrc, name]: readonly [number, string | undefined]) => labelOf(ssrc, name),
      shrinks: 1 as const,
    },
    ...senders.map(([about, name]) => ({
      title: labelOf(about, name),
      human: ([reporter]: readonly [number, string | undefined]) =>
        cellText(cellOf.get(`${reporter} ${about}`)),
      shrinks: 2 as const,
    })),
  ];
  const [header = '', ...rows] = tableLines(columns, listeners, width);
  return [head, paint('dim', header), ...rows, '', 'Loss between the last two reports, and jitter.'];
}

function cellText(cell: MatrixCell | undefined): string {
  if (cell === undefined) return '·';
  const jitter = cell.jitterMs === undefined ? '' : ` ${cell.jitterMs.toFixed(0)} ms`;
  return `${percentText(cell.lossShare)}${jitter}`;
}

import { describe, expect, test } from 'vitest';
import { type ReceptionCell, type ReceptionMatrix, ToneSource } from '../../conference/index.ts';
import { matrixFindings, matrixRows, ReceptionWatch } from '../../conference/quality/index.ts';
import type { MemorySocket } from '../support/memory-network.ts';
import { Room, type RoomMember } from '../support/room.ts';
import { FakeClock } from '../support/fake-clock.ts';

const tone = (frequency: number) => new ToneSource(frequency, -12, { sampleRate: 8000, channels: 1 });

/** Ten people, of whom so many talk; `lost` says which RTP packets do not arrive. */
async function ten(
  talkers: number,
  lost: (from: number, to: number, n: number) => boolean,
): Promise<{ room: Room; members: RoomMember[]; matrix: ReceptionMatrix }> {
  const room = new Room(new FakeClock(), ['m=audio 5004 RTP/AVP 0', 'b=AS:640']);
  const members: RoomMember[] = [];
  for (let n = 0; n < 10; n++)
    members.push(await room.join(`p${n}`, n < talkers ? tone(300 + n * 100) : undefined));
  const place = (address: string): number => Number(address.split('.')[3]) - 1;
  let count = 0;
  room.network.deliver = ({ port, from }, to: MemorySocket) =>
    port !== 5004 || !lost(place(from.address), place(to.localAddress), count++);
  room.clock.advance(40_000);
  const matrix = members[9]?.call.reception[0];
  if (matrix === undefined) throw new Error('there is a matrix');
  return { room, members, matrix };
}

const cellOf = (matrix: ReceptionMatrix, reporter: string, source: string): ReceptionCell | undefined => {
  const row = matrix.reporters.findIndex(({ name }) => name === reporter);
  return matrix.cells[row]?.[matrix.sources.findIndex(({ name }) => name === source)];
};

test('ten participants, one lossy path: it is named, by one who is not on it', async () => {
  const { matrix } = await ten(4, (from, to, n) => from === 1 && to === 5 && n % 10 < 3);
  expect(matrix.sources.map(({ name }) => name).sort()).toEqual(['p0', 'p1', 'p2', 'p3']);
  expect(matrix.reporters.map(({ name }) => name).sort()).toEqual(
    Array.from({ length: 10 }, (_, n) => `p${n}`),
  );
  expect(matrix.reporters[0]).toMatchObject({ name: 'p9', local: true });
  expect(cellOf(matrix, 'p5', 'p1')?.lossPercent).toBeGreaterThan(15);
  expect(cellOf(matrix, 'p5', 'p0')).toMatchObject({ state: 'heard', lossPercent: 0 });
  expect(cellOf(matrix, 'p1', 'p1')).toBeUndefined();
  expect(matrix.findings).toHaveLength(1);
  expect(matrix.findings[0]).toMatchObject({ code: 'path' });
  expect(matrix.findings[0]?.message).toMatch(/^\d+ % of p1 do not reach p5, others get them$/);
  const rows = matrixRows(matrix, 10);
  expect(rows).toHaveLength(11);
  expect(rows[0]).toHaveLength(5);
  expect(rows.find(([name]) => name === 'p5')?.join(' ')).toMatch(/\d\d %/);
  expect(matrixRows(matrix, 3)[0]).toEqual(['', matrix.sources[0]?.name, '+3']);
});

test('a bad line out is the sender’s, a bad line in the receiver’s', async () => {
  const out = await ten(3, (from, _to, n) => from === 2 && n % 5 === 0);
  expect(out.matrix.findings.map(({ code, message }) => [code, message.split(' (')[0]])).toEqual([
    ['uplink', 'all 9 hear p2 badly'],
  ]);
  const into = await ten(3, (_from, to, n) => to === 4 && n % 5 === 0);
  expect(into.matrix.findings.map(({ code, message }) => [code, message.split(' (')[0]])).toEqual([
    ['downlink', 'p4 hears all 3 badly'],
  ]);
});

test('one hears another and is not heard by him', async () => {
  const { matrix } = await ten(2, (from, to) => from === 0 && to === 1);
  expect(cellOf(matrix, 'p1', 'p0')?.state).toBe('unheard');
  expect(cellOf(matrix, 'p0', 'p1')?.state).toBe('heard');
  expect(matrix.findings.map(({ code, message }) => [code, message])).toEqual([
    ['asymmetric', 'p0 hears p1, and p1 does not hear p0'],
  ]);
});

describe('findings', () => {
  const cell = (lossPercent: number | undefined): ReceptionCell => ({
    state: lossPercent === undefined ? 'unheard' : 'heard',
    ageMs: 0,
    lossPercent,
    jitterMs: 0,
    mosLq: undefined,
  });
  const member = (ssrc: number) => ({ ssrc, name: `n${ssrc}`, local: ssrc === 0 });
  test('of a bad network there is one for each sender, not one for each cell', () => {
    const members = [0, 1, 2, 3].map(member);
    const cells = members.map((row) => members.map((column) => (row === column ? undefined : cell(20))));
    const findings = matrixFindings({ sources: members, reporters: members, cells });
    expect(findings.map(({ code }) => code)).toEqual(['uplink', 'uplink', 'uplink', 'uplink']);
    expect(findings[0]?.message).toBe('all 3 hear us badly (up to 20 % are lost): look at the way from us');
  });
  test('never more than five', () => {
    const members = Array.from({ length: 20 }, (_, n) => member(n));
    const cells = members.map((row, r) =>
      members.map((column, c) => (row === column ? undefined : cell(c === (r + 1) % 20 ? 10 : 0))),
    );
    expect(matrixFindings({ sources: members, reporters: members, cells })).toHaveLength(5);
  });
});

test('more findings than are remembered are not told again and again', () => {
  const findings = Array.from({ length: 400 }, (_, source) => ({
    code: 'path' as const,
    message: 'x',
    reporter: 1,
    source,
  }));
  const matrix = { medium: 0, mediaType: 'audio', sources: [], reporters: [], cells: [], findings } as const;
  const watch = new ReceptionWatch();
  const told = Array.from({ length: 20 }, (_, at) => watch.look([matrix], at * 5000).length);
  expect(told).toEqual([0, 256, ...Array.from({ length: 18 }, () => 0)]);
});

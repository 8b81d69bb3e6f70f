import type { Description, Medium } from './description.ts';
import { formatText } from './checks.ts';
import { type Check, type Hit, type Rule, seen, standard } from './rule.ts';

interface Pair {
  readonly line: number;
  readonly names: readonly string[];
  /** The media of these names; undefined for a name that no medium has. */
  readonly legs: readonly (Medium | undefined)[];
}

/** The groups of media that carry the same stream twice, `a=group:DUP` (RFC 7104 §4.2). */
function pairsOf({ attributes, media }: Description): Pair[] {
  return attributes
    .filter(({ name, value }) => name === 'group' && /^DUP(\s|$)/.test(value))
    .map(({ value, line }) => {
      const names = value.split(/\s+/).slice(1);
      const legs = names.map((name) => media.find((medium) => medium.find('mid')?.value === name));
      return { line, names, legs };
    });
}

const eachPair =
  (look: (pair: Pair) => Hit | undefined): Check =>
  (description) =>
    pairsOf(description)
      .map(look)
      .filter((hit) => hit !== undefined);

const legsOf = ({ legs }: Pair): Medium[] => legs.filter((leg) => leg !== undefined);

/** Legs on another port than the first. */
export const otherPort: Check = (description) =>
  pairsOf(description).flatMap((pair) => {
    const [first, ...others] = legsOf(pair);
    return others
      .filter(({ port }) => first !== undefined && port !== first.port)
      .map(({ line, port }) => ({ line, reason: `this leg has port ${port}, the other ${first?.port}` }));
  });

/** What ST 2022-7 and RFC 7104 ask of two streams that stand in for each other. */
export const duplicates: readonly Rule[] = [
  {
    id: 'dup-missing',
    severity: 'refuses',
    source: standard('ST 2110-10 §8.3 (2017), RFC 7104 §4.2'),
    check: (description) => {
      const [, second] = description.media;
      return second === undefined || pairsOf(description).length > 0
        ? []
        : [{ line: second.line, reason: 'two media, and nothing says that they are the same stream twice' }];
    },
    advice: 'describe each stream by itself, or add "a=group:DUP primary secondary" and a=mid to each',
  },
  {
    id: 'dup-names',
    severity: 'refuses',
    source: standard('RFC 7104 §4.2, RFC 5888 §5'),
    check: eachPair(({ names, legs, line }) => {
      const lost = names.filter((_, i) => legs[i] === undefined);
      if (lost.length > 0) return { line, reason: `no medium has the name ${lost.join(' or ')}` };
      return names.length < 2 ? { line, reason: 'a DUP group of fewer than two' } : undefined;
    }),
    advice: 'give each leg its a=mid, and name both in a=group',
  },
  {
    id: 'dup-format',
    severity: 'misreads',
    source: standard('ST 2022-7 §5'),
    check: eachPair((pair) => {
      const [first, ...others] = legsOf(pair);
      const odd = others.find(
        (leg) =>
          first !== undefined &&
          (formatText(leg) !== formatText(first) ||
            leg.payloadType !== first.payloadType ||
            leg.description.ptimeMs !== first.description.ptimeMs),
      );
      return odd === undefined
        ? undefined
        : { line: odd.line, reason: 'the two legs differ in format, payload type or packet time' };
    }),
    advice: 'both legs carry the same packets: describe them alike',
  },
  {
    id: 'dup-place',
    severity: 'misreads',
    source: standard('RFC 7104 §4.1, §4.2'),
    check: eachPair((pair) => {
      const seenPlaces = new Set<string>();
      for (const leg of legsOf(pair)) {
        const sources = leg.description.effectiveSourceFilters.flatMap((filter) => filter.sources);
        const place = [leg.connection?.address, leg.port, ...sources].join(' ');
        if (seenPlaces.has(place)) return { line: leg.line, reason: 'both legs go to the same place' };
        seenPlaces.add(place);
      }
      return undefined;
    }),
    advice: 'give the second leg another group, or name its other source in a=source-filter',
  },
];

/** Two legs on different ports, which not everybody can take. */
export const dupPort: Rule = {
  id: 'dup-port',
  severity: 'warns',
  source: seen('bondagit/aes67-linux-daemon#254'),
  check: otherPort,
  advice: 'use one port for both legs, and different groups',
};

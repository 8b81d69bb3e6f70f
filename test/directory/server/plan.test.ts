import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../../directory/server/index.ts';
import { chooseSource } from '../../../directory/server/plan.ts';
import type { Filter } from '../../../src/ldap/index.ts';
import { parseFilter, serializeFilter, utf8Bytes } from '../../../src/ldap/index.ts';
import { conferenceDn, searchRequest, type TestClient, testService } from './support.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-plan-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let number = 0;

/** Words that often meet: prefixes of one another, other case, blanks to squeeze, nothing in common. */
const word = fc.constantFrom(
  'alpha',
  'Alpha',
  'al',
  'beta  gamma',
  'beta gamma',
  'gamma',
  'ß',
  'SS',
  '7',
  '12',
);
const long = word.map((text) => `${text} `.repeat(90) + text);
const attribute = fc.constantFrom(
  'originator',
  'description',
  'cn',
  'url',
  'description;lang-de',
  'objectClass',
);
const value = fc.oneof({ weight: 9, arbitrary: word }, { weight: 1, arbitrary: long });

const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    kind: fc.constantFrom(
      'equality' as const,
      'approx' as const,
      'greaterOrEqual' as const,
      'lessOrEqual' as const,
    ),
    attribute,
    value: value.map(utf8Bytes),
  }),
  fc.record({ kind: fc.constant('present' as const), attribute }),
  fc.record({
    kind: fc.constant('substrings' as const),
    attribute,
    initial: fc.constantFrom('al', 'b', '7', 'beta ', '').map(utf8Bytes),
    any: fc.array(fc.constantFrom('a', 'ph', ' ', 'mm').map(utf8Bytes), { maxLength: 2 }),
    final: fc.constantFrom('a', 'ma', '2', '').map(utf8Bytes),
  }),
  // A computed attribute, and one that nobody knows.
  fc.constantFrom<Filter>(
    { kind: 'equality', attribute: 'hasSubordinates', value: utf8Bytes('FALSE') },
    { kind: 'present', attribute: 'entryTtl' },
    { kind: 'present', attribute: 'colour' },
  ),
);
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      filters: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
  ),
}));

type Step =
  | { readonly kind: 'add'; readonly name: string; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'set'; readonly name: string; readonly attribute: string; readonly value: string }
  | { readonly kind: 'delete'; readonly name: string }
  | { readonly kind: 'search'; readonly filter: Filter };
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    name,
    values: fc.dictionary(fc.constantFrom('originator', 'description', 'url', 'description;lang-de'), value),
  }),
  fc.record({
    kind: fc.constant('set' as const),
    name,
    attribute: fc.constantFrom('originator', 'description', 'url'),
    value,
  }),
  fc.record({ kind: fc.constant('delete' as const), name }),
  fc.record({ kind: fc.constant('search' as const), filter }),
);

function perform(client: TestClient, step: Exclude<Step, { kind: 'search' }>): Promise<unknown> {
  if (step.kind === 'add') return client.addConference(step.name, step.values);
  if (step.kind === 'set') return client.replace(conferenceDn(step.name), step.attribute, step.value);
  return client.request({ type: 'delRequest', entry: conferenceDn(step.name) });
}

/** What every entry answers when it is asked alone: no index has a part in a read of one entry. */
async function plainly(client: TestClient, asked: Filter): Promise<string[]> {
  const all = await client.search('(objectClass=*)', { attributes: ['1.1'] });
  const answers = await Promise.all(
    all.entries.map(({ dn }) =>
      client.request({ ...searchRequest('(objectClass=*)'), filter: asked, baseObject: dn, scope: 'base' }),
    ),
  );
  return answers.flatMap(({ entries }) => entries.map(({ dn }) => dn));
}
async function found(client: TestClient, asked: Filter): Promise<string[]> {
  const { code, entries } = await client.request({ ...searchRequest('(objectClass=*)'), filter: asked });
  expect(code).toBe(0);
  return entries.map(({ dn }) => dn);
}

describe.each([
  { name: 'with room for columns', columnBytes: 1_000_000 },
  { name: 'with little room, so that columns come and go', columnBytes: 600 },
  { name: 'without any room', columnBytes: 0 },
])('a search finds what each entry answers by itself, $name', ({ columnBytes }) => {
  test('whatever two processes have done', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), step), { minLength: 5, maxLength: 40 }),
        async (steps) => {
          const path = join(folder, `${number++}.db`);
          using first = testService({ store: openStore({ path, columnBytes }) });
          using second = testService({ store: openStore({ path, columnBytes }) });
          const [searched, asked] = [[] as [string, string[]][], [] as [string, string[]][]];
          for (const [isFirst, each] of steps) {
            const { client } = isFirst ? first : second;
            if (each.kind !== 'search') {
              await perform(client, each);
              continue;
            }
            const words = serializeFilter(each.filter);
            searched.push([words, await found(client, each.filter)]);
            asked.push([words, await plainly(client, each.filter)]);
          }
          expect(searched).toEqual(asked);
        },
      ),
      { numRuns: 40 },
    );
  });
});

test('a change that came just before in the same transaction is found, and one that was undone is not', async () => {
  using t = testService();
  const { store } = t.service.context;
  await t.client.addConference('a', { originator: 'one' });
  expect(
    await found(t.client, { kind: 'equality', attribute: 'originator', value: utf8Bytes('one') }),
  ).toHaveLength(1);
  const answers = await Promise.all([
    t.client.replace(conferenceDn('a'), 'originator', 'two'),
    t.client.search('(originator=two)'),
    t.client.replace(conferenceDn('a'), 'originator', 'three'),
    t.client.search('(originator=two)'),
    t.client.search('(originator=three)'),
  ]);
  expect(answers.map(({ entries }) => entries.length)).toEqual([0, 1, 0, 0, 1]);
  store.begin();
  const entry = store.get(store.descendants('o=intranet').find(({ dn }) => dn === conferenceDn('a'))!.path)!;
  const attributes = new Map(entry.attributes);
  attributes.delete('originator');
  store.update(entry, attributes, entry.expires);
  const candidates = (): number => {
    const plan = { store, isComputed: () => false };
    const source = chooseSource(parseFilter('(originator=three)'), plan);
    return store.candidates(source, { depth: 'sub' }, 0, 100, 0).entries.length;
  };
  candidates();
  store.rollback();
  expect(candidates()).toBe(1);
  expect((await t.client.search('(originator=three)')).entries).toHaveLength(1);
});

test('thousands of entries, many changed at once, and the memory of columns stays within its limit', async () => {
  const store = openStore({ path: ':memory:', columnBytes: 400_000 });
  using t = testService({ store });
  const add = (from: number, count: number): Promise<unknown> =>
    Promise.all(
      Array.from({ length: count }, (_, i) =>
        t.client.addConference(`c${from + i}`, {
          originator: `owner-${(from + i) % 100}`,
          url: `u${from + i}`,
        }),
      ),
    );
  const owners = async (n: number): Promise<number> =>
    (await t.client.search(`(originator=owner-${n})`)).entries.length;
  await add(0, 2500);
  expect(await owners(7)).toBe(25);
  expect((await t.client.search('(url=u2499)')).entries).toHaveLength(1);
  await add(2500, 500);
  expect(await owners(99)).toBe(30);
  store.transaction(() => {
    for (const entry of store.descendants('o=intranet')) {
      if (!entry.attributes.get('originator')) continue;
      const attributes = new Map(entry.attributes);
      attributes.delete('originator');
      store.update(entry, attributes, entry.expires);
    }
  });
  expect(await owners(7)).toBe(0);
  expect((await t.client.search('(url=*24*)')).entries.length).toBeGreaterThan(100);
  expect(store.columns.bytes).toBeLessThanOrEqual(400_000);
  expect(store.columns.bytes).toBeGreaterThan(0);
}, 60_000);

test('entries are found by attributes without index among large ones and ones that hold any octets', async () => {
  using t = testService();
  const octets = '\0,[1,2]\u0001\u{10ffff}é'.repeat(3);
  for (let i = 0; i < 40; i++) {
    await t.client.addConference(`c${i}`, {
      originator: `owner-${i}`,
      generalDescription: i % 3 === 0 ? octets : 'd'.repeat(i % 3 === 1 ? 20_000 : 3),
    });
  }
  for (let i = 0; i < 40; i++) {
    const { entries } = await t.client.search(`(originator=owner-${i})`);
    expect(entries.map(({ dn }) => dn)).toEqual([conferenceDn(`c${i}`)]);
  }
  expect((await t.client.search('(generalDescription=ddd*)')).entries).toHaveLength(26);
  expect((await t.client.search('(generalDescription=ddd)')).entries).toHaveLength(13);
});

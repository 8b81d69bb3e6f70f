import { describe, expect, test } from 'vitest';
import { attributeOid, SCHEMA_ATTRIBUTES } from '../../../directory/schema/definition.ts';
import { ATTRIBUTE_TYPES } from '../../../directory/server/schema-data.ts';
import { subschemaValues } from '../../../directory/server/subschema.ts';
import { conferenceDn, testService } from './support.ts';

const values = subschemaValues();
const of = (key: string): readonly string[] => values.get(key) ?? [];
const namesIn = (text: string): string[] =>
  Array.from(
    (/NAME (?:'([^']+)'|\(([^)]+)\))/.exec(text)?.slice(1).join(' ') ?? '').matchAll(/[\w;-]+/g),
    ([name]) => name,
  );
const after = (text: string, word: string): string[] => {
  const found = new RegExp(` ${word} (?:\\(([^)]+)\\)|([\\w.;-]+))`).exec(text);
  return (found?.[1] ?? found?.[2] ?? '').split(/[\s$]+/).filter((name) => name !== '');
};

describe('the subschema is complete', () => {
  const types = new Set(of('attributetypes').flatMap(namesIn));
  const rules = new Set(of('matchingrules').flatMap(namesIn));
  const classes = new Set(of('objectclasses').flatMap(namesIn));
  const syntaxes = new Set(of('ldapsyntaxes').map((text) => /^\( ([\d.]+)/.exec(text)?.[1]));

  test.each(of('attributetypes').map((text) => [namesIn(text)[0] ?? '', text] as const))(
    'type %s',
    (_, text) => {
      expect(text).toMatch(
        /^\( \d+(\.\d+)+ NAME .+ EQUALITY \w+ .*SYNTAX [\d.]+( SINGLE-VALUE)?( NO-USER-MODIFICATION)?( USAGE \w+)? \)$/,
      );
      for (const word of ['EQUALITY', 'ORDERING', 'SUBSTR'])
        for (const rule of after(text, word)) expect(rules).toContain(rule);
      expect(syntaxes).toContain(after(text, 'SYNTAX')[0]);
    },
  );

  test.each(of('objectclasses').map((text) => [namesIn(text)[0] ?? '', text] as const))(
    'class %s',
    (_, text) => {
      for (const name of [...after(text, 'MUST'), ...after(text, 'MAY')]) expect(types).toContain(name);
      for (const name of after(text, 'SUP')) expect(classes).toContain(name);
    },
  );

  test('each rule has a syntax that is listed, and no OID is there twice', () => {
    for (const text of of('matchingrules')) expect(syntaxes).toContain(after(text, 'SYNTAX')[0]);
    for (const key of values.keys()) {
      const oids = of(key).map((text) => text.split(' ')[1]);
      expect(new Set(oids).size).toBe(oids.length);
    }
  });
});

test('[DIR-03] entries have the operational attributes that browsers ask for', async () => {
  using t = testService();
  await t.client.addConference('a');
  const entry = await t.client.read(conferenceDn('a'), '+');
  for (const name of [
    'entryUUID',
    'entryDN',
    'subschemaSubentry',
    'createTimestamp',
    'modifyTimestamp',
    'creatorsName',
    'modifiersName',
    'hasSubordinates',
    'structuralObjectClass',
    'entryTtl',
  ]) {
    expect(entry?.attributes).toHaveProperty(name);
  }
  const above = await t.client.read('ou=Dynamic,o=Intranet', 'numSubordinates', 'hasSubordinates');
  expect(above?.attributes).toEqual({ numSubordinates: ['1'], hasSubordinates: ['TRUE'] });
});

test('what other servers have by the schema of the project has the same OID here', () => {
  const elsewhere = new Map(SCHEMA_ATTRIBUTES.map((it) => [it.name, attributeOid(it)]));
  const shared = ATTRIBUTE_TYPES.flatMap(({ names, oid }) =>
    names.map((name) => [name, oid] as const),
  ).filter(([name]) => elsewhere.has(name));
  expect(shared.map(([name]) => name)).toContain('rdvOrigin');
  for (const [name, oid] of shared) expect([name, oid]).toEqual([name, elsewhere.get(name)]);
});

import { expect, test } from 'vitest';
import { readSap } from '../../cli/config-sap.ts';
import { parseScopes } from '../../cli/run/serve-sap.ts';

test('scopes are named by themselves or with commas', () => {
  expect([...parseScopes(['site,Region', 'world'])]).toEqual(['site', 'region', 'world']);
  expect([...parseScopes([])]).toEqual([]);
  expect(() => parseScopes(['site', 'regoin'])).toThrow('"regoin" is no scope: did you mean region?');
});

test('the table [sap] says what the gateway does', () => {
  const table = {
    serve: true,
    name: 'hall-1',
    scope: 'site',
    import: false,
    announce: true,
    'max-imported': 500,
  };
  expect(readSap(table).gateway).toEqual({
    serve: true,
    name: 'hall-1',
    scopes: ['site'],
    imports: false,
    announces: true,
    maxImported: 500,
  });
  expect(readSap({}).gateway).toEqual({});
});

test.each([
  [{ serve: 'yes' }, 'sap.serve must be a boolean'],
  [{ import: 1 }, 'sap.import must be a boolean'],
  [{ name: 3 }, 'sap.name must be a string'],
  [{ 'max-imported': -1 }, 'sap.max-imported must be a whole number from 0 on'],
  [{ 'max-imported': '5' }, 'sap.max-imported must be a whole number from 0 on'],
])('%j is refused', (table, problem) => {
  expect(() => readSap(table)).toThrow(problem);
});

import { subschemaValues } from '../../directory/server/subschema.ts';

/** What the embedded service publishes as its schema and OpenLDAP lacks, as slapd.conf has it. */
export function serviceSchema(): string {
  const values = new Map(subschemaValues());
  // What describes cn=Monitor has the names that slapd has for its own.
  const own = (key: string, word: string): string[] =>
    [...(values.get(key) ?? [])]
      .filter((text) => /^\( (?:2\.25|1\.2\.840\.113556)\./.test(text) && !text.includes("NAME 'monitor"))
      .map((text) => `${word} ${text}`);
  return [...own('attributetypes', 'attributetype'), ...own('objectclasses', 'objectclass'), ''].join('\n');
}

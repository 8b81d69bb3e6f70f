import { testService } from '../directory/server/support.ts';

/** What the embedded service publishes as its schema, as slapd.conf has it. */
export async function serviceSchema(): Promise<string> {
  using t = testService();
  const schema = await t.client.read('cn=Schema,ou=Admin,o=Intranet', 'attributeTypes', 'objectClasses');
  // What describes cn=Monitor has the names that slapd has for its own.
  const own = (definition: string): boolean =>
    /^\( (?:2\.25\.|1\.2\.840\.113556\.)/.test(definition) && !definition.includes("NAME 'monitor");
  const { attributeTypes = [], objectClasses = [] } = schema?.attributes ?? {};
  return [
    ...attributeTypes.filter(own).map((definition) => `attributetype ${definition}`),
    ...objectClasses.filter(own).map((definition) => `objectclass ${definition}`),
  ].join('\n');
}

import { describe, expect, test } from 'vitest';
import type { Config } from '../../cli/config.ts';
import { asksNobody, chooseDirectories, defaultDirectories, meantName } from '../../cli/directories.ts';

const config: Config = {
  directories: [
    { name: 'office', url: 'ldap://a ldap://b', bindDn: 'cn=ann', passwordFile: '/pw' },
    { name: 'lab', url: 'ldap://lab' },
  ],
  domain: 'example.org',
  join: {},
};
const asked = { directories: [], hasDataDir: false, environment: undefined };
const labelsOf = (choices: readonly { readonly label: string; readonly origin: string }[]): string[] =>
  choices.map(({ label, origin }) => `${label} ${origin}`);

describe('which directories are looked in', () => {
  test('[RV-02] [RV-03] [APP-01] the configured ones in order, those of the domain, the one on this computer', () => {
    expect(labelsOf(chooseDirectories(asked, config))).toEqual([
      'office configuration',
      'lab configuration',
      'dns:example.org configuration',
      'embedded default',
    ]);
    expect(defaultDirectories(config)[0]).toMatchObject({ target: 'ldap://a ldap://b', bindDn: 'cn=ann' });
    expect(labelsOf(chooseDirectories(asked, { join: {} }))).toEqual(['embedded default']);
  });

  test('[DEF-15] Active Directory without a name is that of the domain of this computer', () => {
    const ad = { ...asked, dialect: 'ad' };
    expect(chooseDirectories(ad, { join: {} })).toEqual([
      { label: 'dns:', target: 'dns:', origin: 'default' },
    ]);
    expect(labelsOf(chooseDirectories(ad, config))[0]).toBe('office configuration');
    expect(labelsOf(chooseDirectories({ ...ad, hasDataDir: true }, { join: {} }))).toEqual([
      'embedded option',
    ]);
  });

  test('the one on this computer may come first, or not at all', () => {
    const first = [{ name: 'here', url: 'embedded' }, ...(config.directories ?? [])];
    expect(labelsOf(defaultDirectories({ join: {}, directories: first }))).toEqual([
      'here configuration',
      'office configuration',
      'lab configuration',
    ]);
    expect(labelsOf(defaultDirectories({ ...config, domain: 'x.org', embedded: false }))).toHaveLength(3);
    expect(() => defaultDirectories({ join: {}, embedded: false })).toThrow(/leaves no directory/);
  });

  test('named on the command line: by name, URL, host or domain, each once', () => {
    const choose = (...directories: string[]) => chooseDirectories({ ...asked, directories }, config);
    expect(labelsOf(choose('LAB', 'ldap://other', 'lab', 'embedded'))).toEqual([
      'lab option',
      'ldap://other option',
      'embedded option',
    ]);
    expect(choose('office')[0]).toMatchObject({ target: 'ldap://a ldap://b', passwordFile: '/pw' });
    expect(choose('dns:example.org')[0]).toMatchObject({ target: 'dns:example.org', origin: 'option' });
    // even where the file leaves the one on this computer out
    const without = { ...config, embedded: false };
    expect(chooseDirectories({ ...asked, directories: ['embedded'] }, without)[0]?.target).toBe('embedded');
  });

  test('a data directory, the environment and the key directory ask for one alone', () => {
    expect(labelsOf(chooseDirectories({ ...asked, hasDataDir: true }, config))).toEqual(['embedded option']);
    const environment = 'lab';
    expect(labelsOf(chooseDirectories({ ...asked, environment }, config))).toEqual(['lab environment']);
    const one = { ...config, directory: 'office' };
    expect(labelsOf(chooseDirectories(asked, one))).toEqual(['office configuration']);
  });

  test('announced sessions only where they are configured, for commands that can do with them, and last', () => {
    const sap: Config = { ...config, sap: { listen: true } };
    const reading = { ...asked, announced: true };
    expect(labelsOf(chooseDirectories(reading, sap)).at(-1)).toBe('sap: configuration');
    expect(labelsOf(chooseDirectories(asked, sap))).not.toContain('sap: configuration');
    expect(labelsOf(chooseDirectories(reading, config))).not.toContain('sap: configuration');
    expect(labelsOf(chooseDirectories({ ...reading, hasDataDir: true }, sap))).toEqual([
      'embedded option',
      'sap: configuration',
    ]);
    // whoever names directories means those
    expect(labelsOf(chooseDirectories({ ...reading, directories: ['lab'] }, sap))).toEqual(['lab option']);
    expect(labelsOf(chooseDirectories({ ...asked, directories: ['sap:'] }, config))).toEqual(['sap: option']);
    expect([asksNobody('embedded'), asksNobody('SAP:?wait=1'), asksNobody('ldap://sap')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('a word that is no host is taken for a name that was misspelt', () => {
    const choice = { label: 'offce', target: 'offce', origin: 'option' } as const;
    const unknown = (): Error => Object.assign(new Error('no host'), { code: 'ENOTFOUND' });
    const all = new Error('None can be used', { cause: new AggregateError([unknown(), unknown()]) });
    expect(meantName(choice, config, all)).toMatch(/neither .* nor a host\. Did you mean office\?$/);
    expect(meantName({ ...choice, target: 'qqq' }, config, unknown())).toMatch(/It names office, lab\.$/);
    expect(meantName(choice, { join: {} }, unknown())).toMatch(/names no directories/);
    // what has a dot is a host, and what is down is there
    expect(meantName({ ...choice, target: 'office.example' }, config, unknown())).toBeUndefined();
    expect(meantName(choice, config, new Error('refused'))).toBeUndefined();
  });
});

import { describe, expect, test } from 'vitest';
import { execForm, parseContainerfile } from '../support/containerfile.ts';
import { parsePlainYaml, type PlainYaml } from '../support/plain-yaml.ts';
import { FILES, read } from './tree.ts';

const NAMES = ['host', 'macvlan'];
const instructions = parseContainerfile(read('containers/Containerfile'));
const all = (keyword: string): string[] =>
  instructions.filter((it) => it.keyword === keyword).map(({ argument }) => argument);
const isMapping = (value: PlainYaml | undefined): value is Readonly<Record<string, PlainYaml>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const map = (value: PlainYaml | undefined): Readonly<Record<string, PlainYaml>> => {
  if (!isMapping(value)) throw new Error('not a mapping');
  return value;
};
const texts = (value: PlainYaml | undefined): string[] =>
  Array.isArray(value) ? value.map((it) => (typeof it === 'string' ? it : '')) : [];
const compose = (name: string): Readonly<Record<string, PlainYaml>> =>
  map(parsePlainYaml(read(`containers/compose.${name}.yaml`)));

describe('the image', () => {
  test('is made in two stages of one pinned release line, and runs without root', () => {
    const bases = all('FROM').map((it) => it.split(' ')[0]);
    expect(bases).toEqual(['node:26-bookworm-slim', 'node:26-bookworm-slim']);
    expect(all('USER')).toEqual(['node']);
    const order = instructions.map(({ keyword }) => keyword);
    expect(order.lastIndexOf('RUN')).toBeLessThan(order.indexOf('USER'));
    expect(all('ADD')).toEqual([]);
    expect(all('RUN').join('\n')).not.toMatch(/curl|wget|sudo|apt-get|chmod 777|--unsafe|--force/);
  });

  test('takes signals itself, and is watched by the self-test', () => {
    expect(execForm(all('ENTRYPOINT')[0] ?? '')).toEqual(['rendezvous']);
    expect(execForm(all('CMD')[0] ?? '')).toContain('serve');
    expect(all('HEALTHCHECK')[0]).toMatch(/CMD \["rendezvous", "doctor", "--interface", "lo"\]$/);
  });

  test('is given every file that the package is made of', () => {
    const kept = read('containers/Containerfile.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    for (const path of kept) expect(FILES.some((it) => it === path || it.startsWith(`${path}/`))).toBe(true);
    const manifest: { files: string[]; workspaces: string[] } = JSON.parse(read('package.json'));
    const wanted = [
      ...manifest.files.filter((it) => it !== 'dist'),
      ...manifest.workspaces,
      'tsconfig.build.json',
    ];
    const missing = wanted.filter((path) => !kept.some((it) => path === it || path.startsWith(`${it}/`)));
    expect(missing).toEqual([]);
  });
});

/** What the compose specification knows of a service, as far as it is used here. */
const SERVICE_KEYS = new Set(
  (
    'build image network_mode networks restart volumes read_only cap_drop cap_add security_opt profiles command ' +
    'tmpfs user depends_on'
  ).split(' '),
);

describe.each(NAMES)('compose.%s.yaml', (name) => {
  const file = compose(name);
  const services = map(file['services']);

  test('has only what the compose specification knows', () => {
    const known = new Set(['name', 'services', 'networks', 'volumes']);
    expect(Object.keys(file).filter((key) => !known.has(key))).toEqual([]);
    for (const service of Object.values(services))
      expect(Object.keys(map(service)).filter((key) => !SERVICE_KEYS.has(key))).toEqual([]);
  });

  test('names files, volumes, networks and services that are there', () => {
    const build = map(map(services['directory'])['build']);
    expect(FILES).toContain(build['dockerfile']);
    expect(build['context']).toBe('..');
    const volumes = Object.keys(map(file['volumes']));
    const networks = Object.keys(map(file['networks'] ?? {}));
    for (const service of Object.values(services).map(map)) {
      for (const volume of texts(service['volumes'])) expect(volumes).toContain(volume.split(':')[0]);
      const used = Array.isArray(service['networks'])
        ? texts(service['networks'])
        : Object.keys(map(service['networks'] ?? {}));
      expect(used.filter((it) => !networks.includes(it))).toEqual([]);
      expect(Object.keys(map(service['depends_on'] ?? {})).filter((it) => !(it in services))).toEqual([]);
      expect((service['network_mode'] === 'host') !== used.length > 0).toBe(true);
    }
  });

  test('keeps the directory in a volume, without rights, and tests itself only when asked', () => {
    const { directory, ...others } = services;
    expect(map(directory)).toMatchObject({
      read_only: 'true',
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      volumes: ['data:/data'],
    });
    expect(Object.keys(others)).toEqual(['doctor', 'listener', 'prober']);
    for (const service of Object.values(others)) expect(map(service)['profiles']).toEqual(['self-test']);
    expect(texts(map(services['listener'])['command']).slice(0, 2)).toEqual(['doctor', '--listen']);
    expect(texts(map(services['prober'])['command']).slice(0, 2)).toEqual(['doctor', '--probe']);
  });
});

test('the macvlan probe goes to the address that the listener has', () => {
  const services = map(compose('macvlan')['services']);
  const address = map(map(map(services['listener'])['networks'])['lan'])['ipv4_address'];
  expect(texts(map(services['prober'])['command'])[2]).toBe(address);
});

describe('plain YAML', () => {
  test('mappings, lists, lists of mappings, comments', () => {
    const text = 'a: 1  # one\nb:\n  - x\n  - k: v\n    l: w\n# none\nc:\nd:\n  e: f:g\n';
    expect(parsePlainYaml(text)).toEqual({ a: '1', b: ['x', { k: 'v', l: 'w' }], c: null, d: { e: 'f:g' } });
  });
  test.each([
    ['a: 1\na: 2', /line 2: a is there twice/],
    ['a:\n\tb: 1', /line 2: a tab/],
    ['a:\n  b: 1\n c: 2', /line 3: indented otherwise/],
    ['a: [1, 2]', /line 1/],
    ['a: yes', /line 1/],
    ['- a: b\n  c', /line 2: neither/],
  ])('%j is refused', (text, says) => {
    expect(() => parsePlainYaml(text)).toThrow(says);
  });
});

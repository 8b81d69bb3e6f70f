import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Home } from './cli-program.ts';

let home: Home;
beforeAll(async () => {
  home = new Home();
  for (const name of ['Lecture', 'Late', 'Two words', '$(touch caught)', '`touch caught`']) {
    const { code, err } = await home.run(['create', name, '--quiet']);
    if (code !== 0) throw new Error(err);
  }
  for (const [name, phone] of [
    ['alice', 'a.example'],
    ['alice', 'b.example'],
    ['bob', 'a.example'],
  ] as const) {
    await home.run(['user', 'publish', name, '--phone', phone, '--quiet']);
  }
});
afterAll(() => home[Symbol.dispose]());

/** What bash would offer with the cursor at the end of `line`. */
async function offered(line: string): Promise<string[]> {
  const words = line.split(' ').map((word) => `'${word}'`);
  const script = [
    'source <(rendezvous completion bash)',
    'compopt() { :; }', // works only while a key is being answered
    `COMP_WORDS=(${words.join(' ')})`,
    `COMP_CWORD=${words.length - 1}`,
    '__rendezvous_complete',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ];
  const { out, err, code } = await home.shell(script.join('\n'));
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.split('\n').filter((word) => word !== '');
}

describe('completion in bash', () => {
  test.each([
    { name: 'commands', line: 'rendezvous ', want: ['demo', 'create', 'list', 'show', 'join', 'completion'] },
    { name: 'a command that is begun', line: 'rendezvous li', want: ['list'] },
    { name: 'options', line: 'rendezvous list --', want: ['--filter', '--active', '--ndjson'] },
    { name: 'choices', line: 'rendezvous create X --scope ', want: ['local', 'site', 'region', 'world'] },
    { name: 'shells', line: 'rendezvous completion ', want: ['bash', 'zsh', 'fish', 'powershell'] },
  ])('$name', async ({ line, want }) => {
    expect(await offered(line)).toEqual(expect.arrayContaining(want));
  });

  test.each(['show', 'edit', 'delete', 'join', 'invite'])('names of conferences for %s', async (command) => {
    expect(await offered(`rendezvous ${command} `)).toEqual(['Late', 'Lecture']);
    expect(await offered(`rendezvous ${command} Le`)).toEqual(['Lecture']);
  });

  test('names of users, and what can be done with users', async () => {
    expect(await offered('rendezvous user ')).toEqual(
      expect.arrayContaining(['publish', 'list', 'show', 'delete']),
    );
    expect(await offered('rendezvous user show ')).toEqual(['alice', 'bob']);
    expect(await offered('rendezvous user delete b')).toEqual(['bob']);
  });

  test('a name that the shell would run is not offered, and not run', async () => {
    expect((await offered('rendezvous show ')).join(' ')).not.toContain('touch');
    expect((await home.shell('ls caught')).code).not.toBe(0);
  });

  test('a directory that does not answer gives no names and says nothing', async () => {
    expect(await offered('rendezvous --directory=ldap://127.0.0.1:9 show ')).toEqual([]);
  });
});

test.each(['zsh', 'fish', 'powershell'])('a script for %s that calls back', async (shell) => {
  const { code, out } = await home.run(['completion', shell]);
  expect(code).toBe(0);
  expect(out).toMatch(/\bcomplete '?--/);
});

test('an unknown shell is wrong usage', async () => {
  const { code, err } = await home.run(['completion', 'tcsh']);
  expect(code).toBe(2);
  expect(err).toContain('bash, zsh, fish, powershell');
});

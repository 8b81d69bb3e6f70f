/** One instruction of a Containerfile, such as `RUN` with its command. */
export interface Instruction {
  readonly keyword: string;
  readonly argument: string;
}

/** The instructions in order; lines that end with a backslash are put together, comments left out. */
export function parseContainerfile(text: string): Instruction[] {
  return text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, keyword = '', argument = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return { keyword: keyword.toUpperCase(), argument };
    });
}

/** The exec form: `["rendezvous", "serve"]`. @throws when it is the shell form */
export function execForm(argument: string): string[] {
  const parsed: unknown = JSON.parse(argument);
  if (!Array.isArray(parsed) || !parsed.every((it) => typeof it === 'string'))
    throw new Error(`${argument} is not in the exec form`);
  return parsed;
}

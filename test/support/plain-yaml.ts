/** What a simple YAML document holds. */
export type PlainYaml = string | null | readonly PlainYaml[] | { readonly [key: string]: PlainYaml };

interface Line {
  readonly number: number;
  readonly indent: number;
  readonly text: string;
}

/**
 * Reads the plain part of YAML 1.2 that our own files are written in: mappings and lists by indentation, scalars on one
 * line, comments on lines of their own or after two blanks. Everything else is refused, since nobody here could read it.
 *
 * @throws with the number of the line
 */
export function parsePlainYaml(text: string): PlainYaml {
  const lines: Line[] = text.split('\n').flatMap((raw, i) => {
    const kept = raw.replace(/(^|\s+)#.*$/, '').trimEnd();
    if (kept === '') return [];
    if (kept.includes('\t')) throw new Error(`line ${i + 1}: a tab`);
    const indent = kept.search(/\S/);
    return [{ number: i + 1, indent, text: kept.slice(indent) }];
  });
  const { value, next } = readBlock(lines, 0, 0);
  const left = lines[next];
  if (left !== undefined) throw new Error(`line ${left.number}: indented otherwise than what is around it`);
  return value;
}

interface Read {
  readonly value: PlainYaml;
  readonly next: number;
}

function readBlock(lines: readonly Line[], start: number, indent: number): Read {
  return lines[start]?.text.startsWith('- ') === true
    ? readList(lines, start, indent)
    : readMapping(lines, start, indent);
}

function readList(lines: readonly Line[], start: number, indent: number): Read {
  const value: PlainYaml[] = [];
  let at = start;
  for (let line = lines[at]; line?.indent === indent && line.text.startsWith('- '); line = lines[at]) {
    const inner = { ...line, indent: indent + 2, text: line.text.slice(2) };
    if (/^[\w.-]+:( |$)/.test(inner.text)) {
      const copy = lines.with(at, inner);
      const read = readMapping(copy, at, indent + 2);
      value.push(read.value);
      at = read.next;
    } else {
      value.push(scalar(inner));
      at++;
    }
  }
  return { value, next: at };
}

function readMapping(lines: readonly Line[], start: number, indent: number): Read {
  const value: Record<string, PlainYaml> = {};
  let at = start;
  for (let line = lines[at]; line?.indent === indent; line = lines[at]) {
    const [, key, rest = ''] = /^([\w.-]+):(?: (.*))?$/.exec(line.text) ?? [];
    if (key === undefined) throw new Error(`line ${line.number}: neither a key nor an entry of a list`);
    if (key in value) throw new Error(`line ${line.number}: ${key} is there twice`);
    const below = lines[at + 1];
    if (rest !== '') {
      value[key] = scalar({ ...line, text: rest });
      at++;
    } else if (below !== undefined && below.indent > indent) {
      const read = readBlock(lines, at + 1, below.indent);
      value[key] = read.value;
      at = read.next;
    } else {
      value[key] = null;
      at++;
    }
  }
  return { value, next: at };
}

function scalar({ number, text }: Line): string {
  if (
    /^[[{&*!|>'"%@`]|: |^- |^(true|false|null|~|yes|no|on|off)$/i.test(text) &&
    !/^(true|false)$/.test(text)
  )
    throw new Error(`line ${number}: ${text} would have to be read by more than these rules`);
  return text;
}

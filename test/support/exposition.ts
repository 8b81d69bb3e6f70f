const SAMPLE = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (-?[\d.]+(?:e[+-]?\d+)?)$/i;
const LABEL = /([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/giy;

/** Reads the text-based exposition format 0.0.4 by its rules. @throws {Error} that says which line breaks which rule */
export function readExposition(text: string): Map<string, number> {
  const series = new Map<string, number>();
  const types = new Map<string, string>();
  let current = '';
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-z_:][a-z0-9_:]*) (.+)$/i.exec(line);
    if (comment !== null) {
      const [, kind, name = '', rest = ''] = comment;
      if (kind === 'TYPE' && types.has(name)) throw new Error(`a second type: ${line}`);
      if (kind === 'TYPE') types.set(name, rest);
      if (kind === 'TYPE' && (rest === 'counter') !== name.endsWith('_total'))
        throw new Error(`_total: ${line}`);
      current = name;
      continue;
    }
    const sample = SAMPLE.exec(line);
    if (sample === null) throw new Error(`no sample: ${line}`);
    const [, name = '', labels = '', value] = sample;
    if (name !== current || !types.has(name)) throw new Error(`not with its metric: ${line}`);
    LABEL.lastIndex = 0;
    while (LABEL.lastIndex < labels.length)
      if (LABEL.exec(labels) === null) throw new Error(`labels: ${line}`);
    const key = `${name}{${labels}}`;
    if (series.has(key)) throw new Error(`twice: ${line}`);
    series.set(key, Number(value));
  }
  return series;
}

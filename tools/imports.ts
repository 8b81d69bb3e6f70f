/** One import or re-export of a module. */
export interface Import {
  readonly specifier: string;
  /** `import type` or `export type`: gone at run time. */
  readonly typeOnly: boolean;
  /** `import(…)` in an expression: loaded when it is reached. */
  readonly dynamic: boolean;
}

/**
 * The modules that a source file imports, re-exports or loads, in order. Comments and the insides of other strings are
 * passed over; a specifier that is computed at run time is not seen.
 */
export function importsOf(source: string): Import[] {
  const found: Import[] = [];
  // Comments, then template literals and strings, are matched first so that an import inside them is not one.
  const token =
    /\/\/[^\n]*|\/\*[^]*?\*\/|\b(import|export)(\s+type\b)?([^'"`;()=]*?\bfrom\s*|\s*)(['"])([^'"\n]+)\4|\bimport\s*\(\s*(['"])([^'"\n]+)\6|(['"])(?:\\.|(?!\8)[^\\\n])*\8|`(?:\\.|[^\\`])*`/g;
  for (const [, keyword, type, middle, , specifier, , loaded] of source.matchAll(token)) {
    if (loaded !== undefined) found.push({ specifier: loaded, typeOnly: false, dynamic: true });
    else if (specifier !== undefined && (keyword === 'import' || middle?.includes('from'))) {
      found.push({ specifier, typeOnly: type !== undefined, dynamic: false });
    }
  }
  return found;
}

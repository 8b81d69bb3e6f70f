/**
 * Writes the generated documents: `docs/cli.md` from the program, `docs/parity.md` from the parity rows and the titles
 * of the tests, `docs/rendezvous.schema` from the definition of the schema. `--check` writes nothing and fails when a document is stale or a row claims what no test shows.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cliReference } from '../cli/reference.ts';
import { schemaText } from '../directory/schema/index.ts';
import { ROOT } from './files.ts';
import { parityMarkdown, parityProblems, parityRows, testProof } from './parity/table.ts';

const rows = parityRows();
const proof = testProof(ROOT);
const documents: Record<string, string> = {
  'docs/cli.md': cliReference(),
  'docs/parity.md': parityMarkdown(rows, proof),
  'docs/rendezvous.schema': schemaText('openldap-schema'),
};
const problems = parityProblems(rows, proof);

for (const [path, wanted] of Object.entries(documents)) {
  const file = new URL(path, ROOT);
  if (read(file) === wanted) continue;
  if (process.argv.includes('--check')) problems.push(`${path} is stale. Run: npm run docs`);
  else {
    writeFileSync(file, wanted);
    console.log(`Wrote ${path}`);
  }
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function read(file: URL): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // not there yet
  }
}

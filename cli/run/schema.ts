import { schemaText } from '../../directory/schema/index.ts';
import { parseDn } from '../../src/ldap/index.ts';
import type { SchemaOptions } from '../commands/schema.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../errors.ts';

export function runSchema(ctx: CliContext, { format, base }: SchemaOptions): void {
  if (base !== undefined) {
    if (format !== 'ad-ldif') throw new UsageError(`--base is for --format ad-ldif; ${format} names no DN`);
    try {
      parseDn(base);
    } catch (error) {
      throw new UsageError(`--base "${base}" is no DN like DC=example,DC=com`, { cause: error });
    }
  }
  ctx.out.write(schemaText(format, base));
}

import { partitionLdif } from '../../directory/schema/index.ts';
import type { PartitionCommandOptions } from '../commands/partition.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../errors.ts';
import { messageOf } from '../output/output.ts';

export function runPartition(
  ctx: CliContext,
  { base, application = false, publish, domain, remove = false }: PartitionCommandOptions,
): void {
  const place = { base, isApplication: application, publish, remove };
  try {
    ctx.out.write(partitionLdif({ ...place, ...(domain === undefined ? {} : { domain }) }));
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
}

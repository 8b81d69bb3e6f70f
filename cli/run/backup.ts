import { backupStore } from '../../directory/server/index.ts';
import type { BackupOptions } from '../commands/backup.ts';
import type { CliContext } from '../context.ts';
import { refuseExisting, storePath } from './store.ts';

export async function runBackup(
  ctx: CliContext,
  file: string,
  { force = false }: BackupOptions,
): Promise<void> {
  refuseExisting(file, force);
  const path = await storePath(ctx, true);
  const { entries, bytes } = backupStore(path, file, { force });
  ctx.err.note(`Copied ${path} to ${file}: ${entries} entries, ${Math.ceil(bytes / 1024)} KiB, checked.`);
}

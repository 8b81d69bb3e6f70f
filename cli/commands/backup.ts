import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';

export interface BackupOptions {
  readonly force?: boolean;
}

export function backupCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('backup')
      .description('Copy the directory of this computer while it is in use')
      .argument('<file>', 'where to')
      .option('--force', 'replace a file that is there')
      .action(async (file: string, options: BackupOptions) => {
        const { runBackup } = await import('../run/backup.ts');
        await runBackup(ctx, file, options);
      }),
    {
      examples: [
        'rendezvous backup conferences.db',
        'rendezvous backup --data-dir /var/lib/rendezvous --force last.db',
      ],
      text: `The copy is the directory of one moment, whatever is written meanwhile; it is checked before it gets its name. To
restore it, stop the service and everything else that uses the directory, put the copy in place of directory.db in the
data directory, delete directory.db-wal and directory.db-shm there, and start again.`,
    },
  );
}

import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { MONITOR_SHAPES } from '../monitor/shapes.ts';
import { collect, SAP_WAIT_HELP } from './conference-options.ts';

export interface MonitorOptions {
  readonly all?: boolean;
  readonly interface?: readonly string[];
  readonly once?: string;
  readonly failOn?: string;
  readonly matrix?: boolean;
  readonly dscp?: string;
  readonly report?: boolean;
  readonly metrics?: string | true;
  readonly every?: string;
  readonly json?: boolean;
  readonly sapWait?: string;
}

export function monitorCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('monitor')
      .description('Watch many conferences at once, without taking part')
      .argument('[name...]', 'names in the directory or as announced, or files with session descriptions')
      .option('--all', 'every conference of the directories, as they come and go')
      .option('--interface <if>', 'network interface: name, address, index or "all"; repeatable', collect)
      .option('--once <time>', 'watch for so long, print a report, and say by the exit status how it is')
      .addOption(
        new Option(
          '--fail-on <severity>',
          'with --once, exit status 1 for findings of this severity and worse (default: warning)',
        ).choices(['info', 'warning', 'error']),
      )
      .option('--matrix', 'with --once and --json: who hears whom how well, by everybody’s RTCP')
      .option('--dscp <value>', 'DSCP that packets should arrive with: 0 to 63, or EF, AF41, CS5, …')
      .option('--report', 'send RTCP receiver reports, as one who takes part; otherwise nothing is sent')
      .option('--metrics [host:port]', 'offer the figures to Prometheus (default: 127.0.0.1:9390)')
      .option('--every <time>', 'with --json, time between two snapshots (default: 10s)')
      .option('--json', 'print events as JSON, one object per line; with --once one object')
      .option('--sap-wait <time>', SAP_WAIT_HELP)
      .action(async (names: string[], options: MonitorOptions) => {
        const { runMonitor } = await import('../run/monitor.ts');
        await runMonitor(ctx, names, options);
      }),
    {
      examples: [
        'rendezvous monitor --all',
        'rendezvous monitor Lecture "Morning round" --interface eth1 --dscp EF',
        'rendezvous monitor --all --directory sap: --metrics 127.0.0.1:9390 --json',
        'rendezvous monitor studio.sdp --once 20s --fail-on error',
        'rendezvous monitor Lecture --once 30s --matrix',
      ],
      text: `It joins the groups like every listener, counts and measures what comes, and decodes nothing. Nothing is sent but the
joins. On a terminal a table shows what is in trouble first:
  arrows, Page Up, Page Down move   Enter shows one conference   m who hears whom   / searches   t only trouble   q leaves
In a pipe each change is a line: time, what happened, conference, severity, code, sentence. Findings wait for some seconds before
they are told, and for some more before they are over, so that they do not flutter. DSCP and TTL are seen where koffi is installed
(Linux), by a look at each group every ten seconds; levels where the encoding is PCMU, PCMA, L16 or L24, or where packets carry
them (RFC 6464). What is encrypted is watched all the same, without levels.

With --once the exit status is 0 when nothing of that severity was found, and 1 when something was. docs/operations.md explains
every finding.`,
      json: MONITOR_SHAPES,
    },
  );
}

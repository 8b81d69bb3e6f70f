import { Command, Option } from 'commander';
import { AUTH_METHODS } from './authentication.ts';
import { accountCommand } from './commands/account.ts';
import { announceCommand } from './commands/announce.ts';
import { backupCommand } from './commands/backup.ts';
import { browseCommand } from './commands/browse.ts';
import type { DialectName } from '../directory/index.ts';
import { completionCommand } from './commands/completion.ts';
import { createCommand } from './commands/create.ts';
import { deleteCommand } from './commands/delete.ts';
import { discoverCommand } from './commands/discover.ts';
import { demoCommand } from './commands/demo.ts';
import { devicesCommand } from './commands/devices.ts';
import { directoryCommand } from './commands/directory.ts';
import { doctorCommand } from './commands/doctor.ts';
import { editCommand } from './commands/edit.ts';
import { inviteCommand } from './commands/invite.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { joinCommand } from './commands/join.ts';
import { lintCommand } from './commands/lint.ts';
import { listCommand } from './commands/list.ts';
import { monitorCommand } from './commands/monitor.ts';
import { mcastCommand } from './commands/mcast.ts';
import { partitionCommand } from './commands/partition.ts';
import { forwardCommand } from './commands/forward.ts';
import { playCommand } from './commands/play.ts';
import { schemaCommand } from './commands/schema.ts';
import { serveCommand } from './commands/serve.ts';
import { showCommand } from './commands/show.ts';
import { sweepCommand } from './commands/sweep.ts';
import { userCommand } from './commands/user.ts';
import { collect } from './commands/conference-options.ts';
import type { CliContext, GlobalOptions } from './context.ts';
import { addHelp, type CommandHelp, HELP_LAYOUT } from './help.ts';
import { packageVersion } from './version.ts';

/** Written out: naming them shall load nothing. */
const DIALECTS: readonly DialectName[] = ['ils', 'ad', 'rendezvous', 'h350'];

const HELP: CommandHelp = {
  examples: [
    'rendezvous demo                      # see it work, without a network or any set-up',
    'rendezvous create "Morning round"    # publish a conference',
    'rendezvous list                      # find it',
    'rendezvous join "Morning round"      # take part',
    'rendezvous help join                 # more on one command',
  ],
};

/**
 * The whole command line. Nothing is loaded for a command before it runs.
 *
 * @param withCompletion false leaves out `completion`, for the library that brings its own
 */
export function buildProgram(ctx: CliContext, withCompletion = true): Command {
  const program = new Command('rendezvous')
    .description('Publish multicast conferences in an LDAP directory, find them and join them over RTP')
    .option(
      '--directory <url>',
      'LDAP directory: ldap://host[:port], ldaps://…, host, dns:domain or dns: alone, a name from the configuration file, "embedded" for the one on this computer, or "sap:" for announced sessions; repeatable (default: those of the configuration file and the one on this computer)',
      collect,
    )
    .addOption(
      new Option(
        '--dialect <dialect>',
        'how the directory is kept, instead of finding out: ad is Active Directory, h350 entries of other programs to look at',
      ).choices(DIALECTS),
    )
    .option('--data-dir <dir>', 'where the directory on this computer is kept')
    .option('--bind-dn <dn>', 'name to authenticate with, by its DN; its password is asked for')
    .option('--user <name>', 'name to authenticate with that is no DN, by SCRAM unless --auth says otherwise')
    .addOption(new Option('--auth <method>', 'how to authenticate').choices(AUTH_METHODS))
    .option('--password-file <file>', 'file with the password in its first line')
    .option('--password-command <command>', 'shell command that prints the password in its first line')
    .option('--starttls', 'make ldap:// connections safe by TLS before anything else')
    .option(
      '--ca-file <file>',
      'certificates (PEM) that the server’s must be signed by, instead of the usual ones',
    )
    .option('--client-cert <file>', 'certificate (PEM) to show to servers; see --auth external')
    .option('--client-key <file>', 'its key (PEM)')
    .option('--insecure-keys', 'let keys of encrypted conferences cross the network without TLS')
    .option('--timeout <time>', 'longest wait for an answer of the directory (default: 10s)')
    .option('--no-color', 'no colour, as when NO_COLOR is set')
    .option('-q, --quiet', 'say nothing but results, warnings and errors')
    .option('-v, --verbose', 'tell what is being done, and everything about errors')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print help on a command');
  addHelp(adapt(program, ctx), HELP);
  program.hook('preAction', async () => {
    const options = program.opts<GlobalOptions>();
    ctx.configure(options);
    const { color = true } = await ctx.config();
    ctx.configure({ ...options, color: options.color && color });
  });
  const commands = [
    demoCommand,
    devicesCommand,
    createCommand,
    listCommand,
    showCommand,
    lintCommand,
    joinCommand,
    monitorCommand,
    playCommand,
    forwardCommand,
    inviteCommand,
    browseCommand,
    discoverCommand,
    announceCommand,
    editCommand,
    deleteCommand,
    userCommand,
    directoryCommand,
    mcastCommand,
    serveCommand,
    accountCommand,
    backupCommand,
    exportCommand,
    importCommand,
    doctorCommand,
    schemaCommand,
    partitionCommand,
    sweepCommand,
    ...(withCompletion ? [completionCommand] : []),
  ];
  for (const make of commands) program.addCommand(adapt(make(ctx), ctx));
  return program;
}

/** Errors are thrown instead of ending the process, and everything goes to the context's streams. */
function adapt(command: Command, ctx: CliContext): Command {
  for (const below of command.commands) adapt(below, ctx);
  return command
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ ...HELP_LAYOUT, styleTitle: (title) => ctx.out.style('bold', title) })
    .configureOutput({
      writeOut: (text) => ctx.out.write(text),
      writeErr: (text) => ctx.err.write(text),
      getOutHelpWidth: () => (ctx.out.isTerminal ? Math.min(100, ctx.out.columns) : 100),
      getErrHelpWidth: () => (ctx.err.isTerminal ? Math.min(100, ctx.err.columns) : 100),
      getOutHasColors: () => ctx.out.isColored,
      getErrHasColors: () => ctx.err.isColored,
      outputError: (text, write) => {
        const sentence = text.replace(/^error: /, '').trimEnd();
        write(`${ctx.err.style('red', 'rendezvous:')} ${sentence}\nTry: ${callOf(command)} --help\n`);
      },
    });
}

function callOf(command: Command): string {
  return command.parent === null ? command.name() : `${callOf(command.parent)} ${command.name()}`;
}

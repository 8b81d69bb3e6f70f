import type { Command } from 'commander';
import { type CliHost, CliContext, processHost } from './context.ts';
import { UsageError } from './errors.ts';
import { codeOf, EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { nearest } from './input/nearest.ts';
import { buildProgram } from './program.ts';

/**
 * Runs one command line to its end.
 *
 * @param args what follows the program's name
 * @returns the exit status; nothing is thrown
 */
export async function main(args: readonly string[], host: CliHost): Promise<ExitCode> {
  const ctx = new CliContext(host);
  try {
    const program = buildProgram(ctx);
    if (args[0] === 'complete') {
      const { answerCompletion } = await import('./run/completion.ts');
      return await answerCompletion(ctx, args.slice(1));
    }
    if (args.length === 0) {
      program.outputHelp();
      return EXIT.done;
    }
    if (args[0] === 'help') checkHelpTopic(program, args[1]);
    await program.parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    const code = exitCodeOf(error);
    // the parser has told its own errors already, and who interrupts knows it
    if (!codeOf(error).startsWith('commander.') && code !== EXIT.interrupted) ctx.err.failure(error);
    if (codeOf(error) === 'ERR_DIRECTORY_NOT_PERMITTED' && !ctx.isAuthenticated) {
      ctx.err.note('The directory was asked as nobody: give --user or --bind-dn, or see --auth.');
    }
    return code;
  }
}

/** The parser would print the general help, as if that were an answer. */
function checkHelpTopic(program: Command, topic: string | undefined): void {
  const known = program.commands.map((command) => command.name());
  if (topic === undefined || topic.startsWith('-') || [...known, 'help'].includes(topic)) return;
  const close = nearest(topic, known);
  const advice = close === undefined ? 'See what there is: rendezvous --help' : `Did you mean ${close}?`;
  throw new UsageError(`There is no command "${topic}". ${advice}`);
}

/** The launcher's entry: this process's arguments and streams, its exit status at the end. */
export async function start(): Promise<void> {
  const code = await main(process.argv.slice(2), processHost());
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(code);
}

/** What was written to a pipe is still on its way when a write returns; leaving now would cut it off. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.errored !== null || !stream.writable) resolve();
    else {
      stream.once('error', () => resolve());
      stream.write('', () => resolve());
    }
  });
}

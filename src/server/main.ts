/** The command line: `npm run sett -- COMMAND`; `npm start` is its command `relay`, `npm run node` its command `node`. */
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE, OperatorError, UsageError } from './commands/command.ts';
import { COMMANDS } from './commands/index.ts';

const NAME_CHARS = Math.max(...COMMANDS.map(({ name }) => name.length));

const HELP = `Sett: group ledgers in browser tabs, and in this process.

  npm run sett -- COMMAND [arguments]

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(NAME_CHARS)}  ${summary}`).join('\n')}

npm run sett -- COMMAND --help says more about one.`;

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h');
}

async function run(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  const command = COMMANDS.find((known) => known.name === name);
  if (command === undefined) {
    const isHelp = name === 'help' || name === '--help' || name === '-h';
    if (isHelp) console.log(HELP);
    else console.error(name === undefined ? HELP : `There is no command "${name}".\n\n${HELP}`);
    return isHelp ? EXIT_OK : EXIT_USAGE;
  }
  if (asksForHelp(rest)) {
    console.log(command.help);
    return EXIT_OK;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\n"npm run sett -- ${command.name} --help" lists the options.`);
      return EXIT_USAGE;
    }
    // What the operator has to mend is said in words; a defect is for us, with its trace.
    console.error(error instanceof OperatorError ? error.message : error);
    return EXIT_FAILED;
  }
}

/** Resolves once everything written so far has left this process: a pipe is slower than `process.exit`. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

const code = await run(process.argv.slice(2));
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(code);

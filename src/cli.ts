import { readFileSync } from 'node:fs';

/** Takes the arguments behind its name, and gives an exit code; undefined for one that goes on. */
type Command = (args: readonly string[]) => Promise<number | undefined>;

const COMMANDS: Readonly<Record<string, Command>> = {
  start: async () => {
    await import('./main.ts');
    return undefined;
  },
  doctor: async (args) => (await import('./commands/doctor.ts')).doctor(args, process.env),
  schema: async () => (await import('./commands/schema.ts')).schema(),
  'api-key': async (args) => (await import('./commands/apiKey.ts')).apiKey(args),
  help: () => print(HELP),
};

const HELP = `Usage: parley <command>

  start        serves the graph, as "npm start" does
  doctor       checks configuration, providers, Redis and storage, and says what to do about each failure
                 --json            the same for programs
  schema       prints the SDL of the subgraph, for rover and Hive
  api-key      makes a key for a program, with the lines for the accounts file
                 --id NAME         the program's name (default: client)
                 --accounts IDS    the accounts that it may use, with commas, or * for all (default)
                 --scopes SCOPES   what it may do, with commas (default: messages:read)
  help         this
  --version    the version

Settings are environment variables: see README. Exit codes: 0 fine, 1 a failure, 2 a call that makes no sense.
`;

async function run([name, ...args]: readonly string[]): Promise<number | undefined> {
  if (name === '--version' || name === '-v') return print(`${readVersion()}\n`);
  if (name === undefined || name === '--help' || name === '-h') return print(HELP);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command) return command(args);
  return complain(`There is no command "${name}". "parley help" lists those that there are.`);
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Record<
    'version',
    string
  >;
  return version;
}

function print(text: string): Promise<number> {
  process.stdout.write(text);
  return Promise.resolve(0);
}

function complain(message: string): number {
  process.stderr.write(`${message}\n`);
  return 2;
}

function isUsage(error: unknown): error is Error {
  const { name, code } = error as NodeJS.ErrnoException;
  // By its name, since what it comes from is loaded with its command alone.
  return name === 'UsageError' || (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS_'));
}

// Whoever reads no further (`| head`) is no failure.
process.stdout.on('error', () => undefined);

const code = await run(process.argv.slice(2)).catch((error: unknown) => {
  if (isUsage(error)) return complain(`${error.message}\n"parley help" says how it is called.`);
  throw error;
});
// Nobody waits for a check that was given up, whatever connection it holds.
if (code !== undefined) process.stdout.write('', () => process.exit(code));

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NewProviderError } from './newProvider/NewProviderError.ts';
import { parseName } from './newProvider/parseName.ts';
import type { ProviderNames } from './newProvider/parseName.ts';
import { planProvider } from './newProvider/planProvider.ts';
import { writePlan } from './newProvider/writePlan.ts';

const USAGE = `npm run new:provider <name>

Makes the beginnings of an adapter for another provider: the adapter, its emulator, its entry in the contract suite, and a line
in every place that has to know it. The name is "fax", "chatApp" or "chat-app". What is there already is never overwritten, and a
run that fails leaves nothing behind. CONTRIBUTING.md says what comes after it.
`;

const root = fileURLToPath(new URL('..', import.meta.url));

try {
  await run();
} catch (error) {
  if (!(error instanceof NewProviderError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function run(): Promise<void> {
  const { help, given } = readArguments();
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  const [name, ...more] = given;
  if (name === undefined || more.length > 0)
    throw new NewProviderError(`Give one name. It goes like this: ${USAGE}`);
  const names = parseName(name);
  const plan = await planProvider(root, names);
  writePlan(root, plan, generateCode);
  const lines = plan.map(({ path, before }) => `  ${before === null ? 'new    ' : 'changed'}  ${path}`);
  process.stdout.write(`${lines.join('\n')}\n\n${nextSteps(names)}`);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      options: { help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    return { help: values.help ?? false, given: positionals };
  } catch (error) {
    throw new NewProviderError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

/** The types of resolvers, and what else follows from the schema. */
function generateCode(): void {
  const { status, stdout, stderr, error } = spawnSync('npm', ['run', '--silent', 'codegen'], {
    cwd: root,
    encoding: 'utf8',
    // On Windows npm is a script.
    shell: process.platform === 'win32',
  });
  if (status !== 0)
    throw new NewProviderError(
      `npm run codegen has failed, and everything is as it was before.\n${error?.message ?? stdout + stderr}`,
    );
}

function nextSteps({ camel, pascal }: ProviderNames): string {
  return `${pascal} compiles, and its emulator answers. What is yours to write fails in its tests, by name:

  npm test -- test/contract/${camel}.test.ts

1. Put the provider's own facts into the emulator (src/sandbox/${camel}/) and into src/providers/${camel}/wire.ts.
2. Write what stands in src/providers/${camel}/map.ts, until the suite passes; then remove notWritten.ts.
3. Give ${pascal}Conversation, ${pascal}Message and ${pascal}Attachment their fields (schema/, src/messaging/provider.ts), and run npm run codegen.
4. Add what else it can do, move its account from test/${camel}Account.ts to sandboxAccounts, and say so in the docs.

CONTRIBUTING.md, "Add a provider", has more on each.
`;
}

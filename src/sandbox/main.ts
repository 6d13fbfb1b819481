import { startSandboxOnOnePort, type OnePortSandbox } from './startSandboxOnOnePort.ts';
import { wellKnown } from './wellKnown.ts';

const DEFAULT_PORT = 4010;

const given = process.env['SANDBOX_HOST'] ?? '';
const host = given === '' ? '127.0.0.1' : given;
const port = parsePort(process.env['SANDBOX_PORT']);
if (port === undefined)
  fail(`SANDBOX_PORT must be a port, 0 to 65535, not "${process.env['SANDBOX_PORT']}".`);
else await run(port);

async function run(port: number): Promise<void> {
  try {
    const sandbox = await startSandboxOnOnePort({ host, port });
    process.stdout.write(welcome(sandbox));
    // A terminal and npm both pass on one Ctrl-C: the second must not kill what the first one is closing.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => void sandbox.close().then(() => process.exit(0)));
    }
  } catch (error) {
    fail(explain(error, port));
  }
}

function explain(error: unknown, port: number): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is taken, perhaps by another sandbox. Stop it, or choose another: SANDBOX_PORT=4011 npm run sandbox`;
  }
  if (code === 'EACCES')
    return `No right to listen on port ${port}. Choose one above 1023: SANDBOX_PORT=4010 npm run sandbox`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `SANDBOX_HOST "${host}" is no address of this machine.`;
  return `The sandbox could not start: ${message}`;
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return DEFAULT_PORT;
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

/** Where it listens, and a call to each provider that can be pasted as it is. */
function welcome(sandbox: OnePortSandbox): string {
  const { url, pact, letstalk, pigeons } = sandbox;
  const ids = wellKnown;
  return `Sandbox of messaging providers on ${url}

# Pact
curl -s '${url}/p1/companies/${pact.companyId}/conversations/${ids.pact.documented}/messages?per=3' \\
  -H 'X-Private-Api-Token: ${pact.token}'

# Pact v2, of the same messages
curl -s '${url}/api/p2/conversations/${ids.pact.documented}/messages?company_id=${pact.companyId}&private_api_token=${pact.token}&per_page=3'

# Letstalk (${letstalk.clientKey} is the client's key)
curl -s -g '${url}/api/v1/messages?conversation_id=${ids.letstalk.documented}&cursor[amount]=3' \\
  -u '${letstalk.agentKey}:X'

# Pigeons
curl -s '${url}/api/v1/pigeons/chat/conversations' \\
  -H 'Authorization: Bearer ${pigeons.user.token}' -H 'X-PUBLIC-KEY: ${pigeons.publicKey}'

# Let the next three requests to Pact meet a 429; then see what arrived and what was written, then start afresh
curl -s '${url}/_sandbox/faults' -H 'Content-Type: application/json' -d '{"provider":"pact","times":3,"status":429}'
curl -s '${url}/_sandbox/requests'
curl -s '${url}/_sandbox/stored'
curl -s -X POST '${url}/_sandbox/reset'
`;
}

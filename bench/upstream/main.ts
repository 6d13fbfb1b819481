/** The providers, in a process of their own: the sandbox, and in front of it what replays its answers. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { startSandbox } from '../../src/sandbox/index.ts';
import { createReplay } from './createReplay.ts';
import { seedContent } from './seedContent.ts';
import type { Order, Report, UpstreamProvider } from './Upstream.ts';
import { FIRST_HELD, PROVIDERS } from './Upstream.ts';

const sandbox = await startSandbox();
const { pact, letstalk, pigeons } = sandbox;
const content = seedContent(sandbox);
const calls = { pact: 0, letstalk: 0, pigeons: 0 };
let milliseconds = 0;

const credentials: Readonly<Record<UpstreamProvider, Readonly<Record<string, string>>>> = {
  pact: { 'x-private-api-token': pact.token },
  letstalk: { authorization: `Basic ${Buffer.from(`${letstalk.agentKey}:X`).toString('base64')}` },
  pigeons: { authorization: `Bearer ${pigeons.user.token}` },
};
const held = new RegExp(`/conversations/${String(FIRST_HELD)[0]}\\d{${String(FIRST_HELD).length - 1}}/`);
const urls = {
  pact: await serve('pact'),
  letstalk: await serve('letstalk'),
  pigeons: await serve('pigeons'),
};

process.on('message', (order: Order) => {
  if (order.kind === 'latency') {
    milliseconds = order.milliseconds;
    tell({ kind: 'done' });
    return;
  }
  tell({ kind: 'counts', calls: { ...calls } });
  for (const provider of PROVIDERS) {
    calls[provider] = 0;
    // What it remembers of each request would grow all the while.
    sandbox[provider].clearRequests();
  }
});
process.on('disconnect', () => process.exit());
tell({ kind: 'ready', content: { ...content, urls } });

async function serve(provider: UpstreamProvider): Promise<string> {
  const server = createReplay({
    origin: sandbox[provider].url,
    credentials: credentials[provider],
    ...(provider === 'pact' && {
      askedFor: (path: string) => path.replace(held, `/conversations/${content.pact[0]!}/`),
    }),
    latency: () => milliseconds,
    called: () => void (calls[provider] += 1),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function tell(report: Report): void {
  process.send!(report);
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApolloGateway } from '../apollo-gateway/startApolloGateway.ts';
import { composeSupergraph } from '../compose.ts';
import type { Crm } from '../crm/startCrm.ts';
import { startCrm } from '../crm/startCrm.ts';
import { freePort } from '../topology/freePort.ts';
import { startHiveGateway, startParley, startSandbox } from '../topology/processes.ts';
import type { Proxy } from './startProxy.ts';
import { startProxy } from './startProxy.ts';

/** What the gateways show to the subgraphs. Parley has to be told, unless it asks nobody. */
export const ROUTER_SECRET = 'what-only-the-routers-and-the-subgraphs-know';

const WEBHOOK_SECRET = 'what-only-pact-and-parley-know-of-each-other';

export const GATEWAYS = ['Hive Gateway', '@apollo/gateway'] as const;
export type GatewayName = (typeof GATEWAYS)[number];

/** Everything that a supergraph is made of, each on a port of its own. */
export interface Stack {
  readonly sandboxUrl: string;
  /** Parley's own endpoint, past every gateway. */
  readonly parleyUrl: string;
  /** Where Parley is told by Pact what happens. */
  readonly webhookUrl: string;
  /** The endpoints. */
  readonly gateways: Readonly<Record<GatewayName, string>>;
  /** What the gateways reach Parley through. */
  readonly proxy: Proxy;
  /** As a deployment does it. */
  stopParley(): Promise<void>;
  close(): Promise<void>;
}

export interface StackOptions {
  readonly parley?: Readonly<Record<string, string>>;
  readonly gateway?: Readonly<Record<string, string>>;
  /** `@apollo/gateway` passes claims that this has found good. */
  readonly verify?: (token: string) => Promise<object>;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  // What has to be closed, the newest first.
  const open: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closeOne of open.splice(0).reverse()) await closeOne();
  };
  try {
    return { ...(await startAll(options, (closeOne) => open.push(closeOne))), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startAll(
  { parley, gateway, verify }: StackOptions,
  onClose: (close: () => Promise<void>) => void,
): Promise<Omit<Stack, 'close'>> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-supergraph-'));
  onClose(() => rm(folder, { recursive: true, force: true }));
  const crm = await startCrm({ routerSecret: ROUTER_SECRET });
  onClose(() => crm.close());
  const proxy = await startProxy();
  onClose(() => proxy.close());

  // What takes longest is started at the same time; nothing asks Parley before all is there.
  const [served, gateways] = await both([
    startParleyOverSandbox(folder, parley ?? {}, onClose),
    startGateways({ folder, proxy, crm, gateway: gateway ?? {}, verify, onClose }),
  ]);
  proxy.passTo(served.parley);
  return {
    sandboxUrl: served.sandbox,
    parleyUrl: `${served.parley}/graphql`,
    webhookUrl: `${served.parley}/webhooks/pact/sales/${WEBHOOK_SECRET}`,
    ...{ gateways, proxy },
    stopParley: () => served.stopParley(),
  };
}

/** Both results, or a failure once nothing is under way any more. */
async function both<A, B>(promises: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

async function startParleyOverSandbox(
  folder: string,
  environment: Readonly<Record<string, string>>,
  onClose: (close: () => Promise<void>) => void,
): Promise<{ readonly sandbox: string; readonly parley: string; stopParley(): Promise<void> }> {
  const sandbox = await startSandbox({ SANDBOX_PORT: '0' });
  onClose(() => sandbox.process.stop());
  const accounts = join(folder, 'accounts.json');
  await writeFile(accounts, JSON.stringify({ accounts: accountsOf(sandbox.url) }));
  const parley = await startParley({
    ...{ PORT: '0', AUTH: 'none', PARLEY_ACCOUNTS: accounts, FILE_FOLDER: join(folder, 'files') },
    ...environment,
  });
  onClose(() => parley.process.stop());
  return { sandbox: sandbox.url, parley: parley.url, stopParley: () => parley.process.stop() };
}

interface GatewayOptions extends Required<Pick<StackOptions, 'gateway'>> {
  readonly folder: string;
  readonly proxy: Proxy;
  readonly crm: Crm;
  readonly verify: StackOptions['verify'];
  readonly onClose: (close: () => Promise<void>) => void;
}

async function startGateways(options: GatewayOptions): Promise<Stack['gateways']> {
  const { folder, proxy, crm, gateway, verify, onClose } = options;
  const subgraphs = { parleyUrl: `${proxy.url}/graphql`, crmUrl: crm.url };
  const { full, plain } = await composeSupergraph(subgraphs);
  const supergraph = join(folder, 'supergraph.graphql');
  await writeFile(supergraph, full);
  const hive = await startHiveGateway(await freePort(), {
    ...{ SUPERGRAPH: supergraph, ROUTER_SECRET, RETRY_DELAY: '10' },
    ...gateway,
  });
  onClose(() => hive.process.stop());
  const apollo = await startApolloGateway({ supergraphSdl: plain, routerSecret: ROUTER_SECRET, verify });
  onClose(() => apollo.close());
  return { 'Hive Gateway': hive.url, '@apollo/gateway': apollo.url };
}

function accountsOf(baseUrl: string): unknown {
  return [
    {
      ...{ id: 'sales', provider: 'pact', baseUrl, webhookSecret: WEBHOOK_SECRET },
      ...{ companyId: 154, token: 'pact-sandbox-token' },
    },
    { id: 'support', provider: 'letstalk', apiKey: 'letstalk-sandbox-agent-key', role: 'agent', baseUrl },
    {
      ...{ id: 'app', provider: 'pigeons', baseUrl },
      ...{ publicKey: 'pigeons-sandbox-public-key', token: 'pigeons-sandbox-token-0' },
    },
  ];
}

import type { AccountConfig } from '../config/accounts.ts';
import { ParleyError } from '../messaging/errors.ts';
import type { ErrorCode } from '../messaging/errors.ts';
import type { Provider, ReadContext } from '../messaging/provider.ts';
import { createUpstreamCalls } from '../messaging/upstreamCalls.ts';
import type { Check, Finding } from './runCheck.ts';

/** Whether the account's provider answers, and takes its credentials: asked by one read. */
export function checkAccount(account: AccountConfig, provider: Provider): Check {
  return {
    name: `account ${account.id}`,
    async run(signal) {
      if ('tokenHeader' in account && account.tokenHeader !== undefined) {
        return { result: 'skipped', detail: 'Each caller brings their own token: there is none to try.' };
      }
      const startedAt = performance.now();
      const error = await read(provider, toContext(signal));
      if (error) return toFinding(error, account, provider);
      const milliseconds = Math.round(performance.now() - startedAt);
      const { host } = new URL(account.baseUrl);
      const version = 'apiVersion' in account && account.apiVersion ? ` ${account.apiVersion}` : '';
      return {
        result: 'ok',
        detail: `${provider.name}${version} at ${host} takes its credentials (${milliseconds} ms)`,
      };
    },
  };
}

/**
 * A conversation that no provider has: asking for it shows the credentials where nothing can be listed, since a refusal of those
 * (401) comes before "there is no such conversation" (404).
 */
const NO_CONVERSATION = '0';

/** What came of one read; undefined where the provider answered as it should. */
async function read(provider: Provider, context: ReadContext): Promise<ParleyError | undefined> {
  try {
    if (provider.listConversations) {
      await provider.listConversations({ direction: 'forward', size: 1 }, context);
      return undefined;
    }
    const [outcome] = await provider.loadConversations([NO_CONVERSATION], context);
    if (outcome instanceof Error) throw outcome;
    return undefined;
  } catch (error) {
    if (error instanceof ParleyError) return error;
    throw error;
  }
}

function toContext(signal: AbortSignal): ReadContext {
  return { signal, calls: createUpstreamCalls(), header: () => undefined, share: (_key, load) => load() };
}

function toFinding(error: ParleyError, account: AccountConfig, provider: Provider): Finding {
  const reason = reasonOf(error);
  const detail = `${error.message}${reason ? ` (${reason})` : ''}`;
  if (!provider.listConversations && UNCLEAR.has(error.code)) {
    return {
      result: 'warning',
      detail: `${detail} It may be that only the conversation which was asked for is not this account's.`,
      advice:
        'Read a conversation that you know. If it is refused as well, the key or this address is blocked.',
    };
  }
  return { result: 'failed', detail, advice: ADVICE[error.code]?.(account) ?? REPORT };
}

/** Refusals that may be about one conversation as well as about the account. */
const UNCLEAR: ReadonlySet<ErrorCode> = new Set(['PROVIDER_FORBIDDEN', 'PROVIDER_REJECTED']);

/** Why there was no answer, by the name that Node.js and its libraries have for it. */
function reasonOf({ code, cause }: ParleyError): string | undefined {
  if (code !== 'PROVIDER_UNAVAILABLE' && code !== 'PROVIDER_TIMEOUT') return undefined;
  return cause instanceof Error ? /\b[A-Z][A-Z\d_]+$/.exec(cause.message)?.[0] : undefined;
}

const REPORT = 'Start Parley with LOG_LEVEL=debug, and see which call fails how.';

const CREDENTIALS = {
  pact: '"token" and "companyId"',
  letstalk: '"apiKey"',
  pigeons: '"publicKey" and "token"',
} as const;

const ADVICE: Partial<Record<ErrorCode, (account: AccountConfig) => string>> = {
  PROVIDER_UNAUTHENTICATED: ({ id, provider }) =>
    `Correct ${CREDENTIALS[provider]} of the account "${id}" in the accounts file, or the environment variables that they name.`,
  PROVIDER_FORBIDDEN: ({ id, provider }) =>
    `Check at the provider what ${CREDENTIALS[provider]} of the account "${id}" may do, and whether it lets this machine's address in.`,
  PROVIDER_PAYMENT_REQUIRED: () => 'Pay the account at the provider.',
  PROVIDER_REJECTED: ({ id, provider }) =>
    `Check ${CREDENTIALS[provider]} and "baseUrl" of the account "${id}": the provider knows nothing under them.`,
  PROVIDER_GONE: ({ id }) => `Check "baseUrl" of the account "${id}": the provider has given it up.`,
  PROVIDER_RATE_LIMITED: () => 'Wait, and see what else uses the same account.',
  PROVIDER_CONTRACT: ({ id }) =>
    `Check "baseUrl" of the account "${id}": what answers there does not speak as this provider does. Is a proxy in between?`,
  PROVIDER_UNAVAILABLE: ({ id }) =>
    `Check "baseUrl" of the account "${id}", DNS and the way out from here; else the provider is down, and has to be waited for.`,
  PROVIDER_TIMEOUT: ({ id }) =>
    `Check "baseUrl" of the account "${id}" and the firewalls on the way; else the provider is slow, and READ_TIMEOUT may be raised.`,
};

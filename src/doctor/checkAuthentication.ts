import { got } from 'got';
import type { Config } from '../config/index.ts';
import type { Check, Finding } from './runCheck.ts';

/** Whether callers are asked who they are, and whether what that needs is there. */
export function checksOfAuthentication({ auth, accounts }: Pick<Config, 'auth' | 'accounts'>): Check[] {
  const key = auth.jwt?.key;
  return [
    { name: 'authentication', run: () => judge(auth, accounts) },
    ...(key?.kind === 'jwks'
      ? [{ name: 'identity provider', run: (signal: AbortSignal) => checkKeys(key.url, signal) }]
      : []),
  ];
}

function judge({ open, jwt, clients, router }: Config['auth'], accounts: Config['accounts']): Finding {
  const modes = [
    jwt && 'tokens of an identity provider',
    clients && `keys of ${clients.length} client${clients.length === 1 ? '' : 's'}`,
    router && 'a router',
  ].filter((mode) => mode !== undefined);
  if (open) return accounts ? OPEN : { result: 'ok', detail: 'none: only the sandbox is served' };
  if (router?.secrets.length === 0) return SPOOFABLE;
  return { result: 'ok', detail: modes.join(', ') };
}

const OPEN: Finding = {
  result: 'warning',
  detail: 'AUTH=none: whoever reaches the address reads everything, and writes in the name of the accounts.',
  advice: 'Set AUTH to jwt, api-key or router, unless something in front of Parley lets in only who may.',
};

const SPOOFABLE: Finding = {
  result: 'warning',
  detail: 'a router, known by a header that anybody could send who reaches Parley directly',
  advice:
    'Let only the TLS terminator reach Parley, and see that it overwrites the header. Or set ROUTER_SECRET as well.',
};

/** Milliseconds. */
const KEYS_TIMEOUT = 5_000;

/** Whether there are keys to verify tokens with. Redirects are not followed, since verification does not either. */
async function checkKeys(url: string, signal: AbortSignal): Promise<Finding> {
  const { host, protocol } = new URL(url);
  let status: number;
  let body: string;
  try {
    ({ statusCode: status, body } = await got(url, {
      headers: { accept: 'application/json' },
      ...{ signal, followRedirect: false, throwHttpErrors: false, retry: { limit: 0 } },
      timeout: { request: KEYS_TIMEOUT },
    }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return failed(`${host} can't be reached (${code ?? 'unknown error'}).`);
  }
  if (status !== 200) return failed(`${host} answers with the status ${status} instead of keys.`);
  const count = countKeys(body);
  if (count === undefined) return failed(`${host} answers with something else than a set of keys.`);
  if (count === 0) return failed(`${host} has no key that could verify a token.`);
  const found = `${host} has ${count} key${count === 1 ? '' : 's'}`;
  if (protocol === 'https:') return { result: 'ok', detail: found };
  return {
    result: 'warning',
    detail: `${found}, fetched without TLS: who is on the way can put in keys of their own.`,
    advice: 'Let JWT_JWKS_URL be https, unless it never leaves this machine.',
  };
}

function failed(detail: string): Finding {
  return {
    result: 'failed',
    detail,
    advice:
      'Correct JWT_JWKS_URL (its issuer names it as jwks_uri), or see that it is reached from here: no token is accepted.',
  };
}

/** The keys of a JWK Set (RFC 7517) that can have signed something; undefined for anything else. */
function countKeys(body: string): number | undefined {
  try {
    const { keys } = JSON.parse(body) as { keys?: unknown };
    return Array.isArray(keys) ? keys.filter(verifies).length : undefined;
  } catch {
    return undefined;
  }
}

function verifies(key: unknown): boolean {
  const { kty, use } = (key ?? {}) as { kty?: unknown; use?: unknown };
  return (kty === 'RSA' || kty === 'EC' || kty === 'OKP') && use !== 'enc';
}

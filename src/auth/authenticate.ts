import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import { ParleyError } from '../messaging/errors.ts';
import type { Viewer } from '../messaging/viewer.ts';
import { SCOPES } from '../messaging/viewer.ts';
import type { ClaimsMapping } from './claims.ts';
import { parseClaimsHeader, toUser } from './claims.ts';
import type { Client } from './clients.ts';
import { createClients } from './clients.ts';
import type { JwtOptions } from './jwt.ts';
import { createJwtVerifier } from './jwt.ts';
import type { RouterOptions } from './router.ts';
import { createRouterCheck, ROUTER_SECRET_HEADER } from './router.ts';

/**
 * Tells who calls, before anything of a request's body is read. Throws a `ParleyError`: `UNAUTHENTICATED` for whom nobody
 * knows, `AUTHENTICATION_UNAVAILABLE` where that can't be found out now.
 */
export type Authenticate = (headers: IncomingHttpHeaders) => Promise<Viewer>;

/** The ways to say who one is; those that are undefined are not taken. Without any, and not open, nobody is let in. */
export interface AuthOptions {
  /** Nobody is asked. */
  readonly open: boolean;
  readonly jwt: JwtOptions | undefined;
  readonly clients: readonly Client[] | undefined;
  readonly router: RouterOptions | undefined;
  readonly claims: ClaimsMapping;
}

export function createAuthenticate(options: AuthOptions, log: Logger): Authenticate {
  const { open, jwt, clients, router, claims } = options;
  if (open) return () => Promise.resolve(EVERYBODY);
  const verifyJwt = jwt && createJwtVerifier(jwt);
  const findClient = clients && createClients(clients);
  const isRouter = router && createRouterCheck(router);
  const unknown = `This graph answers only callers that say who they are${waysIn(options)}.`;

  return async (headers) => {
    try {
      // Of anybody but a router, the header with claims is nothing: whoever can write it would be whoever they like.
      if (!router || !isRouter!(headers))
        return (await authenticateUser(headers)) ?? fail(refusalOf(headers));
      // What can be verified counts more than what is said: a router that passes on every header of its client's passes on
      // claims that the client has made up.
      const user =
        (await authenticateUser(headers)) ??
        toPassedUser(router.claimsHeader && headers[router.claimsHeader]);
      return user ? { ...user, viaRouter: true } : ROUTER;
    } catch (error) {
      if (error instanceof ParleyError) {
        // Nobody gets in then, which whoever runs this has to know; one bad token is its bearer's own affair.
        const level = error.code === 'AUTHENTICATION_UNAVAILABLE' ? 'warn' : 'debug';
        log[level]({ code: error.code, reason: reasonOf(error) }, 'a caller was not let in');
      }
      throw error;
    }
  };

  function refusalOf(headers: IncomingHttpHeaders): string {
    return router && headers[ROUTER_SECRET_HEADER] !== undefined ? UNKNOWN_ROUTER : unknown;
  }

  function toPassedUser(header: string | string[] | undefined): Viewer | undefined {
    return header === undefined ? undefined : toUser(parseClaimsHeader(String(header)), claims);
  }

  async function authenticateUser(headers: IncomingHttpHeaders): Promise<Viewer | undefined> {
    const [, token] = /^bearer\s+(.*)$/i.exec(headers.authorization ?? '') ?? [];
    // One that is malformed is refused like any that is not good, whatever else came along.
    if (verifyJwt && token !== undefined)
      return toUser(await verifyJwt(token.trim()), claims, jwt.clockTolerance);
    const key = headers['x-api-key'];
    return findClient && typeof key === 'string' ? (findClient(key) ?? fail(UNKNOWN_KEY)) : undefined;
  }
}

/** Where nobody is asked who they are, all callers are one viewer, who may do everything. */
export const EVERYBODY: Viewer = {
  id: 'everybody',
  authenticated: true,
  accounts: '*',
  scopes: new Set(SCOPES),
  viaRouter: false,
};

/** A router that speaks for nobody. */
const ROUTER: Viewer = {
  id: 'router',
  authenticated: false,
  accounts: new Set(),
  scopes: new Set(),
  viaRouter: true,
};

/** How to say who one is, for callers that are no router. */
function waysIn({ jwt, clients }: AuthOptions): string {
  const ways = [...(jwt ? ['a token in "authorization"'] : []), ...(clients ? ['a key in "x-api-key"'] : [])];
  return ways.length > 0 ? `, by ${ways.join(' or ')}` : '';
}

const UNKNOWN_ROUTER = 'The router is not known here: what it shows in "router-authorization" is not valid.';
const UNKNOWN_KEY = 'The API key is not valid here.';

function fail(message: string): never {
  throw new ParleyError('UNAUTHENTICATED', message);
}

// What a token says is not for logs: the names of what was wrong, and of the claim, have to do.
function reasonOf({ cause, message }: ParleyError): string {
  if (cause === undefined) return message;
  const { name, code, claim, cause: deeper } = cause as Partial<Record<string, unknown>>;
  const because = (deeper as { code?: unknown } | undefined)?.code;
  return [code ?? because ?? name, claim].filter((word) => typeof word === 'string').join(' ');
}

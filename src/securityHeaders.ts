import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';

/**
 * What every answer says to browsers: whatever it is, it is not shown in a frame, not guessed to be something else, not kept,
 * and nothing in it is run. Answers that are pages or files have a policy of their own instead.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  ...headersOf(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          // These three do not follow the first.
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      // Browsers heed it over TLS alone. What else runs under the same domain is not ours to decide.
      strictTransportSecurity: { includeSubDomains: false },
      xFrameOptions: { action: 'deny' },
    }),
  ),
  // Conversations of customers are nothing for a cache to keep, be it the browser's own.
  'cache-control': 'no-store',
});

/**
 * The headers that a middleware of Helmet sets. They are the same for every request, and are needed also where no
 * middleware comes: for requests that are not even HTTP.
 */
function headersOf(middleware: ReturnType<typeof helmet>): Record<string, string> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  middleware(request, response, (error) => {
    if (error !== undefined) throw error as Error;
  });
  return Object.fromEntries(
    Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]),
  );
}

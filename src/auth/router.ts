import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** How a router shows that it is ours. Header names are lower-case. */
export interface RouterOptions {
  /** Any of these. */
  readonly secrets: readonly string[];
  /** What a TLS terminator in front of us says of the certificate that the router showed. */
  readonly certificate: { readonly header: string; readonly value: string } | undefined;
  /** Where it passes on whom it speaks for; undefined where its users show credentials of their own. */
  readonly claimsHeader: string | undefined;
}

/** The header in which a router shows its secret. */
export const ROUTER_SECRET_HEADER = 'router-authorization';

/** Tells whether a request comes from a router of ours. */
export function createRouterCheck({
  secrets,
  certificate,
}: RouterOptions): (headers: IncomingHttpHeaders) => boolean {
  const checks = [
    ...secrets.map((secret) => createCheck(ROUTER_SECRET_HEADER, secret)),
    ...(certificate ? [createCheck(certificate.header, certificate.value)] : []),
  ];
  return (headers) => checks.some((check) => check(headers));
}

function createCheck(header: string, expected: string): (headers: IncomingHttpHeaders) => boolean {
  const digest = digestOf(expected);
  return (headers) => {
    const shown = headers[header];
    // Digests are of one length, and take the same time to compare whatever they are of.
    return typeof shown === 'string' && timingSafeEqual(digestOf(shown), digest);
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

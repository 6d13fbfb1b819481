import type { Explorer } from './Explorer.ts';
import { toHtml, toPolicy, toScriptLiteral } from './Explorer.ts';

/**
 * Apollo Sandbox, in a frame that comes from Apollo. It needs the internet. What it asks of the graph is sent by this
 * page, which is of the graph's own origin.
 */
export function createSandboxExplorer(document: string): Explorer {
  return {
    page: (nonce) => toPage(document, nonce),
    contentSecurityPolicy: (nonce) =>
      toPolicy({
        'script-src': `'nonce-${nonce}'`,
        'style-src': `'nonce-${nonce}'`,
        // WebSockets to this origin are meant by it as well.
        'connect-src': "'self'",
        'frame-src': 'https://sandbox.embed.apollographql.com',
        'img-src': 'data:',
      }),
    // Sandbox opens the pages of OAuth providers for its users, who are to come back.
    headers: { 'cross-origin-opener-policy': 'same-origin-allow-popups' },
    assets: new Map(),
  };
}

/** Apollo's name for the newest release of the second major version. */
const SCRIPT = 'https://embeddable-sandbox.cdn.apollographql.com/v2/embeddable-sandbox.umd.production.min.js';

// Options: https://www.apollographql.com/docs/graphos/platform/sandbox#embedding-sandbox. Dynamic styles would
// need a wider policy.
function toPage(document: string, nonce: string): string {
  return toHtml({
    head: `\
    <style nonce="${nonce}">
      body { margin: 0; font-family: sans-serif; }
      #sandbox iframe { position: absolute; width: 100%; height: 100%; border: none; }
      #offline { padding: 1em; }
    </style>`,
    body: `\
    <noscript>Apollo Sandbox needs JavaScript.</noscript>
    <p id="offline" hidden>
      Apollo Sandbox can't be loaded: it comes from the internet. Without it, start Parley with EXPLORER=graphiql.
    </p>
    <div id="sandbox"></div>
    <script nonce="${nonce}" src="${SCRIPT}"></script>
    <script nonce="${nonce}">
      if (window.EmbeddedSandbox) {
        new window.EmbeddedSandbox({
          target: '#sandbox',
          initialEndpoint: location.origin + location.pathname,
          initialSubscriptionEndpoint: location.origin.replace('http', 'ws') + location.pathname,
          endpointIsEditable: false,
          initialState: { document: ${toScriptLiteral(document)}, includeCookies: false },
          runTelemetry: false,
          allowDynamicStyles: false,
        });
      } else {
        document.querySelector('#offline').hidden = false;
      }
    </script>`,
  });
}

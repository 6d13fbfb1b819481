import type { Asset, Explorer } from './Explorer.ts';
import { ASSETS_PATH, toHtml, toPolicy, toScriptLiteral } from './Explorer.ts';

/** GraphiQL from files that came with an npm package: nothing is loaded from anywhere but this server. */
export async function createGraphiqlExplorer(document: string): Promise<Explorer> {
  return {
    page: (nonce) => toPage(document, nonce),
    contentSecurityPolicy: (nonce) =>
      toPolicy({
        'script-src': `'nonce-${nonce}'`,
        'style-src': "'self' 'unsafe-inline'",
        'connect-src': "'self'",
        'worker-src': "'self'",
        'font-src': 'data:',
        'img-src': 'data:',
      }),
    assets: await loadAssets(),
  };
}

// Ten megabytes of text, which only those load who serve it.
async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const bundled = await import('@graphql-yoga/render-graphiql/graphiql');
  const script = (content: string): Asset => ({ contentType: 'text/javascript; charset=utf-8', content });
  return new Map([
    ['graphiql.js', script(bundled.js)],
    ['graphiql.css', { contentType: 'text/css; charset=utf-8', content: bundled.css }],
    // By the names that the editor has for its workers.
    ['editorWorkerService.js', script(bundled.editorWorkerService)],
    ['json.js', script(bundled.jsonWorker)],
    ['graphql.js', script(bundled.graphqlWorker)],
  ]);
}

// Headers hold tokens: they are not kept in the browser's storage, nor is anything that is typed put into an address, as it would
// be for subscriptions, which it gets as server-sent events.
function toPage(document: string, nonce: string): string {
  return toHtml({
    head: `\
    <link rel="stylesheet" href="${ASSETS_PATH}/graphiql.css" />`,
    body: `\
    <noscript>GraphiQL needs JavaScript.</noscript>
    <div id="root"></div>
    <script nonce="${nonce}" src="${ASSETS_PATH}/graphiql.js"></script>
    <script nonce="${nonce}">
      self.MonacoEnvironment = { getWorkerUrl: (_module, name) => '${ASSETS_PATH}/' + name + '.js' };
      YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
        title: 'Parley',
        logo: '',
        defaultQuery: ${toScriptLiteral(document)},
        shouldPersistHeaders: false,
        method: 'POST',
        onEditQuery: () => undefined,
      });
    </script>`,
  });
}

/** What a browser gets that opens the address of the graph. */
export interface Explorer {
  /** The page. Its scripts and styles bear the nonce. */
  readonly page: (nonce: string) => string;
  /** What the page may load and ask; nothing else. */
  readonly contentSecurityPolicy: (nonce: string) => string;
  /** Other headers of the page. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Files that the page loads from this server, by name. */
  readonly assets: ReadonlyMap<string, Asset>;
}

export interface Asset {
  readonly contentType: string;
  readonly content: string;
}

/** The path below which assets are. Relative to the page, since whoever stands in front may serve it anywhere. */
export const ASSETS_PATH = 'graphql/explorer';

/** A content security policy that allows what is named and denies all else. */
export function toPolicy(allowed: Readonly<Record<string, string>>): string {
  const directives = {
    'default-src': "'none'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    ...allowed,
  };
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources}`)
    .join('; ');
}

/** A value to stand in a script in a page: no text of it ends the script. */
export function toScriptLiteral(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/**
 * A page with what is its own in head and body. It says which icon it has, since a browser would look for one elsewhere.
 */
export function toHtml({ head, body }: { readonly head: string; readonly body: string }): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Parley</title>
    <link rel="icon" href="data:," />
${head}
  </head>
  <body>
${body}
  </body>
</html>
`;
}

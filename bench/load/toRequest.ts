/** A request as it goes over the wire, to be sent again and again. */
export function toRequest(
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
): Buffer {
  const bytes = Buffer.from(body);
  const lines = Object.entries({ host: 'localhost', 'content-length': bytes.length, ...headers });
  const head = [`POST ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''].join(
    '\r\n',
  );
  return Buffer.concat([Buffer.from(head), bytes]);
}

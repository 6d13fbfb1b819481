/** Apollo's usual way to take a file, with nothing around it: graphql-upload, whose file is read and thrown away. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import processRequest from 'graphql-upload/processRequest.mjs';

interface Operations {
  readonly variables: {
    readonly file: { readonly promise: Promise<{ createReadStream(): AsyncIterable<Buffer> }> };
  };
}

const LIMITS = { maxFieldSize: 1_000_000, maxFileSize: Infinity, maxFiles: 1 };

const server = createServer((request, response) => {
  void (async () => {
    const { variables } = (await processRequest(request, response, LIMITS)) as Operations;
    let bytes = 0;
    for await (const chunk of (await variables.file.promise).createReadStream()) bytes += chunk.length;
    response.end(JSON.stringify({ data: { uploadAttachment: { attachment: { id: String(bytes) } } } }));
  })();
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}/graphql\n`);
});

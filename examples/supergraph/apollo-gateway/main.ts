import { readFileSync } from 'node:fs';
import { startApolloGateway } from './startApolloGateway.ts';

const {
  SUPERGRAPH = 'supergraph.plain.graphql',
  HOST: host = '127.0.0.1',
  PORT: port = '4000',
  ROUTER_SECRET: routerSecret,
} = process.env;

try {
  const supergraphSdl = readFileSync(SUPERGRAPH, 'utf8');
  const gateway = await startApolloGateway({ supergraphSdl, host, port: Number(port), routerSecret });
  process.stdout.write(`The gateway answers on ${gateway.url}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void gateway.close().then(() => process.exit(0)));
  }
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  process.stderr.write(
    code === 'EADDRINUSE'
      ? `Port ${port} is taken. Choose another: PORT=4010 npm run apollo-gateway\n`
      : `The gateway could not start: ${message}\n`,
  );
  process.exitCode = 1;
}

import { startCrm } from './startCrm.ts';

const { CRM_HOST: host = '127.0.0.1', CRM_PORT: port = '4002', ROUTER_SECRET: routerSecret } = process.env;

try {
  const crm = await startCrm({ host, port: Number(port), routerSecret: routerSecret || undefined });
  process.stdout.write(`The CRM answers on ${crm.url}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void crm.close().then(() => process.exit(0)));
  }
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  process.stderr.write(
    code === 'EADDRINUSE'
      ? `Port ${port} is taken. Choose another: CRM_PORT=4012 npm run crm\n`
      : `The CRM could not start: ${message}\n`,
  );
  process.exitCode = 1;
}

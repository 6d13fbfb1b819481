import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canStartRedis, warn } from './redis.ts';

/** A certificate, and who has signed it: paths of files in PEM. */
export interface Certificates {
  readonly caFile: string;
  /** For `redis.internal` and 127.0.0.1. */
  readonly certFile: string;
  readonly keyFile: string;
  /** One who has signed nothing. */
  readonly strangerFile: string;
  remove(): void;
}

/** Whether tests can have certificates, and a Redis that shows them. */
export const canUseTls = canStartRedis && spawnSync('openssl', ['version']).status === 0;

if (canStartRedis && !canUseTls)
  warn('Redis tests with TLS were skipped: no openssl (apt-get install openssl)');

/** Makes certificates that are good for a day. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'parley-certificates-'));
  const at = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  for (const name of ['ca', 'stranger'])
    openssl(
      'req',
      '-x509',
      ...newKey,
      ...['-days', '1', '-subj', `/CN=${name}`],
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
    );
  openssl('req', ...newKey, '-subj', '/CN=redis', '-keyout', 'redis.key', '-out', 'redis.csr');
  writeFileSync(at('names'), 'subjectAltName = DNS:redis.internal, IP:127.0.0.1\n');
  openssl(
    ...['x509', '-req', '-days', '1', '-in', 'redis.csr', '-out', 'redis.pem', '-extfile', 'names'],
    ...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
  );
  return {
    caFile: at('ca.pem'),
    certFile: at('redis.pem'),
    keyFile: at('redis.key'),
    strangerFile: at('stranger.pem'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';

/** The machine, and what ran on it. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const gigabytes = (totalmem() / 1024 ** 3).toFixed(0);
  const peers = ['@graphql-mesh/compose-cli', '@omnigraph/json-schema', '@graphql-hive/gateway'].map(
    (name) => `${name} ${versionOf(`../mesh/node_modules/${name}`)}`,
  );
  return [
    `${cpus().length} × ${cpu?.model.trim()}, ${gigabytes} GB, ${type()} ${release().split('.', 2).join('.')}, Node ${process.version}`,
    `undici ${versionOf('../../node_modules/undici')}`,
    ...peers,
  ].join('; ');
}

function versionOf(folder: string): string {
  const path = new URL(`${folder}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

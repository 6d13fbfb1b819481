import { createRequire } from 'node:module';

// `npm run supergraph`. What needs packages is imported once it is known that they are there.
const missing = [
  { packages: 'npm ci', one: 's3rver', seenFrom: new URL('../../../package.json', import.meta.url) },
  {
    packages: 'npm --prefix examples/supergraph ci',
    one: '@graphql-hive/gateway/package.json',
    seenFrom: import.meta.url,
  },
].filter(({ one, seenFrom }) => !isThere(one, seenFrom));

if (missing.length > 0) {
  process.stderr.write(
    `Its packages are not installed: ${missing.map(({ packages }) => packages).join(' && ')}\n`,
  );
  process.exitCode = 1;
} else {
  const { runTopology } = await import('./runTopology.ts');
  await runTopology(process.env);
}

function isThere(name: string, seenFrom: string | URL): boolean {
  try {
    return Boolean(createRequire(seenFrom).resolve(name));
  } catch {
    return false;
  }
}

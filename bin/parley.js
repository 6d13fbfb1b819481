#!/usr/bin/env node
import { existsSync } from 'node:fs';

// Which Parley this is, a clone or a production install, is told by what is there and not by NODE_ENV, which people set for other
// reasons. Where the source and tsx are, the source runs: a `dist` beside it may be older than what was pulled since. A production
// install has no tsx (a dev dependency), and an image has no source either: there the build runs.
const source = new URL('../src/cli.ts', import.meta.url);
const build = new URL('../dist/cli.js', import.meta.url);

const tsx = existsSync(source) ? await loadTsx() : undefined;
if (tsx) {
  tsx.register();
  await import(source.href);
} else if (existsSync(build)) {
  await import(build.href);
} else {
  process.stderr.write(
    'Parley is neither installed nor built here: run "npm ci". Without dev dependencies: "npm ci && npm run build && npm prune --omit=dev".\n',
  );
  process.exitCode = 1;
}

async function loadTsx() {
  try {
    return await import('tsx/esm/api');
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { composeServices } from '@apollo/composition';
import type { DocumentNode } from 'graphql';
import { parse, visit } from 'graphql';
import { CRM_SDL } from './crm/startCrm.ts';

const PARLEY = fileURLToPath(new URL('../..', import.meta.url));

export interface Subgraphs {
  readonly parleyUrl: string;
  readonly crmUrl: string;
}

export interface Supergraph {
  /** With everything that Parley says of itself, for routers that know federation 2.5. */
  readonly full: string;
  /**
   * For `@apollo/gateway` and for an Apollo Router without a licence, which refuse to load a supergraph whose access rules they can't
   * enforce. Parley enforces them itself, whoever asks: what is gone is only the router's own, earlier refusal.
   */
  readonly plain: string;
  /** What it was made of, beside the CRM's: Parley's SDL as a registry would get it. */
  readonly parleySdl: string;
}

export async function composeSupergraph(subgraphs: Subgraphs): Promise<Supergraph> {
  const parleySdl = await readParleySdl();
  const parley = parse(parleySdl);
  return {
    full: compose(parley, subgraphs),
    plain: compose(withoutAccessRules(parley), subgraphs),
    parleySdl,
  };
}

function compose(parley: DocumentNode, { parleyUrl, crmUrl }: Subgraphs): string {
  const { errors, supergraphSdl } = composeServices([
    { name: 'parley', url: parleyUrl, typeDefs: parley },
    { name: 'crm', url: crmUrl, typeDefs: parse(CRM_SDL) },
  ]);
  if (errors) throw new Error(errors.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}

/** From Parley itself, or from a file where its source is not at hand. */
async function readParleySdl(): Promise<string> {
  const file = process.env['PARLEY_SDL'];
  if (file) return readFileSync(file, 'utf8');
  const print = ['bin/parley.js', 'schema'];
  return (await promisify(execFile)(process.execPath, print, { cwd: PARLEY })).stdout;
}

const ACCESS_RULES = ['authenticated', 'requiresScopes'];

function withoutAccessRules(sdl: DocumentNode): DocumentNode {
  return visit(sdl, {
    DirectiveDefinition: ({ name }) => (isAccessRule(name.value) ? null : undefined),
    Directive: ({ name }) => (isAccessRule(name.value) ? null : undefined),
    // In the list of what `@link` imports.
    StringValue: ({ value }) => (value.startsWith('@') && isAccessRule(value.slice(1)) ? null : undefined),
  });
}

function isAccessRule(directive: string): boolean {
  return ACCESS_RULES.includes(directive);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { full, plain, parleySdl } = await composeSupergraph({
    parleyUrl: process.env['PARLEY_URL'] ?? 'http://127.0.0.1:4001/graphql',
    crmUrl: process.env['CRM_URL'] ?? 'http://127.0.0.1:4002/',
  });
  const files = {
    'supergraph.graphql': full,
    'supergraph.plain.graphql': plain,
    // For composers that take the subgraphs' own files, such as Cosmo's.
    ...(!process.env['PARLEY_SDL'] && { 'parley.graphql': parleySdl }),
  };
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(file, text);
    process.stdout.write(`${file}\n`);
  }
}

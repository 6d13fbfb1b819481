import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { applyEdits } from './applyEdits.ts';
import { editsOf } from './editsOf.ts';
import { fillTemplate } from './fillTemplate.ts';
import { NewProviderError } from './NewProviderError.ts';
import type { ProviderNames } from './parseName.ts';

/** A file as it is to be. */
export interface PlannedFile {
  /** In the repository. */
  readonly path: string;
  readonly text: string;
  /** What it is now; null where it is not there yet. */
  readonly before: string | null;
}

/** Everything that a new provider takes. Writes nothing; throws a {@link NewProviderError} where there is no place for it. */
export async function planProvider(root: string, names: ProviderNames): Promise<readonly PlannedFile[]> {
  refuseTaken(root, names);
  const made = readTemplates(root).map(([path, template]) => ({
    path: fillTemplate(path, names),
    text: fillTemplate(template, names),
    before: null,
  }));
  for (const { path } of made)
    if (existsSync(join(root, path))) throw new NewProviderError(`${path} is there already.`);
  const edited = editsOf(names).map(([path, edits]) => {
    const before = read(root, path);
    return { path, text: applyEdits(path, before, edits), before };
  });
  // Whether a line has to be broken depends on the name.
  return Promise.all(
    [...made, ...edited].map(async (file) => ({ ...file, text: await formatted(root, file) })),
  );
}

/** A folder of that name may be somebody else's, such as the sandbox's `core`. */
function refuseTaken(root: string, { camel, pascal, screaming }: ProviderNames): void {
  for (const folder of [`src/providers/${camel}`, `src/sandbox/${camel}`])
    if (existsSync(join(root, folder))) throw new NewProviderError(`${folder} is there already.`);
  const schema = readdirSync(join(root, 'schema')).filter((name) => name.endsWith('.graphql'));
  const taken = new RegExp(
    `^(?:type|input|enum|union|interface|scalar) (${pascal}(?:Conversation|Message|Attachment))\\b|^  (${screaming})$`,
    'm',
  );
  for (const name of schema) {
    const found = taken.exec(read(root, `schema/${name}`));
    if (found) throw new NewProviderError(`schema/${name} has "${found[1] ?? found[2]!}" already.`);
  }
}

function readTemplates(root: string): [path: string, template: string][] {
  const folder = join(root, 'scripts/newProvider/templates');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.template'))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const path = relative(folder, file)
        .split(sep)
        .join('/')
        .replace(/\.template$/, '');
      return [path, readFileSync(file, 'utf8')];
    });
}

function read(root: string, path: string): string {
  if (!existsSync(join(root, path)))
    throw new NewProviderError(`${path} is gone. Say another file in scripts/newProvider/editsOf.ts.`);
  return readFileSync(join(root, path), 'utf8');
}

async function formatted(root: string, { path, text }: Pick<PlannedFile, 'path' | 'text'>): Promise<string> {
  const filepath = join(root, path);
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { copyRepository, readCopy } from './copyRepository.ts';
import type { Outcome } from './runContract.ts';
import { runContract } from './runContract.ts';
import { runIn } from './runIn.ts';

// Compilers and linters are started, on machines that do other things as well.
jest.setTimeout(240_000);

/** What is left to write of an adapter, as its tests name it. */
const WORK = ['toConversation', 'toMessage', 'toProgress'].map(
  (name) => `Error: Not written yet: ${name} in src/providers/telex/map.ts`,
);

const SUITE = 'test/contract/telex.test.ts';

let folder: string;
const newProvider = (...args: string[]) =>
  runIn(folder, ['--import', 'tsx', 'scripts/newProvider.ts', ...args]);

beforeAll(() => {
  folder = copyRepository();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('npm run new:provider, before there is anything new', () => {
  it('says how it is used', async () => {
    const { code, stdout } = await newProvider('--help');

    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('new:provider <name>') });
  });

  it.each<[string, string[], string]>([
    ['no name', [], 'Give one name'],
    ['an option that is none', ['--force', 'telex'], '--force'],
    ['a name that leaves its folder', ['../fax'], '"../fax" is no name'],
    ['a name that is there', ['pigeons'], 'src/providers/pigeons is there already'],
    ['a name that the sandbox has for something else', ['core'], 'src/sandbox/core is there already'],
    ['a name whose types are there', ['staged'], '"StagedAttachment" already'],
  ])('refuses %s, and changes nothing', async (_what, args, words) => {
    const before = readCopy(folder);

    const { code, stderr } = await newProvider(...args);

    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(words) });
    expect(readCopy(folder)).toEqual(before);
  });

  it.each<[string, string, (text: string) => string, string]>([
    [
      'a place that it does not find again',
      'src/observability/secretsOf.ts',
      (text) => text.replaceAll("case 'pigeons'", "case 'doves'"),
      "src/observability/secretsOf.ts does not have the text beside which something is to be put in:\n\n    case 'pigeons':",
    ],
    [
      'types that can not be generated',
      'schema/paging.graphql',
      (text) => `${text}\ntype Broken { field: Nowhere }\n`,
      'npm run codegen has failed, and everything is as it was before.',
    ],
  ])('leaves nothing behind when it comes to %s', async (_what, file, spoil, words) => {
    const path = join(folder, file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, spoil(text));
    const before = readCopy(folder);

    const { code, stderr } = await newProvider('telex');

    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(words) });
    expect(readCopy(folder)).toEqual(before);
    writeFileSync(path, text);
  });
});

describe('npm run new:provider', () => {
  let before: Map<string, string>;
  let after: Map<string, string>;
  let said = '';
  let unwritten: Promise<readonly Outcome[]>;
  beforeAll(async () => {
    before = readCopy(folder);
    // Two of them: what is put in for one must leave the places for the next.
    for (const name of ['telex', 'chat-app']) {
      const { code, stdout, stderr } = await newProvider(name);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      said += stdout;
    }
    after = readCopy(folder);
    // Most of its time it waits: compilers and linters use that.
    unwritten = runContract(folder, [SUITE, 'test/sandbox/telex.test.ts']);
    unwritten.catch(() => undefined);
  });

  const changed = () => [...after].filter(([path, text]) => before.get(path) !== text).map(([path]) => path);
  /** Without what is generated from the schema. */
  const written = () => changed().filter((path) => !/generated|possibleTypes/.test(path));

  it('makes an adapter, an emulator and tests, and says where it has changed something', () => {
    expect(changed()).toEqual(
      expect.arrayContaining([
        ...['wire', 'map', 'index', 'writes'].map((file) => `src/providers/telex/${file}.ts`),
        'src/sandbox/chatApp/createChatAppEmulator.ts',
        'test/contract/telex.test.ts',
        'src/generated/resolvers.ts',
        'schema/possibleTypes.json',
      ]),
    );
    for (const path of written()) expect(said).toContain(path);
    expect([...before.keys()].filter((path) => !after.has(path))).toEqual([]);
    for (const path of changed())
      expect(`${path}: ${after.get(path)!}`).not.toMatch(/__(?:name|Name|NAME|kebab)__/);
  });

  it('does not make the same one twice', async () => {
    const { code, stderr } = await newProvider('telex');

    expect({ code, stderr }).toEqual({ code: 1, stderr: 'src/providers/telex is there already.\n' });
    expect(readCopy(folder)).toEqual(after);
  });

  it('leaves everything that is checked as clean as it was, and the contract suites of the others compiling', async () => {
    const sources = written();
    const checks = await Promise.all([
      runIn(folder, ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.']),
      runIn(folder, ['node_modules/eslint/bin/eslint.js', '--max-warnings', '0', ...sources]),
      runIn(folder, ['node_modules/prettier/bin/prettier.cjs', '--log-level', 'warn', '--check', ...sources]),
    ]);

    for (const check of checks) expect(check).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('has generated what follows from the schema, which composes', async () => {
    const composed = await runIn(folder, ['--import', 'tsx', 'test/composition/compose.ts']);
    const generated = await runIn(folder, [
      'node_modules/@graphql-codegen/cli/cjs/bin.js',
      '--config',
      'codegen.yml',
    ]);

    expect(composed).toMatchObject({ code: 0, stdout: expect.not.stringContaining('FAILED') });
    expect(generated).toMatchObject({ code: 0 });
    expect(readCopy(folder)).toEqual(after);
  });

  it('leaves tests that fail by the name of what is to be written, and pass once it is', async () => {
    const outcomes = await unwritten;
    const failed = outcomes.filter(({ passed }) => !passed);
    const titlesOf = (some: typeof failed) => some.map(({ title }) => title);

    expect([...new Set(failed.map(({ why }) => why))].sort()).toEqual(WORK);
    expect(titlesOf(failed)).toEqual(
      expect.arrayContaining([
        'reading from Telex gives the newest messages, oldest of them first, in one call',
        'reading from Telex tells a conversation that does not exist from one that is empty',
        'writing to Telex a message carries a word as it is, and is stored once',
      ]),
    );
    expect(titlesOf(outcomes.filter(({ passed }) => passed))).toEqual(
      expect.arrayContaining([
        'reading from Telex turns 401 into a coded error that names the account',
        'reading from Telex gives an empty page for a conversation without messages',
        'writing to Telex a message is refused for a conversation that does not exist',
        'failing to write to Telex a message meets a reset after it was taken',
        'keeps what is sent, until it is reset',
      ]),
    );

    const map = join(folder, 'src/providers/telex/map.ts');
    writeFileSync(map, withBodies(readFileSync(map, 'utf8')));
    const all = await runContract(folder, [SUITE]);

    expect(all.filter(({ passed }) => !passed)).toEqual([]);
  });
});

/** The mapping, as somebody writes it in the places that are left for it. */
function withBodies(text: string): string {
  const bodies = {
    toConversation: `return { accountId: _mapping.accountId, externalId: _row.id, createdAt: _row.createdAt };`,
    toMessage: `return {
      accountId: _mapping.accountId, conversationExternalId: _conversationExternalId, externalId: _row.id,
      direction: null, author: null, text: _row.text, content: { kind: 'TextContent', text: _row.text },
      attachments: [], reactions: [], sentAt: _row.createdAt, delivery: null, isDeleted: null, repliedTo: null,
      providerDetails: { kind: 'TelexMessage', raw: _row.raw },
    };`,
    toProgress: `return {
      state: 'SENT', evidence: _evidence, final: true, messageId: _row.id, job: null, sentAt: _row.createdAt,
      deliveredAt: null, readAt: null, failureReason: null,
    };`,
  };
  return Object.entries(bodies).reduce(
    (result, [name, body]) => result.replace(`throw notWritten('${name}', 'map.ts');`, body),
    text,
  );
}

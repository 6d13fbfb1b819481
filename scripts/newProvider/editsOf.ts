import type { Edit } from './applyEdits.ts';
import { fillTemplate } from './fillTemplate.ts';
import type { ProviderNames } from './parseName.ts';

/** What is put into files that are there, by file: every place that has to know a provider. */
export function editsOf(names: ProviderNames): readonly (readonly [file: string, edits: readonly Edit[]])[] {
  return Object.entries(EDITS).map(([file, edits]) => [
    file,
    edits.map(({ where, anchor, insert }) => ({ where, anchor, insert: fillTemplate(insert, names) })),
  ]);
}

// Each anchor is something of Pigeons or an end of a list, and stays as it is wherever lines are broken: one provider can be made
// after the other.
const EDITS: Readonly<Record<string, readonly Edit[]>> = {
  'src/messaging/provider.ts': [
    after(`| 'PIGEONS'`, ` | '__NAME__'`),
    before(
      `;\n\nexport type MessageDirection =`,
      `\n  | { readonly kind: '__Name__Conversation'; readonly raw: JsonObject | null }`,
    ),
    before(
      `;\n\nexport interface PigeonsDevice {`,
      `\n  | { readonly kind: '__Name__Message'; readonly raw: JsonObject | null }`,
    ),
    before(
      `  | { readonly kind: 'StagedAttachment';`,
      `  | { readonly kind: '__Name__Attachment'; readonly raw: JsonObject | null }\n`,
    ),
  ],
  'src/config/accounts.ts': [
    after(
      `import { accountKeys } from './accountKeys.ts';\n`,
      `import { __name__Account } from './__name__Account.ts';\n`,
    ),
    after(`const providerAccounts = [`, `__name__Account, `),
  ],
  'src/config/resilience.ts': [
    after(`  pigeons: provider.optional(),\n`, `  __name__: provider.optional(),\n`),
  ],
  'src/accounts.ts': [
    after(
      `import { createPigeonsProvider, pigeonsHeaders } from './providers/pigeons/index.ts';\n`,
      `import { create__Name__Provider, __name__Headers } from './providers/__name__/index.ts';\n`,
    ),
    after(`pigeons: 'PIGEONS'`, `, __name__: '__NAME__'`),
    after(
      `      return { headers: pigeonsHeaders(account.publicKey) };\n`,
      `    case '__name__':\n      return { headers: __name__Headers(account.token) };\n`,
    ),
    before(
      `    case 'pigeons':\n      return createPigeonsProvider({`,
      `    case '__name__':\n      return create__Name__Provider(options);\n`,
    ),
  ],
  'src/observability/secretsOf.ts': [
    before(`    case 'pigeons':\n`, `    case '__name__':\n      return [account.token];\n`),
  ],
  'src/doctor/checkAccount.ts': [
    after(`  pigeons: '"publicKey" and "token"',\n`, `  __name__: '"token"',\n`),
  ],
  'src/sandbox/emulators.ts': [
    after(
      `import { createPigeonsEmulator } from './pigeons/createPigeonsEmulator.ts';\n`,
      `import { create__Name__Emulator } from './__name__/create__Name__Emulator.ts';\n`,
    ),
    after(`  pigeons: createPigeonsEmulator,\n`, `  __name__: create__Name__Emulator,\n`),
  ],
  'src/sandbox/index.ts': [
    after(
      `export type { PigeonsEmulator } from './pigeons/createPigeonsEmulator.ts';\n`,
      `export type { __Name__Emulator } from './__name__/create__Name__Emulator.ts';\n`,
    ),
  ],
  'src/sandbox/wellKnown.ts': [before(`} as const;`, wellKnownIds())],
  'src/sandbox/createControlDoor.ts': [
    after(`Nobody lives here: /p1/… and /api/p2/… are Pact,`, ` /__kebab__/… __Name__,`),
  ],
  'src/sandbox/main.ts': [before(`# Let the next three requests`, curl())],
  'schema/account.graphql': [
    after(`  PIGEONS\n`, `  "__Name__: say in a line what it is, and who is on it."\n  __NAME__\n`),
  ],
  'schema/conversation.graphql': [
    after(`| PigeonsConversation`, ` | __Name__Conversation`),
    before(`"A page of conversations."\n`, detailsOf('Conversation', 'a conversation')),
  ],
  'schema/message.graphql': [
    after(`| PigeonsMessage`, ` | __Name__Message`),
    before(`"A page of messages, oldest to newest."\n`, detailsOf('Message', 'a message')),
  ],
  'schema/attachment.graphql': [
    after(`| PigeonsAttachment`, ` | __Name__Attachment`),
    before(
      `"A file that was uploaded to Parley and waits to be sent."\n`,
      detailsOf('Attachment', 'an attachment'),
    ),
  ],
  'test/canaries.ts': [
    before(`    case 'pigeons':\n`, `    case '__name__':\n      return [of('token', account.token)];\n`),
  ],
  'test/contract/writeSubjects.ts': [
    after(
      `import { operation } from './operation.ts';\n`,
      `import { __name__Account } from '../__name__Account.ts';\n`,
    ),
    after(`    ...sandboxAccounts(sandbox),\n`, `    __name__Account(sandbox),\n`),
  ],
};

function after(anchor: string, insert: string): Edit {
  return { where: 'after', anchor, insert };
}

function before(anchor: string, insert: string): Edit {
  return { where: 'before', anchor, insert };
}

/** The ids that the emulator's seed has for a purpose. */
function wellKnownIds(): string {
  return `  __name__: {
    everyday: '1001',
    /** Exactly 2,000 messages a minute apart, \`#1 …\` to \`#2000 …\`. */
    long: '1002',
    empty: '1003',
    /** Twelve messages with one and the same \`created_at\`. */
    sameTime: '1004',
    specimens: '1005',
  },
`;
}

/** A call for people to paste. */
function curl(): string {
  return `# __Name__
curl -s '\${url}/__kebab__/v1/conversations/\${ids.__name__.everyday}/messages?limit=3' \\\\
  -H 'Authorization: Bearer \${sandbox.__name__.token}'

`;
}

/** What only this provider says of something: all of it, until it has fields of its own. */
function detailsOf(what: string, words: string): string {
  return `"What only __Name__ says about ${words}."
type __Name__${what} @tag(name: "__name__") {
  "It as __Name__ gives it. Put the fields that are worth it in its place."
  raw: JSONObject
}

`;
}

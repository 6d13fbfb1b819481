import { existsSync } from 'node:fs';
import graphqlPlugin from '@graphql-eslint/eslint-plugin';
import tseslint from 'typescript-eslint';

/**
 * Who may import whom: each folder of `src/` with the folders that it sees beside itself. `'*'` sees everything.
 * `main.ts` is imported by nothing, `server.ts` by `main.ts` alone.
 */
const LAYERS = {
  messaging: [],
  generated: ['messaging', 'graph/context'],
  graph: ['messaging', 'generated'],
  http: ['messaging'],
  providers: ['messaging', 'http'],
  store: ['messaging'],
  uploads: ['messaging'],
  realtime: ['messaging'],
  auth: ['messaging'],
  realtime: ['messaging'],
  config: ['messaging'],
  // What it is told of, and what it must not tell.
  observability: ['messaging', 'config', 'graph/operationReport', 'http/observer', 'store/observeStore'],
  sandbox: [],
  explorer: [],
};

const FOLDERS = [
  'auth',
  'commands',
  'config',
  'doctor',
  'explorer',
  'generated',
  'graph',
  'http',
  'messaging',
  'observability',
  'providers',
  'realtime',
  'sandbox',
  'store',
  'uploads',
];

/** What each folder may not import; `more` adds to it. */
function layerRule(folder, allowed, files = `src/${folder}/**/*.ts`, more = []) {
  const seen = [folder, ...allowed];
  const hidden = FOLDERS.filter((other) => !seen.includes(other)).join('|');
  const allowedFiles = allowed.filter((path) => path.includes('/'));
  return {
    files: [files],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(?!(${allowedFiles.join('|') || '-'})\\.ts$)(${hidden})/`,
              message: `src/${folder} sees ${seen.map((name) => `${name}/`).join(', ')} and nothing else of ours.`,
            },
            {
              regex: '^(\\.\\./)+(main|cli|server|accounts)\\.ts$',
              message: 'Only main.ts and server.ts wire things.',
            },
            ...more,
          ],
        },
      ],
    },
  };
}

const layerRules = [
  ...Object.entries(LAYERS).map(([folder, allowed]) => layerRule(folder, allowed)),
  // How far up another adapter is depends on where a file lies: a provider's second API has a folder in that of the first.
  ...[
    ['src/providers/*/*.ts', '^\\.\\./(?!\\.\\./)'],
    ['src/providers/*/*/**/*.ts', '^\\.\\./\\.\\./(?!\\.\\./)'],
  ].map(([files, regex]) =>
    layerRule('providers', LAYERS.providers, files, [
      { regex, message: 'An adapter never sees another adapter.' },
    ]),
  ),
];

// Types of packages that are not there can't be checked: `npm run test:supergraph` installs those of the example.
const NOT_INSTALLED = ['examples/supergraph'].filter(
  (folder) => !existsSync(new URL(`${folder}/node_modules`, import.meta.url)),
);

export default tseslint.config(
  { ignores: ['**/node_modules', 'dist', 'coverage', 'src/generated', ...NOT_INSTALLED] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      // `first!` after a check that the compiler can't follow says what is known; a cast would say less.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // An empty text is a provider's way to say nothing: `text || null` means it.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '/(test|scripts)/', message: 'src/ never imports test/ or scripts/.' }] },
      ],
    },
  },
  {
    files: ['scripts/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '/(src|test)/', message: 'A script reads the sources as text.' }] },
      ],
    },
  },
  ...layerRules,
  {
    // Only these read the environment; everything else is told.
    files: ['src/**/*.ts'],
    ignores: ['src/main.ts', 'src/cli.ts', 'src/config/**', 'src/sandbox/main.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only main.ts, cli.ts and config/ read the environment.',
        },
      ],
    },
  },
  {
    // The answer to a query has the shape that the query asked for: typing each would say everything twice.
    files: ['test/**/*.ts', 'bench/**/*.ts', 'examples/*/test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['examples/*/test/**/*.ts'],
    rules: {
      // Node's test runner waits for what its functions promise.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['describe', 'it'] }] },
      ],
    },
  },
  {
    files: ['schema/*.graphql'],
    languageOptions: {
      parser: graphqlPlugin.parser,
      parserOptions: { graphQLConfig: { schema: './schema/*.graphql' } },
    },
    plugins: { '@graphql-eslint': graphqlPlugin },
    rules: {
      '@graphql-eslint/description-style': 'off',
      '@graphql-eslint/known-argument-names': 'error',
      '@graphql-eslint/no-typename-prefix': 'error',
      '@graphql-eslint/no-unreachable-types': 'error',
      '@graphql-eslint/require-deprecation-reason': 'error',
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          DirectiveDefinition: true,
        },
      ],
      '@graphql-eslint/unique-type-names': 'off',
      '@graphql-eslint/unique-enum-value-names': 'error',
      '@graphql-eslint/naming-convention': [
        'error',
        {
          types: 'PascalCase',
          FieldDefinition: 'camelCase',
          InputValueDefinition: 'camelCase',
          Argument: 'camelCase',
          EnumValueDefinition: 'UPPER_CASE',
          DirectiveDefinition: 'camelCase',
        },
      ],
    },
  },
);

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // Modules of a test file stay in the memory of its process: one process for all of them would have gigabytes in the end.
  maxWorkers: 2,
  workerIdleMemoryLimit: '1GB',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  // The last line of a run counts the tests in words that a CI can read.
  reporters: ['default', '<rootDir>/test/summaryReporter.js'],
};

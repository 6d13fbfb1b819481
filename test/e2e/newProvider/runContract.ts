import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runIn } from './runIn.ts';

/** A test that has run. */
export interface Outcome {
  readonly title: string;
  readonly passed: boolean;
  /** The first line of why it has failed. */
  readonly why: string;
}

/** Runs test files of a copy, and gives how each of their tests has ended. */
export async function runContract(folder: string, files: readonly string[]): Promise<readonly Outcome[]> {
  const report = join(folder, 'report.json');
  const { stderr } = await runIn(folder, [
    ...['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--runInBand'],
    ...['--json', `--outputFile=${report}`, '--runTestsByPath', ...files],
  ]);
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { assertionResults: { fullName: string; status: string; failureMessages: string[] }[] }[];
  };
  const outcomes = testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ fullName, status, failureMessages }) => ({
      title: fullName,
      passed: status === 'passed',
      why: failureMessages[0]?.split('\n', 1)[0] ?? '',
    })),
  );
  // A file that does not load has no tests to fail.
  if (outcomes.length === 0) throw new Error(`no test has run: ${stderr}`);
  return outcomes;
}

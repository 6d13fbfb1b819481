import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Ids of the workloads to run; all when empty. */
  readonly only: readonly string[];
  readonly rounds: number;
  /** Of one measurement. */
  readonly seconds: number;
  /** Whether the documentation gets the figures. */
  readonly write: boolean;
}

export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      only: { type: 'string', default: '' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '2' },
      write: { type: 'boolean', default: true },
    },
  });
  const only = values.only.split(',').filter(Boolean);
  return {
    only,
    rounds: Math.max(1, Number(values.rounds)),
    seconds: Number(values.seconds),
    // A part of it is no result.
    write: values.write && only.length === 0,
  };
}

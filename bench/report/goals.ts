import type { FrontName } from '../fronts/Front.ts';
import { cellOf, leastOf, medianOf, mostOf, peakOf } from './cellFigures.ts';
import type { Condition, Results } from './Results.ts';
import { CONDITIONS } from './Results.ts';

export interface Goal {
  readonly what: string;
  /** How it has to be, in words. */
  readonly goal: string;
  /** As measured, where it was: one for each condition, or one alone. */
  readonly measured: readonly { readonly text: string; readonly isMet: boolean }[];
}

/** What Parley is to come to, and what it has come to. Costs are those of each front's cheapest round. */
export function goalsOf(results: Results): readonly Goal[] {
  return [
    times(results, 'W1', 'mesh', 5.5),
    ofLimit(results, 'W1', 0.65),
    times(results, 'W2', 'mesh', 5),
    ofLimit(results, 'W2', 0.85),
    times(results, 'W4', 'mesh', 3.5),
    ...calls(results),
    slowness(results),
    ...equalReads(results),
    memory(results),
    upload(results),
  ].filter(({ measured }) => measured.length > 0);
}

/** The cost of another front's request, in those of Parley's. */
function times(results: Results, workload: string, other: FrontName, most: number): Goal {
  return {
    what: `${workload}: Mesh’s CPU a request over Parley’s`,
    goal: `at least ${most}`,
    measured: ratios(results, workload, other).map((ratio) => ({
      text: ratio.toFixed(2),
      isMet: ratio >= most,
    })),
  };
}

function ofLimit(results: Results, workload: string, least: number): Goal {
  return {
    what: `${workload}: the limit’s CPU a request over Parley’s`,
    goal: `at least ${least}`,
    measured: ratios(results, workload, 'limit').map((ratio) => ({
      text: ratio.toFixed(2),
      isMet: ratio >= least,
    })),
  };
}

function ratios({ cells }: Results, workload: string, other: FrontName): number[] {
  return CONDITIONS.flatMap((condition) => {
    const parley = cellOf(cells, workload, condition, 'parley');
    const compared = cellOf(cells, workload, condition, other);
    return parley && compared ? [leastOf(compared, 'cpu') / leastOf(parley, 'cpu')] : [];
  });
}

function calls({ cells, workloads }: Results): Goal[] {
  return workloads.map(({ id, calls: minimum }) => ({
    what: `${id}: calls to providers a request`,
    goal: `exactly ${minimum}`,
    measured: CONDITIONS.flatMap((condition) => {
      const cell = cellOf(cells, id, condition, 'parley');
      if (!cell) return [];
      const isMet = leastOf(cell, 'calls') === minimum && mostOf(cell, 'calls') === minimum;
      return [{ text: trimmed(medianOf(cell, 'calls')), isMet }];
    }),
  }));
}

function slowness({ cells }: Results): Goal {
  const condition: Condition = CONDITIONS[2];
  const parley = cellOf(cells, 'W2', condition, 'parley');
  const limit = cellOf(cells, 'W2', condition, 'limit');
  const ratio = parley && limit ? leastOf(parley, 'p50') / leastOf(limit, 'p50') : undefined;
  return {
    what: 'W2 at 20 ms, one client: Parley’s p50 over the limit’s',
    goal: 'at most 1.1',
    measured: ratio === undefined ? [] : [{ text: ratio.toFixed(2), isMet: ratio <= 1.1 }],
  };
}

function equalReads({ equal }: Results): Goal[] {
  const pairs = CONDITIONS.flatMap((condition) => {
    const parley = cellOf(equal, 'equal reads', condition, 'parley');
    const limit = cellOf(equal, 'equal reads', condition, 'limit');
    return parley && limit ? [{ parley, limit }] : [];
  });
  return [
    {
      what: 'equal reads: calls to providers a request, at 0 and 20 ms',
      goal: 'less than 1',
      measured: pairs.map(({ parley }) => {
        const figure = medianOf(parley, 'calls');
        return { text: figure.toFixed(2), isMet: figure < 1 };
      }),
    },
    {
      what: 'equal reads: requests a second over the limit’s, at 0 and 20 ms',
      goal: 'more than 1',
      measured: pairs.map(({ parley, limit }) => {
        const ratio = mostOf(parley, 'rate') / mostOf(limit, 'rate');
        return { text: ratio.toFixed(2), isMet: ratio > 1 };
      }),
    },
  ];
}

function memory(results: Results): Goal {
  const ratio = peakOf(results, 'parley') / peakOf(results, 'mesh');
  return {
    what: 'peak memory over Mesh’s',
    goal: 'at most 0.45',
    measured: Number.isFinite(ratio) ? [{ text: ratio.toFixed(2), isMet: ratio <= 0.45 }] : [],
  };
}

function upload({ uploads }: Results): Goal {
  const parley = uploads.find(({ front }) => front === 'parley');
  const over = parley && parley.peak - parley.idle;
  return {
    what: 'W6: memory over idle',
    goal: 'less than 32 MB',
    measured: over === undefined ? [] : [{ text: `${over.toFixed(0)} MB`, isMet: over < 32 }],
  };
}

export function trimmed(value: number): string {
  return value.toFixed(2).replace(/\.?0+$/, '');
}

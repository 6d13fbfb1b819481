import type { FrontName } from '../fronts/Front.ts';
import type { Measured } from '../load/measure.ts';
import { quantile } from '../load/quantile.ts';
import type { Cell, Condition, Results } from './Results.ts';

type Figure = keyof Measured;

export function cellOf(
  cells: readonly Cell[],
  workload: string,
  condition: Condition,
  front: FrontName,
): Cell | undefined {
  return cells.find((one) => one.workload === workload && one.condition === condition && one.front === front);
}

/** The median of the rounds. */
export function medianOf({ rounds }: Cell, figure: Figure): number {
  return quantile(
    rounds.map((round) => round[figure]),
    0.5,
  );
}

/** The cheapest round's: what disturbs a machine only ever adds to it. */
export function leastOf({ rounds }: Cell, figure: Figure): number {
  return Math.min(...rounds.map((round) => round[figure]));
}

export function mostOf({ rounds }: Cell, figure: Figure): number {
  return Math.max(...rounds.map((round) => round[figure]));
}

/** Megabytes that a front had at the most, files aside. */
export function peakOf({ cells }: Results, front: FrontName): number {
  return Math.max(
    ...cells
      .filter((cell) => cell.front === front && cell.workload !== 'W6')
      .map((cell) => mostOf(cell, 'peak')),
  );
}

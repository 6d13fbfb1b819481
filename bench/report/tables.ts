import { FRONT_NAMES, FRONTS } from '../fronts/Front.ts';
import { cellOf, leastOf, medianOf, mostOf, peakOf } from './cellFigures.ts';
import { goalsOf, trimmed } from './goals.ts';
import type { Cell, GrowthRow, Results } from './Results.ts';
import { CONDITIONS } from './Results.ts';

/** Rows of text, the first one with the heads of the columns. */
export type Table = readonly (readonly string[])[];

const HEADS = ['', 'requests/s', 'p50 ms', 'p99 ms', 'CPU ms', '(rounds)', 'of the limit', 'calls'];

/** One workload, under all conditions, by all fronts. */
export function workloadTable(cells: readonly Cell[], workload: string): Table {
  const rows = CONDITIONS.flatMap((condition) =>
    FRONTS.flatMap((front) => {
      const cell = cellOf(cells, workload, condition, front);
      if (!cell) return [];
      const limit = cellOf(cells, workload, condition, 'limit');
      const { latency, clients } = condition;
      return [
        [
          `${latency} ms, ${clients} client${clients === 1 ? '' : 's'}: ${FRONT_NAMES[front]}`,
          decimals(medianOf(cell, 'rate')),
          decimals(medianOf(cell, 'p50')),
          decimals(medianOf(cell, 'p99')),
          decimals(medianOf(cell, 'cpu')),
          `${decimals(leastOf(cell, 'cpu'))}–${decimals(mostOf(cell, 'cpu'))}`,
          limit ? (leastOf(limit, 'cpu') / leastOf(cell, 'cpu')).toFixed(2) : '—',
          trimmed(medianOf(cell, 'calls')),
        ],
      ];
    }),
  );
  return [HEADS, ...rows];
}

export function goalTable(results: Results): Table {
  return [
    ['', 'goal', ...CONDITIONS.map(({ latency, clients }) => `${latency} ms, ${clients}`), ''],
    ...goalsOf(results).map(({ what, goal, measured }) => {
      const met = measured.filter(({ isMet }) => isMet).length;
      const verdict =
        met === measured.length ? 'met' : met === 0 ? 'missed' : `met in ${met} of ${measured.length}`;
      const texts = measured.map(({ text }) => text);
      return [what, goal, ...texts, ...Array<string>(CONDITIONS.length - texts.length).fill(''), verdict];
    }),
  ];
}

export function memoryTable(results: Results): Table {
  const { idle, uploads } = results;
  return [
    ['MB', 'before', 'at the most', 'before a file', 'with files of 10 MB'],
    ...FRONTS.map((front) => {
      const upload = uploads.find((one) => one.front === front);
      return [
        FRONT_NAMES[front],
        idle[front].toFixed(0),
        peakOf(results, front).toFixed(0),
        upload ? upload.idle.toFixed(0) : '—',
        upload ? upload.peak.toFixed(0) : '—',
      ];
    }),
  ];
}

export function growthTable(rows: readonly GrowthRow[], head: readonly string[]): Table {
  return [
    ['CPU ms a request', ...head],
    ...rows.map(({ name, front, cpu }) => [`${name}, ${FRONT_NAMES[front]}`, ...cpu.map(decimals)]),
  ];
}

/** Three digits that count. */
function decimals(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 10 ? 1 : 2);
}

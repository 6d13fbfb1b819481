import type { Results } from './Results.ts';
import type { Table } from './tables.ts';
import { goalTable, growthTable, memoryTable, workloadTable } from './tables.ts';
import { HELD, LENGTHS } from '../upstream/Upstream.ts';

export function printResults(results: Results): void {
  const { workloads, cells, equal, lengths, held, accounts } = results;
  for (const { id, title } of workloads) print(`${id}: ${title}`, workloadTable(cells, id));
  if (equal.length > 0) print('equal reads', workloadTable(equal, 'equal reads'));
  print('memory', memoryTable(results));
  if (lengths.length > 0) print('messages held', growthTable(lengths, LENGTHS.map(String)));
  if (held.length > 0) print('conversations asked for in turn', growthTable(held, HELD.map(String)));
  if (accounts.rows.length > 0) print('accounts', growthTable(accounts.rows, accounts.counts.map(String)));
  print('goals', goalTable(results));
}

function print(title: string, table: Table): void {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)))
      .join('  '),
  );
  process.stdout.write(`\n${title}\n${lines.join('\n')}\n`);
}

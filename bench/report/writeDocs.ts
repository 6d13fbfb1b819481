import { readFileSync, writeFileSync } from 'node:fs';
import * as prettier from 'prettier';
import { HELD, LENGTHS } from '../upstream/Upstream.ts';
import { describeMachine } from './describeMachine.ts';
import { drawChart } from './drawChart.ts';
import type { Results } from './Results.ts';
import { CONDITIONS } from './Results.ts';
import type { Table } from './tables.ts';
import { goalTable, growthTable, memoryTable, workloadTable } from './tables.ts';

const PAGE = new URL('../../docs/performance.md', import.meta.url);
const CHART = new URL('../../docs/performance.svg', import.meta.url);
const BETWEEN = /(<!-- bench:begin -->)[^]*(<!-- bench:end -->)/;

/** Puts the figures into the documentation, between the marks that are there for them, and the chart beside it. */
export async function writeDocs(results: Results): Promise<void> {
  const page = readFileSync(PAGE, 'utf8');
  if (!BETWEEN.test(page)) throw new Error('docs/performance.md has no place for figures');
  // A function: what stands in a table is no pattern.
  const filled = page.replace(
    BETWEEN,
    (_all, begin: string, end: string) => `${begin}\n\n${toMarkdown(results)}\n\n${end}`,
  );
  const settings = await prettier.resolveConfig(PAGE.pathname);
  writeFileSync(PAGE, await prettier.format(filled, { ...settings, parser: 'markdown' }));
  writeFileSync(CHART, drawChart(results, CONDITIONS[1]));
}

function toMarkdown(results: Results): string {
  const { workloads, cells, equal, lengths, held, accounts, rounds, seconds } = results;
  const today = new Date().toISOString().slice(0, 10);
  return [
    '![What a request costs of a processor](performance.svg)',
    `Measured on ${today}, ${rounds} round${rounds === 1 ? '' : 's'}, each measurement of ${seconds} s: ${describeMachine()}.`,
    '### Goals',
    'Of each front the cheapest round counts. Columns are the time that a provider takes, and how many clients ask at once.',
    markdown(goalTable(results)),
    ...workloads.flatMap(({ id, title }) => [`### ${id}: ${title}`, markdown(workloadTable(cells, id))]),
    '### Equal reads: all clients want the same conversation',
    markdown(workloadTable(equal, 'equal reads')),
    '### Memory',
    markdown(memoryTable(results)),
    '### Growth',
    'The 20 last messages of a conversation that has as many:',
    markdown(
      growthTable(
        lengths,
        LENGTHS.map((length) => length.toLocaleString('en')),
      ),
    ),
    'Of as many conversations, one after the other:',
    markdown(
      growthTable(
        held,
        HELD.map((count) => count.toLocaleString('en')),
      ),
    ),
    'With as many accounts configured:',
    markdown(growthTable(accounts.rows, accounts.counts.map(String))),
    `At rest after that: ${accounts.memory.map((megabytes, index) => `${megabytes.toFixed(0)} MB with ${accounts.counts[index]}`).join(', ')}.`,
  ].join('\n\n');
}

function markdown([heads, ...rows]: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = heads!.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(heads!), line(rule), ...rows.map(line)].join('\n');
}

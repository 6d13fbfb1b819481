import type { Row } from './runCheck.ts';

const RESULTS = { ok: 'ok', warning: 'warning', failed: 'FAILED', skipped: 'skipped' } as const;

/** Rows as a person reads them: name, result, detail, and below it what to do. */
export function toTable(rows: readonly Row[]): string {
  const nameWidth = Math.max('CHECK'.length, ...rows.map(({ name }) => name.length));
  const resultWidth = Math.max('RESULT'.length, ...Object.values(RESULTS).map(({ length }) => length));
  const line = (name: string, result: string, text: string) =>
    `${name.padEnd(nameWidth)}  ${result.padEnd(resultWidth)}  ${text}`;
  const lines = rows.flatMap(({ name, result, detail, advice }) => [
    line(name, RESULTS[result], detail),
    ...(advice === undefined ? [] : [line('', '', `-> ${advice}`)]),
  ]);
  return [line('CHECK', 'RESULT', 'DETAIL'), ...lines, '', summarize(rows), ''].join('\n');
}

function summarize(rows: readonly Row[]): string {
  const count = (wanted: Row['result']) => rows.filter(({ result }) => result === wanted).length;
  const plural = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;
  const failures = count('failed');
  const warnings = count('warning');
  if (failures > 0) return `${plural(failures, 'failure')}, ${plural(warnings, 'warning')}.`;
  return warnings > 0 ? `Nothing failed, ${plural(warnings, 'warning')}.` : 'Everything is fine.';
}

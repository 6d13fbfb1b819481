/** Says what is going on, beside what has come of it. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

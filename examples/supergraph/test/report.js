import { Readable } from 'node:stream';
import { spec } from 'node:test/reporters';

/** What Node's own reporter says, and one line at the end that says how many tests passed, failed and were skipped. */
export default async function* report(events) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  async function* counted() {
    for await (const event of events) {
      const { type, data } = event;
      const isTest = (type === 'test:pass' || type === 'test:fail') && data.details.type !== 'suite';
      if (isTest) counts[data.skip ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed'] += 1;
      yield event;
    }
  }
  yield* Readable.from(counted()).compose(new spec());
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  yield `${counts.passed} passed, ${counts.failed} failed${skipped}\n`;
}

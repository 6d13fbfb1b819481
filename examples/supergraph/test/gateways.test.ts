import { after, before, beforeEach, describe } from 'node:test';
import { describeErrors } from './errors.ts';
import { describeHeaders } from './headers.ts';
import { describeQueries } from './queries.ts';
import { describeRetries } from './retries.ts';
import { resetSandbox } from './sandbox.ts';
import type { Stack } from './startStack.ts';
import { startStack } from './startStack.ts';
import { describeUploads } from './uploads.ts';

// One of everything does for all of them: Parley asks nobody who they are.
describe('The gateways', () => {
  let stack: Stack;
  before(async () => {
    stack = await startStack();
  });
  after(() => (stack as Stack | undefined)?.close());
  beforeEach(async () => {
    await resetSandbox(stack.sandboxUrl);
    stack.proxy.arrived.length = 0;
    stack.proxy.losses.length = 0;
  });

  const given = () => stack;
  describeQueries(given);
  describeErrors(given);
  describeHeaders(given);
  describeUploads(given);
  describeRetries(given);
});

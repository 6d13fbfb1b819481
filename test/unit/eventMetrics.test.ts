import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { createEventMetrics } from '../../src/observability/eventMetrics.ts';

const source = { provider: 'PIGEONS', accountId: 'app' } as const;

describe('the metric of live connections', () => {
  it('tells of those alone that this process is to have: one that nobody wants is not lost', async () => {
    const registry = new Registry();
    const { events } = createEventMetrics(registry);
    const figures = async () => {
      const { values } = await registry.getSingleMetric('parley_live_connections')!.get();
      return values.map(({ value }) => value);
    };

    expect(await figures()).toEqual([]);
    events.connected(source, false);
    expect(await figures()).toEqual([0]);
    events.connected(source, true);
    expect(await figures()).toEqual([1]);
    events.connected(source, null);
    expect(await figures()).toEqual([]);
  });
});

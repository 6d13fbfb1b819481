import { describe, expect, it } from '@jest/globals';
import type { Stage } from '../../src/health.ts';
import { healthOf } from '../../src/health.ts';
import type { ShedReason } from '../../src/overload.ts';

const REASONS: readonly ShedReason[] = ['event_loop', 'heap', 'operations', 'stopping'];

describe('the health of a process', () => {
  it('is ready while it runs and can take on more', () => {
    expect(healthOf('running', undefined, true)).toEqual({ ready: true, body: { status: 'ready' } });
  });

  it('is degraded without its store, and ready nevertheless, since it still reads', () => {
    expect(healthOf('running', undefined, false)).toEqual({
      ready: true,
      body: { status: 'degraded', store: 'unavailable' },
    });
  });

  it.each(REASONS)('is not ready while it turns operations away (%s)', (reason) => {
    expect(healthOf('running', reason, true)).toEqual({ ready: false, body: { status: 'overloaded' } });
    expect(healthOf('running', reason, false)).toEqual({
      ready: false,
      body: { status: 'overloaded', store: 'unavailable' },
    });
  });

  it.each<Stage>(['starting', 'stopping'])(
    'is not ready while it is %s, which counts more than all else',
    (stage) => {
      for (const reason of [undefined, ...REASONS])
        expect(healthOf(stage, reason, true)).toEqual({ ready: false, body: { status: stage } });
      expect(healthOf(stage, undefined, false)).toMatchObject({
        ready: false,
        body: { status: stage, store: 'unavailable' },
      });
    },
  );
});

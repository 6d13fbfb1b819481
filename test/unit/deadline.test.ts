import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createDeadline } from '../../src/messaging/deadline.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a deadline', () => {
  it('aborts when its time is over, and says until then how much is left', () => {
    const deadline = createDeadline(1_000);
    expect(deadline.left()).toBe(1_000);
    jest.advanceTimersByTime(999);
    expect([deadline.left(), deadline.signal.aborted]).toEqual([1, false]);
    jest.advanceTimersByTime(1);
    expect([deadline.left(), deadline.signal.aborted]).toEqual([0, true]);
    jest.advanceTimersByTime(5_000);
    expect(deadline.left()).toBe(0);
  });

  it('never aborts once nobody looks at it any more, and holds no timer', () => {
    const deadline = createDeadline(1_000);
    deadline.end();
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(2_000);
    expect(deadline.signal.aborted).toBe(false);
  });

  it('counts anew once it is renewed, with another signal', () => {
    const deadline = createDeadline(1_000);
    const before = deadline.signal;
    jest.advanceTimersByTime(600);
    deadline.renew();
    jest.advanceTimersByTime(600);
    expect([deadline.left(), before.aborted, deadline.signal.aborted]).toEqual([400, false, false]);
    jest.advanceTimersByTime(400);
    expect([before.aborted, deadline.signal.aborted]).toEqual([false, true]);
  });

  it('has aborted where its signal is looked at only when its time is over', () => {
    const deadline = createDeadline(1_000);
    jest.advanceTimersByTime(1_000);
    expect(deadline.signal.aborted).toBe(true);
  });
});

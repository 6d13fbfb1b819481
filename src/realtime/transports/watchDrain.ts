/** Notices when what has been sent does not go out. */
export interface Drain {
  /** How much that was sent has not gone out. */
  readonly waiting: number;
  sent(): void;
  wentOut(): void;
  /** Nothing is watched any more. */
  end(): void;
}

/** @param milliseconds that the oldest may wait, before `late` is called */
export function watchDrain(milliseconds: number, late: () => void): Drain {
  let waiting = 0;
  let hasEnded = false;
  let timer: NodeJS.Timeout | undefined;
  const watch = () => {
    clearTimeout(timer);
    timer = waiting > 0 && !hasEnded ? setTimeout(late, milliseconds) : undefined;
  };
  return {
    get waiting() {
      return waiting;
    },
    sent() {
      waiting += 1;
      if (waiting === 1) watch();
    },
    wentOut() {
      waiting -= 1;
      watch();
    },
    end() {
      hasEnded = true;
      clearTimeout(timer);
    },
  };
}

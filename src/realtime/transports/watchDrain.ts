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
  /** Since when the oldest has been waiting. */
  let since = 0;
  // One that is there already is not set anew: there would be one for each result.
  const watch = () => {
    since = performance.now();
    if (waiting > 0 && !hasEnded) timer ??= setTimeout(look, milliseconds);
  };
  const look = () => {
    timer = undefined;
    if (waiting === 0 || hasEnded) return;
    const left = since + milliseconds - performance.now();
    if (left > 0) timer = setTimeout(look, Math.ceil(left));
    else late();
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

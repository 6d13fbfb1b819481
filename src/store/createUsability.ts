/** Whether something can be used, as last seen. */
export interface Usability {
  /** True until something has shown otherwise. */
  isUsable(): boolean;
  /** Something has shown that it can't be used: it is looked at again until it can. */
  doubt(): void;
  /** Looks at once. */
  look(): void;
  close(): void;
}

export interface UsabilityOptions {
  /** Throws where it can't be used. */
  readonly probe: () => Promise<void>;
  /** Milliseconds between two looks. */
  readonly pause: number;
}

/** Looks only while there is a doubt: what is used all the time shows by itself that it works. */
export function createUsability({ probe, pause }: UsabilityOptions): Usability {
  let doubts = 0;
  let isUsable = true;
  let isLooking = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  return {
    isUsable: () => isUsable,
    doubt() {
      doubts += 1;
      isUsable = false;
      lookLater();
    },
    look: () => void look(),
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };

  async function look(): Promise<void> {
    if (isLooking || isClosed) return;
    clearTimeout(timer);
    timer = undefined;
    isLooking = true;
    const seen = doubts;
    const isFine = await probe().then(
      () => true,
      () => false,
    );
    isLooking = false;
    // What was seen before the last doubt says nothing about it.
    isUsable = isFine && doubts === seen;
    if (!isUsable) lookLater();
  }

  function lookLater(): void {
    if (isLooking || isClosed) return;
    // Who waits for nothing else is not kept from ending.
    timer ??= setTimeout(() => void look(), pause).unref();
  }
}

/** What many wait for at once. */
export interface Gate {
  readonly passed: Promise<void>;
  /** Lets everybody through, or throws at them. Only the first time counts. */
  settle(error?: Error): void;
}

export function createGate(): Gate {
  let settle!: Gate['settle'];
  const passed = new Promise<void>((resolve, reject) => {
    settle = (error) => {
      if (error) reject(error);
      else resolve();
    };
  });
  // There may be nobody waiting.
  passed.catch(() => undefined);
  return { passed, settle };
}

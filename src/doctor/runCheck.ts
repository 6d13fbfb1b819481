/** What a check has found, in words that hold no secret and nothing that a provider said. */
export interface Finding {
  readonly result: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string | undefined;
}

export interface Check {
  readonly name: string;
  /** The signal aborts when nobody waits for the finding any more. */
  readonly run: (signal: AbortSignal) => Finding | Promise<Finding>;
}

/** A check and its finding: a row of what the doctor prints. */
export interface Row extends Finding {
  readonly name: string;
}

/** Ends by its deadline (milliseconds) whatever the check does, and never throws. */
export async function runCheck({ name, run }: Check, deadline: number): Promise<Row> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => {
      resolve({
        result: 'failed',
        detail: `Nothing came within ${deadline / 1000} s.`,
        advice: 'Check that it runs, and that no firewall between swallows what is sent to it.',
      });
      controller.abort();
    }, deadline);
  });
  try {
    return { name, ...(await Promise.race([run(controller.signal), tooLate])) };
  } catch (error) {
    return { name, ...unforeseen(error) };
  } finally {
    clearTimeout(timer);
  }
}

// Of an error that nobody expected only its name and code are known to hold no secret.
function unforeseen(error: unknown): Finding {
  const { name, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const words = [name, code].filter((word) => word !== undefined);
  return {
    result: 'failed',
    detail: `The check itself failed (${words.join(' ') || 'unknown error'}).`,
    advice: 'This is a fault of Parley: please report it.',
  };
}

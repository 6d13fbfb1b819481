import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startProcess } from '../startProcess.ts';
import type { Order, Report, UpstreamContent } from './Upstream.ts';

export interface Upstream {
  readonly child: ChildProcess;
  readonly content: UpstreamContent;
  /** Milliseconds that each call takes from now on. */
  setLatency(milliseconds: number): Promise<void>;
  /** How many calls came since it was asked last. */
  countCalls(): Promise<number>;
}

export async function startUpstream(cpu: number | undefined): Promise<Upstream> {
  const script = fileURLToPath(new URL('main.ts', import.meta.url));
  const child = startProcess({ args: ['--import', 'tsx', script], cpu, ipc: true });
  const ready = await next(child, 'ready');
  return {
    child,
    content: ready.content,
    async setLatency(milliseconds) {
      await tell(child, { kind: 'latency', milliseconds }, 'done');
    },
    async countCalls() {
      const { calls } = await tell(child, { kind: 'count' }, 'counts');
      return Object.values(calls).reduce((sum, count) => sum + count, 0);
    },
  };
}

function tell<Kind extends Report['kind']>(child: ChildProcess, order: Order, kind: Kind) {
  const answer = next(child, kind);
  child.send(order);
  return answer;
}

function next<Kind extends Report['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<Report, { readonly kind: Kind }>> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('the upstream has ended'));
    child.once('exit', ended);
    child.once('message', (report: Report) => {
      child.off('exit', ended);
      if (report.kind === kind) resolve(report as Extract<Report, { readonly kind: Kind }>);
      else reject(new Error(`the upstream has said ${report.kind}, not ${kind}`));
    });
  });
}

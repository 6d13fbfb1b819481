import type { Check } from './runCheck.ts';

/** Whether Parley runs on this Node.js, and whether it gets fixes. The oldest version is that of package.json. */
export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return {
    name: 'Node.js',
    run() {
      if (major < 20 || (major === 20 && minor < 19))
        return { result: 'failed', detail: `${version} is too old.`, advice: 'Install Node.js 24.' };
      if (major < 22) {
        return {
          result: 'warning',
          detail: `${version} works, and gets no more fixes.`,
          advice: 'Install Node.js 24.',
        };
      }
      return { result: 'ok', detail: version };
    },
  };
}

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';

const CANDIDATES = [process.env['CHROMIUM_PATH'], 'chromium', 'chromium-browser', 'google-chrome'];

const found = CANDIDATES.flatMap((command) => (command ? [find(command)] : [])).find(Boolean);

/** Whether tests can have a browser. */
export const hasChromium = found !== undefined;

if (!hasChromium)
  warn('Browser tests were skipped: no Chromium (apt-get install chromium, or CHROMIUM_PATH)');

/** A browser without a window that reaches nothing but this machine. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: found!,
    args: ['--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'],
  });
}

// What some systems have under these names only says how to install the browser.
function find(command: string): string | undefined {
  const script = '"$0" --version >/dev/null 2>&1 && command -v "$0"';
  const { status, stdout } = spawnSync('sh', ['-c', script, command], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Says it once for all test files of a run. Fails where a browser has to be there. */
function warn(message: string): void {
  if (process.env['PARLEY_REQUIRE_CHROMIUM'] === '1') throw new Error(message);
  try {
    writeFileSync(join(tmpdir(), `parley-without-chromium-${jest.getSeed()}`), '', { flag: 'wx' });
  } catch {
    return;
  }
  process.stderr.write(`${message}\n`);
}

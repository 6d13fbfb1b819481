import Bowser from 'bowser';
import type { OutgoingDevice } from '../../messaging/outgoing.ts';

/** What a request's user agent tells of the device that it came from. Pigeons requires a type and an operating system. */
export function toDevice(userAgent: string | undefined): OutgoingDevice {
  const parser = userAgent ? Bowser.getParser(userAgent.slice(0, MAX_LENGTH)) : undefined;
  const { browser, os, platform } = parser?.getResult() ?? { browser: {}, os: {}, platform: {} };
  const isHandheld = platform.type === 'mobile' || platform.type === 'tablet';
  return {
    // A user agent names a browser, or a program that calls over the web.
    type: isHandheld ? 'MOBILE' : 'WEB',
    os: os.name || 'unknown',
    osVersion: os.version || null,
    appVersion: null,
    model: platform.model || null,
    browser: browser.name || null,
    browserVersion: browser.version || null,
  };
}

/** Longer ones tell nothing more. UTF-16 code units. */
const MAX_LENGTH = 512;

import { expect } from '@jest/globals';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { Call, Texts, World } from './onceWorld.ts';
import { SETTLING, WELL } from './onceWorld.ts';

/** No answer says more than what is so, nor less than what its own call was told. */
export function expectHonest(world: World, { key, texts, told, result }: Call): void {
  if (!result) return;
  if (result instanceof Error) {
    expect(result).toBeInstanceOf(ParleyError);
    expect(result.code).toBe('STORE_UNAVAILABLE');
    expect(told).toEqual([]);
    return;
  }
  const { record, errors } = result;
  if (!record) {
    expect(errors).not.toEqual([]);
    expect(told.filter((each) => each !== 'REFUSED')).toEqual([]);
    return;
  }
  const taken = record.parts.filter(({ step }) => step.at === 'TAKEN');
  expect(taken.length).toBeGreaterThanOrEqual(told.filter((each) => each === 'ACCEPTED').length);
  for (const [index, { step }] of record.parts.entries()) {
    if (step.at !== 'TAKEN') continue;
    const own = world.stored.filter((message) => message.key === key && message.part === index);
    expect(own.map(({ text }) => text)).toEqual([texts[index]]);
    expect(step.progress.messageId ?? own[0]!.id).toBe(own[0]!.id);
  }
  if (errors.length === 0 && taken.length < record.parts.length)
    expect(record.parts[taken.length]!.step.at).toBe('LOST');
}

export function expectNoneTwice(world: World): void {
  const sent = world.stored.map((message) => `${message.key} ${message.part}`);
  expect(sent).toEqual([...new Set(sent)]);
}

/** The answer to the same mutation once more, long after everything is well again. */
export async function callAgain(world: World, key: string, texts: Texts): Promise<Call> {
  world.fates = WELL;
  await world.settle();
  await world.advance(10 * SETTLING);
  const call = world.call(world.open(), key, texts);
  await world.settle();
  expect(call.result).toBeDefined();
  return call;
}

export function stepsOf({ result }: Call): string[] {
  return result instanceof Error ? [] : (result?.record?.parts.map(({ step }) => step.at) ?? []);
}

export function codesOf({ result }: Call): string[] {
  return result instanceof Error ? [result.code] : result!.errors.map(({ code }) => code);
}

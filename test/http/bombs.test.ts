import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { createHostileClient, many } from './hostileClient.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());
beforeEach(() => {
  harness.takeCalls();
});

const { post, expectRefusal, expectNoFaultOfOurs } = createHostileClient(() => harness);

describe('a bomb is refused before anything of it runs:', () => {
  it.each<[string, () => string]>([
    ['thousands of aliases', () => `{ ${many(1_500, (index) => `a${index}: accounts { id }`)} }`],
    ['more aliases than allowed', () => `{ ${many(201, (index) => `a${index}: __typename`)} }`],
    ['directives on one field', () => `{ accounts { id ${many(101, () => '@include(if: true)')} } }`],
    ['directives everywhere', () => `{ accounts { ${many(101, () => 'id @skip(if: false)')} } }`],
    ['directives that are not there', () => `{ accounts { id ${many(3_000, () => '@x')} } }`],
    [
      'levels that are there',
      () =>
        `{ conversations { ${'nodes { messages { nodes { conversation { '.repeat(4)} id ${'} } } }'.repeat(4)} } }`,
    ],
    ['levels that are not there', () => `{ ${'accounts { '.repeat(1_000)} id ${'}'.repeat(1_000)} }`],
    [
      'more levels than a parser can bear',
      () => `${'{ accounts '.repeat(4_500)} { id } ${'}'.repeat(4_500)}`,
    ],
    [
      'fragments in each other, which are no level',
      () => `{ ${'... { '.repeat(2_000)} __typename ${'}'.repeat(2_000)} }`,
    ],
    [
      'a list of lists as a type',
      () => `query ($a: ${'['.repeat(3_000)}Int${']'.repeat(3_000)}) { __typename }`,
    ],
    [
      'a list in a list in a list',
      () =>
        `{ conversations(filter: { accountIds: ${'['.repeat(4_500)}1${']'.repeat(4_500)} }) { nodes { id } } }`,
    ],
    [
      'an object in an object',
      () => `{ conversations(filter: ${'{ a: '.repeat(1_000)}1${'}'.repeat(1_000)}) { nodes { id } } }`,
    ],
    ['a fragment in itself', () => '{ accounts { ...A } } fragment A on Account { id ...A }'],
    [
      'fragments in a ring',
      () =>
        `{ accounts { ...F0 } } ${many(900, (index) => `fragment F${index} on Account { id ...F${(index + 1) % 900} }`)}`,
    ],
    [
      'rings without number',
      () =>
        `{ accounts { ...F0 } } ${many(60, (index) => `fragment F${index} on Account { ${many(60, (other) => `...F${other}`)} }`)}`,
    ],
    [
      'fragments that double, with lists',
      () =>
        `{ conversations(first: 1) { nodes { ...F0 } } }
         ${many(12, (index) => `fragment F${index} on Conversation { messages(last: 2) { nodes { conversation { ...F${index + 1} } } } b: messages(last: 2) { nodes { conversation { ...F${index + 1} } } } }`)}
         fragment F12 on Conversation { id }`,
    ],
    ['one field again and again', () => `{ ${many(3_000, () => 'accounts { id }')} }`],
    [
      'one name for many fields',
      () => `{ accounts { ${many(190, (index) => `a: ${['id', 'name', 'status'][index % 3]!}`)} } }`,
    ],
    [
      'pairs of the same field in each other',
      () =>
        `{ conversations { nodes { ${many(30, () => `messages { nodes { conversation { ${many(30, () => 'messages { nodes { id } }')} } } }`)} } } }`,
    ],
    [
      'fragments that all say the same',
      () =>
        `{ accounts { ${many(700, (index) => `...F${index}`)} } } ${many(700, (index) => `fragment F${index} on Account { id }`)}`,
    ],
    ['unknown fields', () => `{ ${many(3_000, (index) => `unknown${index}`)} }`],
    ['unknown fragments', () => `{ ${many(3_000, (index) => `...F${index}`)} }`],
    ['variables of one name', () => `query (${many(2_000, () => '$a: Int')}) { __typename }`],
    [
      'variables that nobody uses',
      () => `query (${many(2_000, (index) => `$a${index}: Int`)}) { __typename }`,
    ],
    ['one argument again and again', () => `{ account(${many(3_000, () => 'id: "x"')}) { id } }`],
    ['operations of one name', () => many(1_500, () => 'query A { __typename }')],
    ['more tokens than allowed', () => `{ ${many(10_000, () => '__typename')} }`],
    [
      'calls to providers',
      () => `{ ${many(190, (index) => `a${index}: conversations(first: 200) { nodes { title } }`)} }`,
    ],
  ])('%s', async (_what, documentOf) => {
    expectRefusal(await post({ query: documentOf() }));
  });

  it('of lines and mistakes: nobody counts the lines before each mistake', async () => {
    const query = `${'\n'.repeat(400_000)}query (${many(2_000, () => '$a: Int')}) { __typename }`;
    const answer = await post({ query });
    expectRefusal(answer);
    for (const error of JSON.parse(answer.text).errors) expect(error).not.toHaveProperty('locations');
  });

  it('and what has many brackets, but none deep in others, is answered', async () => {
    const query = `{ ${many(300, () => 'accounts { id }')} }`;
    expect(await post({ query })).toMatchObject({ status: 200 });
    expect(await post({ query: `{ __typename } # ${'{'.repeat(1_000)}` })).toMatchObject({ status: 200 });
  });

  it('and what only looks like one is answered: fragments that come to little', async () => {
    const fragment = (index: number) => `fragment F${index} on Account { ...F${index + 1} ...F${index + 1} }`;
    const query = `{ accounts { ...F0 } } ${many(15, fragment)} fragment F15 on Account { id }`;
    const { status, text } = await post({ query });
    expect(status).toBe(200);
    expect(JSON.parse(text).data.accounts).toHaveLength(3);
  });

  it.each(['query', 'mutation'])('an operation that is one of a thousand: %s', async (type) => {
    const query = many(700, (index) => `${type} Q${index} { __typename }`);
    expectRefusal(await post({ query }));
    expectNoFaultOfOurs(await post({ query, operationName: 'Q699' }));
  });
});

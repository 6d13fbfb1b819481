import type { Conversation, JsonObject } from '../../messaging/provider.ts';

/** What each fact of a conversation is made of: one field of each list. A fact that is not named is always told. */
export type FactFields = Readonly<Record<string, readonly (readonly string[])[]>>;

/** A conversation without the facts of which a webhook says nothing: that it does not is no news of them. */
export function onlyTold(conversation: Conversation, told: JsonObject, fields: FactFields): Conversation {
  return Object.fromEntries(
    Object.entries(conversation).filter(([fact]) =>
      (fields[fact] ?? []).every((names) => names.some((name) => Object.hasOwn(told, name))),
    ),
  ) as unknown as Conversation;
}

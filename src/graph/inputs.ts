import type { Content } from '../messaging/content.ts';
import { InputError } from '../messaging/errors.ts';
import { parseAccountId, parseMessageId } from '../messaging/ids.ts';
import type {
  FileTraits,
  OutgoingActionList,
  OutgoingDevice,
  StartConversation,
} from '../messaging/outgoing.ts';
import type { Unnamed } from '../messaging/startContent.ts';
import type {
  ActionItemInput,
  ActionListInput,
  DeviceInput,
  SendMessageInput,
  StartConversationInput,
  UploadAttachmentInput,
} from '../generated/resolvers.ts';

/** What a client wants to send, in the domain's words. Throws an {@link InputError} that names the field. */
export function toContent(input: SendMessageInput): Content {
  const { text, attachmentIds, actionList, buttons, splitIfNeeded, device, replyTo } = input;
  return {
    text: text ?? null,
    attachmentIds: attachmentIds ?? [],
    actionList: actionList ? toActionList(actionList) : null,
    buttons: buttons ?? [],
    splitIfNeeded: splitIfNeeded ?? false,
    device: device ? toDevice(device) : null,
    replyTo: replyTo == null ? null : parseMessageId(replyTo, 'replyTo'),
  };
}

/** What a client says of a file that it uploads. */
export function toTraits({ pushToTalk, width, height }: UploadAttachmentInput): FileTraits {
  return { pushToTalk: pushToTalk ?? false, width: width ?? null, height: height ?? null };
}

/** What a client wants to start. Throws an {@link InputError} that names the field. */
export function toStart(input: StartConversationInput): {
  readonly accountId: string;
  readonly key: string;
  readonly start: Unnamed<StartConversation>;
} {
  const field = onlyField(input, '');
  const { accountId, idempotencyKey } = input[field]!;
  return {
    accountId: parseAccountId(accountId, `${field}.accountId`),
    key: idempotencyKey,
    start: toUnnamed(input),
  };
}

function toUnnamed({ pact, letstalk, pigeons }: StartConversationInput): Unnamed<StartConversation> {
  if (pact) {
    const { messenger, phone, username, vkontakteId, text } = pact;
    return {
      provider: 'PACT',
      messenger,
      phone: phone ?? null,
      username: username ?? null,
      vkontakteId: vkontakteId ?? null,
      text,
    };
  }
  if (letstalk) {
    const { organizationId, inquiryId, title, text, metadata } = letstalk;
    return {
      ...{ provider: 'LETSTALK', organizationId, text },
      ...{ inquiryId: inquiryId ?? null, title: title ?? null, metadata: metadata ?? null },
    };
  }
  const { participantId, taggableType, taggableId } = pigeons;
  return {
    ...{ provider: 'PIGEONS', participantId },
    ...{ taggableType: taggableType ?? null, taggableId: taggableId ?? null },
  };
}

function toActionList({ title, viewType, showItemIcons, items }: ActionListInput): OutgoingActionList {
  return {
    title,
    viewType: viewType ?? null,
    showItemIcons: showItemIcons ?? null,
    items: items.map((item, index) => toActionItem(item, `actionList.items.${index}`)),
  };
}

function toActionItem(item: ActionItemInput, field: string): OutgoingActionList['items'][number] {
  onlyField(item, field);
  const { link, quickReply } = item;
  if (!link) return { kind: 'quickReply', label: quickReply.label, message: quickReply.message };
  const target = link.target ? LINK_TARGETS[link.target] : null;
  return { kind: 'link', label: link.label, url: toWebAddress(link.url, `${field}.link.url`), target };
}

const LINK_TARGETS = { BLANK: '_blank', PARENT: '_parent' } as const;

// The scalar takes any scheme; one such as `javascript:` would run in whatever page shows the list.
function toWebAddress(url: unknown, argument: string): string {
  const address = String(url);
  if (/^https?:/i.test(address)) return address;
  throw new InputError(argument, 'A link has an http or https address.');
}

function toDevice(device: DeviceInput): OutgoingDevice {
  const { type, os, osVersion, appVersion, model, browser, browserVersion } = device;
  return {
    ...{ type, os, osVersion: osVersion ?? null, appVersion: appVersion ?? null, model: model ?? null },
    ...{ browser: browser ?? null, browserVersion: browserVersion ?? null },
  };
}

/** The one field of a `@oneOf` input that is given. A router in front may not know the directive. */
function onlyField<Input extends object>(input: Input, argument: string): keyof Input & string {
  const given = Object.entries(input).filter(([, value]) => value != null);
  const [first] = given;
  if (first && given.length === 1) return first[0] as keyof Input & string;
  throw new InputError(argument, 'Exactly one of the fields is given.');
}

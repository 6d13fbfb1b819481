import type { Readable } from 'node:stream';
import type { Delivery, JsonObject } from './provider.ts';

/** What goes out to providers, and what they tell of it: the writing half of the port. */

/** One message on its way out, checked against the limits of its conversation. */
export interface OutgoingMessage {
  readonly conversationId: string;
  /** A UUID that is the same whenever the same send is tried: the provider's to keep where it can. */
  readonly name: string;
  readonly text: string | null;
  readonly files: readonly OutgoingFile[];
  readonly actionList: OutgoingActionList | null;
  /** The labels of reply buttons. */
  readonly buttons: readonly string[];
  /** The provider's own id of the message that it answers, which stands in the same conversation. */
  readonly replyTo: string | null;
  /** What the sender writes on, where they say so. */
  readonly device: OutgoingDevice | null;
}

/** A file that a message carries. */
export interface OutgoingFile {
  /** The provider's id of it, where it was uploaded there. */
  readonly externalId: string | null;
  readonly fileName: string;
  readonly mimeType: string;
  /** Bytes; null while it is still arriving. */
  readonly byteSize: number | null;
  readonly traits: FileTraits;
  /** Where anyone who knows the address can read it, where Parley keeps it. */
  readonly url: string | null;
  /** Its bytes. Can be asked for once. */
  open(): Promise<Readable>;
}

/** What a client says of a file that its bytes do not. */
export interface FileTraits {
  /** Whether it was recorded and sent on the spot. */
  readonly pushToTalk: boolean;
  /** Pixels of a picture or a film. */
  readonly width: number | null;
  readonly height: number | null;
}

export interface OutgoingActionList {
  readonly title: string;
  readonly viewType: 'LIST' | 'PILL' | null;
  readonly showItemIcons: boolean | null;
  readonly items: readonly (
    | { readonly kind: 'link'; readonly label: string; readonly url: string; readonly target: string | null }
    | { readonly kind: 'quickReply'; readonly label: string; readonly message: string }
  )[];
}

export interface OutgoingDevice {
  readonly type: 'MOBILE' | 'WEB' | 'DESKTOP';
  readonly os: string;
  readonly osVersion: string | null;
  readonly appVersion: string | null;
  readonly model: string | null;
  readonly browser: string | null;
  readonly browserVersion: string | null;
}

/** How far a send has come, by the provider's own word. */
export interface Progress {
  readonly state: Delivery['state'];
  readonly evidence: Delivery['evidence'];
  /** The provider's id of the message, once it has one. */
  readonly messageId: string | null;
  /** What the adapter needs to ask again, where there is more than the message to ask for. */
  readonly job: string | null;
  /** Whether nothing more will be heard. */
  readonly final: boolean;
  readonly sentAt: string | null;
  readonly deliveredAt: string | null;
  readonly readAt: string | null;
  readonly failureReason: string | null;
}

/** A send whose answer was lost, as far as a history can show it. */
export interface LostSend {
  readonly name: string;
  /** What it said, as {@link textDigest} gives it. */
  readonly digest: string;
  readonly fileCount: number;
  /** The provider's ids of its files, where they were uploaded there. */
  readonly fileIds?: readonly string[];
  /** When it was tried, at the earliest and at the latest; UTC ISO 8601. A provider's clock may be off a little. */
  readonly from: string;
  readonly until: string;
}

/** What a history shows of a lost send. */
export interface SentSearch {
  /** The messages that may be it, oldest first. */
  readonly found: readonly Progress[];
  /** Whether all of the history since `from` was seen, and a message that is not in it does not exist. */
  readonly complete: boolean;
}

/** The beginning of a conversation, by provider. */
export type StartConversation =
  | {
      readonly provider: 'PACT';
      readonly name: string;
      readonly messenger: 'WHATSAPP' | 'TELEGRAM_PERSONAL' | 'VKONTAKTE';
      /** Digits, without a plus. */
      readonly phone: string | null;
      readonly username: string | null;
      /** Digits. */
      readonly vkontakteId: string | null;
      readonly text: string;
    }
  | {
      readonly provider: 'LETSTALK';
      readonly name: string;
      readonly organizationId: string;
      readonly inquiryId: string | null;
      readonly title: string | null;
      readonly text: string;
      readonly metadata: JsonObject | null;
    }
  | {
      readonly provider: 'PIGEONS';
      readonly name: string;
      readonly participantId: string;
      readonly taggableType: string | null;
      readonly taggableId: string | null;
    };

/** A conversation that was started, and how far its first message has come. Without a text it is as good as sent. */
export interface Started {
  /** Null while the provider has not named it. */
  readonly conversationId: string | null;
  readonly progress: Progress;
}

/** A start whose answer was lost: what it was to start, without the text, and when. */
export interface LostStart extends Omit<LostSend, 'fileCount' | 'fileIds'> {
  readonly start: StartConversation;
}

/** What a history shows of a lost start. */
export interface StartSearch {
  /** The conversations that may be it, each with the message that may have begun it. */
  readonly found: readonly Started[];
  /** Whether a conversation that was not found does not exist. */
  readonly complete: boolean;
}

/** A progress of which only what is given is known. */
export function progressOf(
  known: Pick<Progress, 'state' | 'evidence' | 'final'> & Partial<Progress>,
): Progress {
  return {
    messageId: null,
    job: null,
    sentAt: null,
    deliveredAt: null,
    readAt: null,
    failureReason: null,
    ...known,
  };
}

/** Who is at an address: the first question of somebody who knows nothing else of an overlay. The messages are members of its family. */

import { Contact, contact } from './contact.ts';
import { bool, u8, u32 } from './fields.ts';
import type { Endpoint } from './host.ts';
import { Id160 } from './id160.ts';
import { type MessageOf, message } from './message.ts';
import { type Asking, Question } from './question.ts';

export const ping = message('ping', 1, { transaction: u32, unit: u8 });
/** Says who it is, to those who know only the address; and whether it is in the overlay. */
export const pong = message('pong', 2, { transaction: u32, member: bool, self: contact });
/** Alive, but no member of the overlay. */
export const gone = message('gone', 6, { transaction: u32 });

/** For the family of an overlay. */
export const WHO_MESSAGES = [ping, pong, gone] as const;

export type WhoMessage = MessageOf<(typeof WHO_MESSAGES)[number]>;

export interface WhoHandler {
  /** A member is there. */
  onMember(member: Contact): void;
  /** `there`: somebody is, but no member of an overlay. */
  onNoMember(there: boolean): void;
}

/** Who is known by its address alone. */
const NOBODY = new Id160(0, 0, 0, 0, 0);

export class AskWho extends Question<WhoMessage, Contact> {
  private readonly handler: WhoHandler;

  constructor(asker: Asking<WhoMessage>, endpoint: Endpoint, handler: WhoHandler) {
    super(asker, new Contact(NOBODY, 0, endpoint), asker.options.attempts);
    this.handler = handler;
  }

  protected request(transaction: number): WhoMessage {
    return { tag: ping.tag, transaction, unit: 0 };
  }

  protected answered(reply: WhoMessage): void {
    if (reply.tag === pong.tag && reply.member) this.handler.onMember(reply.self);
    else this.handler.onNoMember(true);
  }

  protected silent(): void {
    this.handler.onNoMember(false);
  }
}

/** Who is at an address: the first question of somebody who knows nothing else of a ring. */

import type { Endpoint } from '../../core/host.ts';
import type { Asker } from './asker.ts';
import { Contact } from './contact.ts';
import { type ChordMessage, ping, pong } from './messages.ts';
import { Question } from './question.ts';
import { RingId } from './ring-id.ts';

/** Who is known by its address alone. */
const NOBODY = new RingId(0, 0, 0, 0, 0);

export interface WhoHandler {
  /** A member is there. */
  onMember(member: Contact): void;
  /** `there`: somebody is, but no member of a ring. */
  onNoMember(there: boolean): void;
}

export class AskWho extends Question {
  private readonly handler: WhoHandler;

  constructor(chord: Asker, endpoint: Endpoint, handler: WhoHandler) {
    super(chord, new Contact(NOBODY, 0, endpoint), chord.options.attempts);
    this.handler = handler;
  }

  protected request(transaction: number): ChordMessage {
    return { tag: ping.tag, transaction, unit: 0 };
  }

  protected answered(reply: ChordMessage): void {
    if (reply.tag === pong.tag && reply.member) this.handler.onMember(reply.self);
    else this.handler.onNoMember(true);
  }

  protected silent(): void {
    this.handler.onNoMember(false);
  }
}

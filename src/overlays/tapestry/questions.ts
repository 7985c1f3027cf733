/** What members ask one another to keep their tables, each with what its answer does. */

import type { Contact } from '../../core/contact.ts';
import { equalIds } from '../../core/id160.ts';
import { pong } from '../../core/who.ts';
import { Question } from './asker.ts';
import { getLevel, links, probe, type TapestryMessage } from './messages.ts';
import type { Tapestry } from './tapestry.ts';

/** What becomes of a contact that somebody has named. */
export interface ProbeHandler {
  onProbed(contact: Contact): void;
}

/** Whether somebody is there, and how far: nobody gets into a table by hearsay. Who has a link and asks sends a beacon so. */
export class Probe extends Question {
  private readonly node: Tapestry;
  private readonly handler: ProbeHandler | null;

  constructor(node: Tapestry, contact: Contact, handler: ProbeHandler | null) {
    super(node, contact, node.options.attempts);
    this.node = node;
    this.handler = handler;
  }

  protected override get slowMs(): number {
    return this.node.options.timeoutsByRtt ? (this.node.knownOf(this.contact)?.slowMs ?? 0) : 0;
  }

  protected request(transaction: number): TapestryMessage {
    const { self, map } = this.node;
    return { tag: probe.tag, transaction, unit: 0, sender: self, linked: map.get(this.contact) !== null };
  }

  protected answered(reply: TapestryMessage, rttMs: number): void {
    const { node, contact } = this;
    node.probed(contact);
    const isThere = reply.tag === pong.tag && equalIds(reply.self, contact) && (reply.member || node.multicasts.isPinned(contact));
    if (isThere) node.heard(contact, rttMs);
    else node.drop(contact);
    this.handler?.onProbed(contact);
  }

  protected silent(): void {
    this.node.probed(this.contact);
    this.node.lose(this.contact);
    this.handler?.onProbed(this.contact);
  }
}

/** Who is told of the contacts that an answer names; none when there is no answer. */
export interface NamesHandler {
  onNames(contacts: readonly Contact[], from: Contact): void;
}

const NONE: readonly Contact[] = [];

/** The links of one level; `back`: and backpointers (section III-D). */
export class AskLevel extends Question {
  private readonly node: Tapestry;
  private readonly level: number;
  private readonly back: boolean;
  private readonly handler: NamesHandler;

  constructor(node: Tapestry, contact: Contact, level: number, back: boolean, handler: NamesHandler) {
    super(node, contact, node.options.attempts);
    this.node = node;
    this.level = level;
    this.back = back;
    this.handler = handler;
  }

  protected request(transaction: number): TapestryMessage {
    return { tag: getLevel.tag, transaction, unit: 0, level: this.level, back: this.back };
  }

  protected answered(reply: TapestryMessage, rttMs: number): void {
    const { node, contact, handler } = this;
    if (reply.tag === links.tag) {
      node.heard(contact, rttMs);
      handler.onNames(reply.contacts, contact);
    } else {
      node.drop(contact);
      handler.onNames(NONE, contact);
    }
  }

  protected silent(): void {
    this.node.lose(this.contact);
    this.handler.onNames(NONE, this.contact);
  }
}

/** Who asks in a Pastry network, a member or a client, and where its lookups begin. Owns no state. */

import type { Asker as OverlayAsker } from '../../core/asker.ts';
import type { Contact } from '../../core/contact.ts';
import type { Id160 } from '../../core/id160.ts';
import { Question as OverlayQuestion } from '../../core/question.ts';
import type { PastryMessage } from './messages.ts';
import type { PastryOptions } from './pastry-options.ts';

export type Asker = OverlayAsker<PastryMessage, PastryOptions>;

/** One question to a node. */
export abstract class Question extends OverlayQuestion<PastryMessage, Contact, Asker> {}

/** Where a message with a key goes from a node. */
export interface Route {
  /** Nodes that are nearer, the best first. None: nobody is. */
  readonly closer: readonly Contact[];
  /** Who holds the key, the owner first, as far as that is certain; none unless the key is within the leaf set. */
  readonly owners: readonly Contact[];
}

/** Who looks something up: a member begins from its own tables, a client from the members that it was told of. */
export interface Seeker {
  readonly asker: Asker;
  /** Null: no member, and so neither an owner nor a hop. */
  readonly self: Contact | null;
  /** Whether there is anything to begin from. */
  readonly canSeek: boolean;
  route(target: Id160, want: number, width: number): Route;
  /** After so long it is late, by its own answers, or by those of everybody when it is a stranger; 0: as all are. */
  slowMsOf(contact: Contact): number;
  /** It took so long to answer. */
  timed(contact: Contact, rttMs: number): void;
  /** Somebody has not answered a lookup. */
  suspect(contact: Contact): void;
}

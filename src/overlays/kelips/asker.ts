/** Who asks in a Kelips network, a member or a client, and where its lookups begin. Owns no state. */

import type { Asker as OverlayAsker } from '../../core/asker.ts';
import type { Contact } from '../../core/contact.ts';
import type { Id160 } from '../../core/id160.ts';
import { Question as OverlayQuestion } from '../../core/question.ts';
import type { KelipsOptions } from './kelips-options.ts';
import type { KelipsMessage } from './messages.ts';

export type Asker = OverlayAsker<KelipsMessage, KelipsOptions>;

/** One question to a node. */
export abstract class Question extends OverlayQuestion<KelipsMessage, Contact, Asker> {}

/** Where a lookup goes from a node. */
export interface Route {
  /** Of the key's group as far as is known, those that hold it; null: the node is of another group. */
  readonly holders: readonly Contact[] | null;
  /** Who may be asked, the best first. */
  readonly ask: readonly Contact[];
}

/** Who looks something up: a member begins from its own state, a client from the members that it was told of. */
export interface Seeker {
  readonly asker: Asker;
  /** Null: no member. */
  readonly self: Contact | null;
  /** Whether there is anything to begin from. */
  readonly canSeek: boolean;
  route(target: Id160, want: number): Route;
  /** It has answered a lookup after so long, or not at all. */
  measured(contact: Contact, rttMs: number): void;
  suspect(contact: Contact): void;
  /** When an answer of it is late; 0: as for all. */
  lateAfterMs(contact: Contact): number;
}

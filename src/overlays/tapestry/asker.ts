/** Who asks in a Tapestry network, a member or a client, and where its lookups begin. Owns no state. */

import type { Asker as OverlayAsker } from '../../core/asker.ts';
import type { Contact } from '../../core/contact.ts';
import type { Id160 } from '../../core/id160.ts';
import type { Known } from '../../core/known.ts';
import { Question as OverlayQuestion } from '../../core/question.ts';
import type { TapestryMessage } from './messages.ts';
import type { Route } from './route.ts';
import type { TapestryOptions } from './tapestry-options.ts';

export type Asker = OverlayAsker<TapestryMessage, TapestryOptions>;

/** One question to a node. */
export abstract class Question extends OverlayQuestion<TapestryMessage, Contact, Asker> {}

/** Who looks something up: a member begins from its own table, a client from the members that it was told of. */
export interface Seeker {
  readonly asker: Asker;
  /** Null: no member, and so neither a root nor a hop. */
  readonly self: Contact | null;
  /** Whether there is anything to begin from. */
  readonly canSeek: boolean;
  route(target: Id160, level: number, passed: readonly Id160[]): Route;
  /** What is known of it; null: nothing. */
  knownOf(contact: Contact): Known | null;
  /** Somebody has not answered a lookup. */
  suspect(contact: Contact): void;
}

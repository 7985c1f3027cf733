/** Who asks in a ring, a member or a client, and where its lookups begin. Owns no state. */

import type { Asker as OverlayAsker } from '../../core/asker.ts';
import type { Contact } from '../../core/contact.ts';
import { Question as OverlayQuestion } from '../../core/question.ts';
import type { ChordOptions } from './chord-options.ts';
import type { ChordMessage } from './messages.ts';
import type { RingId } from './ring-id.ts';
import type { Route } from './routing.ts';

export type Asker = OverlayAsker<ChordMessage, ChordOptions>;

/** One question to a point of the ring. */
export abstract class Question extends OverlayQuestion<ChordMessage, Contact, Asker> {}

/** Who looks something up: a virtual node begins from its own tables, a client from the members that it was told of. */
export interface Seeker {
  readonly asker: Asker;
  /** Null: in no ring, and so neither an owner nor a hop. */
  readonly self: Contact | null;
  /** Whether there is anything to begin from. */
  readonly canSeek: boolean;
  route(target: RingId, want: number, width: number): Route;
  /** Somebody has not answered. */
  lose(contact: Contact): void;
}

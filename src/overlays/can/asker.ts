/** Who asks in a CAN, a member or a client, and where its lookups begin. Owns no state. */

import type { Asker as OverlayAsker } from '../../core/asker.ts';
import type { Contact } from '../../core/contact.ts';
import { Question as OverlayQuestion } from '../../core/question.ts';
import type { CanOptions } from './can-options.ts';
import type { CanMessage, Named } from './messages.ts';
import type { Point } from './zone.ts';

export type Asker = OverlayAsker<CanMessage, CanOptions>;

/** One question to a node. */
export abstract class Question extends OverlayQuestion<CanMessage, Contact, Asker> {}

/** Where a lookup goes from a node. */
export interface Route {
  /** Who shares the zone with the point, in the order of their ids; none: it is another's. */
  readonly peers: readonly Contact[];
  /** Neighbours, the next hop first. */
  readonly closer: readonly Named[];
}

export interface RouteOptions {
  /** In whichever reality it is nearest. */
  readonly any: boolean;
  /** Also neighbours that are no nearer. */
  readonly wide: boolean;
  /** So many at most. */
  readonly width: number;
}

/** Who looks something up: a member begins from its own neighbours, a client from the members that it was told of. */
export interface Seeker {
  readonly asker: Asker;
  readonly self: Contact | null;
  /** Whether there is anything to begin from in that reality. */
  canBegin(unit: number): boolean;
  route(unit: number, target: Point, options: RouteOptions): Route;
  /** Somebody has not answered a lookup. */
  suspect(contact: Contact): void;
}

/** What values need of an overlay: who holds a key. Owns no state. */

import type { Contact } from '../../core/contact.ts';
import type { Id160 } from '../../core/id160.ts';
import type { Asking } from '../../core/question.ts';
import type { ValueMessage } from './messages.ts';

export interface Replication {
  /** n: nodes that hold a key. */
  readonly replicas: number;
  /** How many of them must have answered a get, and taken a put. More than half each: what was put is got. */
  readonly readQuorum: number;
  readonly writeQuorum: number;
}

/** Who stores values: what it keeps, and how often it looks after it. */
export interface Upkeep extends Replication {
  /** Items that one place holds; more are refused. */
  readonly itemsMax: number;
  /** How long a removed key is remembered. */
  readonly tombstoneMs: number;
}

export interface OwnersFound {
  /** The key. */
  readonly target: Id160;
  /** The owner first, then the other replicas. Empty: nobody was found. */
  readonly owners: readonly Contact[];
  /** Of the lookup. */
  readonly hops: number;
}

export interface OwnersHandler {
  onFind(found: OwnersFound): void;
}

/** Who reads and writes: a member, or a client who is none. */
export interface ValueSeeker {
  readonly asker: Asking<ValueMessage>;
  readonly replication: Replication;
  /** `replicas` owners of the key. `confirmed`: by their own word rather than that of the first who names them. */
  findOwners(key: Id160, confirmed: boolean, handler: OwnersHandler): void;
}

/** A place of a member, where values are held. */
export interface ValuePlace extends ValueSeeker {
  readonly self: Contact;
  readonly replication: Upkeep;
  readonly isMember: boolean;
  /** Its keys are being handed over: it takes no more, but answers what it knows. */
  readonly departing: boolean;
  standing(key: Id160): Standing;
  /** Who else holds a key that the place owns. */
  replicasOf(key: Id160): readonly Contact[];
  /** The last key, clockwise from `found`, up to which the owner of `found` owns all; `found` itself where that cannot be told. */
  ownsThrough(owner: Contact, found: Id160): Id160;
}

/**
 * How a place stands to a key that it holds, as far as it knows by itself. owner: it keeps the other replicas up to date. replica: it is
 * rightly here. stray: its owner has to be looked up, which may say that we are a replica. unknown: not to be told at this moment.
 */
export type Standing = 'owner' | 'replica' | 'stray' | 'unknown';

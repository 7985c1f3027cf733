/** What values need of an overlay, and what users get of both together. Owns no state. */

import type { Contact } from '../../core/contact.ts';
import type { Protocol } from '../../core/host.ts';
import type { Id160 } from '../../core/id160.ts';
import type { Asking } from '../../core/question.ts';
import type { AccessHandler } from './access.ts';
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

/** One node that a lookup has asked, and what came of it. */
export interface Hop {
  readonly contact: Contact;
  /** As they are counted for the whole way: up to this node, itself included; up to the one before, when it is the owner. */
  readonly hops: number;
  /** gone: it is there, but no member. owner: it is what was looked for. */
  readonly outcome: 'answered' | 'silent' | 'gone' | 'owner';
  /** From the first time it was asked. */
  readonly tookMs: number;
}

/** What a lookup has come to. */
export interface OwnersFound {
  /** The key. */
  readonly target: Id160;
  /** The owner first, then the other replicas. Empty: the lookup has failed. */
  readonly owners: readonly Contact[];
  /** As the overlay's paper counts them. */
  readonly hops: number;
  /** Dead nodes that were waited for. */
  readonly timeouts: number;
  readonly tookMs: number;
  /** In the order in which they answered or were given up; empty unless it was asked for. */
  readonly path: readonly Hop[];
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
  /** No member yet, but others know it, and bring what it is going to hold. */
  readonly isEntering?: boolean;
  /** Its keys are being handed over: it takes no more, but answers what it knows. */
  readonly departing: boolean;
  standing(key: Id160): Standing;
  /** Who else holds a key that the place owns. */
  replicasOf(key: Id160): readonly Contact[];
  /** The last key, clockwise from `found`, up to which the owner of `found` owns all; `found` itself where that cannot be told. */
  ownsThrough(owner: Contact, found: Id160): Id160;
  /** Strays that are looked up in one round; 1 where it is not said, since one answer tells of many. */
  readonly looksPerRound?: number;
}

/**
 * How a place stands to a key that it holds, as far as it knows by itself. owner: it keeps the other replicas up to date. replica: it is
 * rightly here. stray: its owner has to be looked up, which may say that we are a replica. unknown: not to be told at this moment.
 */
export type Standing = 'owner' | 'replica' | 'stray' | 'unknown';

export interface LeaveHandler {
  /** `handedOver`: all keys have been taken by somebody. */
  onLeft(handedOver: boolean): void;
}

/** What a member and a client of an overlay do alike. Keys and targets have 20 bytes. */
export interface ValueAccess {
  get(key: Uint8Array, handler: AccessHandler): void;
  /** The value is copied. Throws RangeError when it is longer than VALUE_BYTES_MAX. */
  put(key: Uint8Array, value: Uint8Array, handler: AccessHandler): void;
  remove(key: Uint8Array, handler: AccessHandler): void;
  /** A lookup of the owner that tells its way. */
  trace(target: Uint8Array, handler: OwnersHandler): void;
}

/** A node of an overlay that keeps values: what commands, the lab and the conformance suite need of it. */
export interface ValueNode extends Protocol, ValueAccess {
  /** True while all of its places are in the overlay. */
  readonly isMember: boolean;
  /** Hands all keys over, then leaves; `stop` after that does nothing more. */
  leave(handler: LeaveHandler): void;
}

/** Who it is that takes part in an overlay with one host and one point of its own, and whose word about itself it believes. */

import type { AskerOptions } from '../../core/asker.ts';
import { equalBytes } from '../../core/bytes.ts';
import type { Codec } from '../../core/codec.ts';
import { Contact, contactAt, ownEndpoint } from '../../core/contact.ts';
import type { Endpoint, Host, Peer } from '../../core/host.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import type { WhoMessage } from '../../core/who.ts';
import type { ValueMessage } from './messages.ts';
import type { Replication } from './owners.ts';
import { ValueUser } from './user.ts';

interface MemberOptions extends AskerOptions, Replication {
  /** Null: it follows from the address. */
  readonly id: Id160 | null;
  /** Null: that of the host. */
  readonly endpoint: Endpoint | null;
  readonly join: readonly Endpoint[];
}

export abstract class ValueMember<M, O extends MemberOptions> extends ValueUser<M, O> {
  readonly self: Contact;
  /** Where to join: the addresses given but our own. */
  readonly entryPoints: readonly Endpoint[];

  /** The options are kept, not copied: nodes of one world share them. */
  constructor(host: Host, codec: Codec<M | ValueMessage | WhoMessage>, options: O, timerKind: number) {
    super(host, codec, options, timerKind);
    const endpoint = ownEndpoint(host, options.endpoint);
    this.self = options.id === null ? contactAt(endpoint, 0) : new Contact(options.id, 0, endpoint);
    this.entryPoints = options.join.filter((entry) => !equalBytes(entry, endpoint));
  }

  /** Members are known by the hash of their address, so that nobody chooses a place; where ids are given by options, all are believed. */
  isRightful(contact: Contact): boolean {
    return this.options.id !== null || equalIds(contact, contactAt(contact.endpoint, contact.unit));
  }

  /** Only its sender may say it of itself: its address, and the point that follows from it, are what we can check. */
  speaksForItself(from: Peer, sender: Contact): boolean {
    return this.host.peer(sender.endpoint) === from && this.isRightful(sender);
  }
}

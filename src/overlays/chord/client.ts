/**
 * Who uses a ring without being in it: lookups and keys through members that it knows by their address (SIGCOMM 2001, section 4.3: a lookup
 * may begin at any node). Owns no more than every client.
 */

import type { Contact } from '../../core/contact.ts';
import type { Host } from '../../core/host.ts';
import { type EntryHandler, ValueClient, type Hop, type OwnersHandler } from '../values/index.ts';
import type { Seeker } from './asker.ts';
import { CHORD_DEFAULTS, type ChordOptions, checkOptions } from './chord-options.ts';
import { Find, type FindHandler, ownersOptions } from './find.ts';
import { type ChordMessage, chordCodec } from './messages.ts';
import { idOfBytes, type RingId } from './ring-id.ts';
import type { Route } from './routing.ts';

const NONE: readonly Contact[] = [];

export class ChordClient extends ValueClient<ChordMessage, ChordOptions> implements Seeker {
  readonly self = null;

  constructor(host: Host, options: ChordOptions = CHORD_DEFAULTS, handler: EntryHandler) {
    super(host, chordCodec, options, handler);
    checkOptions(options);
  }

  lookup(target: Uint8Array, handler: FindHandler, want = 1): void {
    this.find(idOfBytes(target), want, handler, null);
  }

  /** A lookup that tells its way. */
  trace(target: Uint8Array, handler: FindHandler): void {
    this.find(idOfBytes(target), 1, handler, []);
  }

  findOwners(key: RingId, confirmed: boolean, handler: OwnersHandler): void {
    new Find(this, key, ownersOptions(this.options, confirmed), handler).start();
  }

  /** All that it knows: the lookup asks the nearest first. */
  route(_target: RingId, _want: number, width: number): Route {
    return { closer: this.members.slice(0, width), successors: NONE };
  }

  private find(target: RingId, want: number, handler: FindHandler, path: Hop[] | null): void {
    const { successors, endAtList } = this.options;
    new Find(this, target, { want: Math.min(want, successors), endAtList, confirm: true }, handler, path).start();
  }
}

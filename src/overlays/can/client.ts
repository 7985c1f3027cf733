/** Who uses a CAN without being in it: lookups and keys through members that it knows by their address. Owns no more than every client. */

import { Contact } from '../../core/contact.ts';
import type { Host } from '../../core/host.ts';
import { type Id160, readId } from '../../core/id160.ts';
import { type EntryHandler, type OwnersHandler, ValueClient } from '../values/index.ts';
import type { Route, RouteOptions, Seeker } from './asker.ts';
import { CAN_DEFAULTS, type CanOptions, checkOptions } from './can-options.ts';
import { FindOwners } from './find-owners.ts';
import { type CanMessage, canCodec } from './messages.ts';
import { traceKey } from './trace-key.ts';
import type { Point } from './zone.ts';

export class CanClient extends ValueClient<CanMessage, CanOptions> implements Seeker {
  readonly self = null;

  constructor(host: Host, options: CanOptions = CAN_DEFAULTS, handler: EntryHandler) {
    super(host, canCodec, options, handler);
    checkOptions(options);
  }

  canBegin(): boolean {
    return this.canSeek;
  }

  trace(target: Uint8Array, handler: OwnersHandler): void {
    traceKey(this, readId(target), handler);
  }

  findOwners(key: Id160, _confirmed: boolean, handler: OwnersHandler): void {
    new FindOwners(this, key, this.options.replicas, handler).start();
  }

  route(unit: number, _target: Point, { width }: RouteOptions): Route {
    const named = this.members.slice(0, width).map((member) => ({ contact: new Contact(member, unit, member.endpoint), zones: [] }));
    return { peers: [], closer: named };
  }

  suspect(contact: Contact): void {
    this.lose(contact);
  }
}

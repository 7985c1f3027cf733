/** Who uses a Pastry network without being in it: lookups and keys through members that it knows by their address. Owns no more than every client. */

import type { Contact } from '../../core/contact.ts';
import type { Host } from '../../core/host.ts';
import { type Id160, readId } from '../../core/id160.ts';
import { type EntryHandler, type Hop, type OwnersHandler, ValueClient } from '../values/index.ts';
import type { Route, Seeker } from './asker.ts';
import { Find } from './find.ts';
import { type PastryMessage, pastryCodec } from './messages.ts';
import { checkOptions, PASTRY_DEFAULTS, type PastryOptions } from './pastry-options.ts';

export class PastryClient extends ValueClient<PastryMessage, PastryOptions> implements Seeker {
  readonly self = null;

  constructor(host: Host, options: PastryOptions = PASTRY_DEFAULTS, handler: EntryHandler) {
    super(host, pastryCodec, options, handler);
    checkOptions(options);
  }

  trace(target: Uint8Array, handler: OwnersHandler): void {
    const path: Hop[] = [];
    new Find(this, readId(target), { want: 1, confirm: true }, handler, path).start();
  }

  findOwners(key: Id160, confirmed: boolean, handler: OwnersHandler): void {
    new Find(this, key, { want: this.options.replicas, confirm: confirmed }, handler).start();
  }

  route(_target: Id160, _want: number, width: number): Route {
    return { closer: this.members.slice(0, width), owners: [] };
  }

  knownOf(): null {
    return null;
  }

  suspect(contact: Contact): void {
    this.lose(contact);
  }
}

/** Who uses a Tapestry network without being in it: lookups and keys through members that it knows by their address. Owns no more than every client. */

import type { Contact } from '../../core/contact.ts';
import type { Host } from '../../core/host.ts';
import { type Id160, readId } from '../../core/id160.ts';
import { type EntryHandler, type OwnersHandler, ValueClient } from '../values/index.ts';
import type { Seeker } from './asker.ts';
import { FindOwners } from './find-owners.ts';
import { type TapestryMessage, tapestryCodec } from './messages.ts';
import type { Route } from './route.ts';
import { checkOptions, TAPESTRY_DEFAULTS, type TapestryOptions } from './tapestry-options.ts';

export class TapestryClient extends ValueClient<TapestryMessage, TapestryOptions> implements Seeker {
  readonly self = null;

  constructor(host: Host, options: TapestryOptions = TAPESTRY_DEFAULTS, handler: EntryHandler) {
    super(host, tapestryCodec, options, handler);
    checkOptions(options);
  }

  trace(target: Uint8Array, handler: OwnersHandler): void {
    new FindOwners(this, readId(target), 1, handler).start();
  }

  findOwners(key: Id160, _confirmed: boolean, handler: OwnersHandler): void {
    new FindOwners(this, key, this.options.replicas, handler).start();
  }

  route(): Route {
    return { level: 0, contacts: this.members, root: false };
  }

  knownOf(): null {
    return null;
  }

  suspect(contact: Contact): void {
    this.lose(contact);
  }
}

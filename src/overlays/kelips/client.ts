/** Who uses a Kelips network without being in it: lookups and keys through members that it knows by their address. Owns no more than every client. */

import type { Contact } from '../../core/contact.ts';
import type { Host } from '../../core/host.ts';
import { type Id160, readId } from '../../core/id160.ts';
import { type EntryHandler, type Hop, type OwnersHandler, ValueClient } from '../values/index.ts';
import type { Route, Seeker } from './asker.ts';
import { Find } from './find.ts';
import { checkOptions, KELIPS_DEFAULTS, type KelipsOptions } from './kelips-options.ts';
import { type KelipsMessage, kelipsCodec } from './messages.ts';

export class KelipsClient extends ValueClient<KelipsMessage, KelipsOptions> implements Seeker {
  readonly self = null;

  constructor(host: Host, options: KelipsOptions = KELIPS_DEFAULTS, handler: EntryHandler) {
    super(host, kelipsCodec, options, handler);
    checkOptions(options);
  }

  trace(target: Uint8Array, handler: OwnersHandler): void {
    const path: Hop[] = [];
    new Find(this, readId(target), { want: 1, confirm: true }, handler, path).start();
  }

  findOwners(key: Id160, confirmed: boolean, handler: OwnersHandler): void {
    new Find(this, key, { want: this.options.replicas, confirm: confirmed }, handler).start();
  }

  route(): Route {
    return { holders: null, ask: this.members };
  }

  measured(): void {}

  lateAfterMs(): number {
    return 0;
  }

  suspect(contact: Contact): void {
    this.lose(contact);
  }
}

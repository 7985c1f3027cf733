/** Who uses a Pastry network without being in it: lookups and keys through members that it knows by their address. Owns how long answers take. */

import type { Contact } from '../../core/contact.ts';
import type { Host } from '../../core/host.ts';
import { type Id160, readId } from '../../core/id160.ts';
import { type EntryHandler, type Hop, type OwnersHandler, ValueClient } from '../values/index.ts';
import type { Route, Seeker } from './asker.ts';
import { Find } from './find.ts';
import { type PastryMessage, pastryCodec } from './messages.ts';
import { checkOptions, PASTRY_DEFAULTS, type PastryOptions } from './pastry-options.ts';
import { RoundTrips } from '../../core/round-trips.ts';

export class PastryClient extends ValueClient<PastryMessage, PastryOptions> implements Seeker {
  readonly self = null;
  /** Of everybody who has answered; null: nobody has. */
  private roundTrips: RoundTrips | null = null;

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

  slowMsOf(): number {
    return this.options.timeoutsByRtt ? (this.roundTrips?.slowMs ?? 0) : 0;
  }

  timed(_contact: Contact, rttMs: number): void {
    this.roundTrips ??= RoundTrips.expecting(this.options.slowMs);
    this.roundTrips.heard(rttMs);
  }

  suspect(contact: Contact): void {
    this.lose(contact);
  }
}

/** Who reads and writes values that an overlay holds, from within as a member or from outside as a client. Owns no state of its own. */

import { Asker, type AskerOptions } from '../../core/asker.ts';
import { type Id160, readId } from '../../core/id160.ts';
import type { WhoMessage } from '../../core/who.ts';
import { type AccessHandler, Get, Put } from './access.ts';
import { checkValue, type ValueMessage } from './messages.ts';
import type { OwnersHandler, Replication, ValueSeeker } from './owners.ts';

const NOTHING = new Uint8Array(0);

/** `M` are the overlay's own messages. */
export abstract class ValueUser<M, O extends AskerOptions & Replication>
  extends Asker<M | ValueMessage | WhoMessage, O>
  implements ValueSeeker
{
  get asker(): this {
    return this;
  }

  get replication(): O {
    return this.options;
  }

  abstract findOwners(key: Id160, confirmed: boolean, handler: OwnersHandler): void;

  get(key: Uint8Array, handler: AccessHandler): void {
    new Get(this, readId(key), handler).start();
  }

  /** The value is copied. Throws RangeError when it is longer than VALUE_BYTES_MAX. */
  put(key: Uint8Array, value: Uint8Array, handler: AccessHandler): void {
    checkValue(value);
    new Put(this, readId(key), value.slice(), false, handler).start();
  }

  remove(key: Uint8Array, handler: AccessHandler): void {
    new Put(this, readId(key), NOTHING, true, handler).start();
  }
}

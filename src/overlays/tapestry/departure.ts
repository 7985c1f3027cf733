/**
 * Leaving of one's own will (JSAC 2004, section III-E): keys go to those that are their roots without us, pointers to where the way leads then, and who has
 * a link to us is told who may replace us. Owns what is still to be found out.
 */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160, mapKeyOf } from '../../core/id160.ts';
import { HandOver, type HandOverHandler, type Heirs, type OwnersFound, type OwnersHandler } from '../values/index.ts';
import { Find, type FindHandler } from './find.ts';
import { FindOwners } from './find-owners.ts';
import { saltedId } from './salts.ts';
import type { Tapestry } from './tapestry.ts';

/** Heirs looked up at the same time. */
const AT_ONCE = 32;
/** Nodes that are asked to keep what its heirs do not take. */
const SPARES = 8;

export class Departure implements OwnersHandler, FindHandler, Heirs {
  private readonly node: Tapestry;
  private readonly handler: HandOverHandler;
  private readonly keys: Id160[];
  /** Names of objects that we are the root of. */
  private readonly names: Id160[];
  /** For each key, whom to give it to, and whom next. */
  private readonly heirs = new Map<string, readonly Contact[]>();
  private readonly refused: Contact[] = [];
  private underWay = 0;
  private isGiving = false;

  constructor(node: Tapestry, handler: HandOverHandler) {
    this.node = node;
    this.handler = handler;
    this.keys = node.keys.all().map(({ key }) => key);
    this.names = node.pointers.rooted();
  }

  start(): void {
    this.next();
  }

  /** The root of a name without us: it gets our pointers, and all on the way there. */
  onRoot({ target, stops }: Find): void {
    this.underWay--;
    for (const { contact } of stops) this.node.pointers.hand(target, contact);
    this.next();
  }

  onFind({ target, owners }: OwnersFound): void {
    this.underWay--;
    const { node } = this;
    const { replicas } = node.options;
    let salt = 0;
    while (salt < replicas - 1 && !node.isRootOf(saltedId(target, salt))) salt++;
    const heir = owners[Math.min(salt, owners.length - 1)];
    // The root of that salt has nothing yet; the others hold the key already.
    if (heir !== undefined) this.heirs.set(mapKeyOf(target), [heir, ...owners.filter((owner) => owner !== heir)]);
    this.next();
  }

  heirOf(key: Id160): Contact | null {
    // When all of them refuse, because they are leaving as well, somebody else keeps it as a stray, and brings it to its root.
    const heirs = [...(this.heirs.get(mapKeyOf(key)) ?? []), ...this.node.nearest(SPARES)];
    return heirs.find((heir) => !this.refused.some((other) => equalIds(other, heir))) ?? null;
  }

  refuse(heir: Contact): void {
    this.refused.push(heir);
  }

  private next(): void {
    const { node, keys } = this;
    while (this.underWay < AT_ONCE && keys.length > 0) {
      this.underWay++;
      new FindOwners(node, keys.pop() as Id160, node.options.replicas, this, [node.self]).start();
    }
    while (this.underWay < AT_ONCE && this.names.length > 0) {
      this.underWay++;
      new Find(node, this.names.pop() as Id160, this, { passed: [node.self] }).start();
    }
    if (this.underWay > 0 || this.isGiving) return;
    this.isGiving = true;
    new HandOver(node, node.keys.all(), this, this.handler).start();
  }
}

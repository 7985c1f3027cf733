/**
 * Who holds a key: the roots of its salted names, in the order of the salts. A root that has one already is passed over, so that owners are as many as
 * are wanted, or all nodes there are. Owns the lookups under way and the roots found.
 */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import type { Hop, OwnersHandler } from '../values/index.ts';
import type { Seeker } from './asker.ts';
import { Find } from './find.ts';
import { PASSED_MAX } from './messages.ts';
import { saltedId } from './salts.ts';

export class FindOwners {
  private readonly node: Seeker;
  private readonly key: Id160;
  private readonly want: number;
  private readonly without: readonly Id160[];
  private readonly handler: OwnersHandler;
  private readonly startedAtMs: number;
  /** By salt; null: not found. */
  private readonly roots: (Contact | null)[];
  private left = 0;
  private hops = 0;
  private timeouts = 0;
  private path: readonly Hop[] = [];

  /** `without`: as though those were no members. */
  constructor(node: Seeker, key: Id160, want: number, handler: OwnersHandler, without: readonly Id160[] = []) {
    this.node = node;
    this.key = key;
    this.want = want;
    this.without = without;
    this.handler = handler;
    this.startedAtMs = node.asker.host.now();
    this.roots = new Array<Contact | null>(want).fill(null);
  }

  start(): void {
    this.left = this.want;
    for (let salt = 0; salt < this.want; salt++) this.find(salt, this.without);
  }

  private find(salt: number, passed: readonly Id160[]): void {
    const found = {
      onRoot: ({ root, hops, timeouts, path }: Find) => {
        this.roots[salt] = root;
        this.timeouts += timeouts;
        // All are looked up at once: the way of the first is the one to tell.
        if (salt === 0) [this.hops, this.path] = [hops, path];
        this.left--;
        if (this.left === 0) this.tellApart();
      },
    };
    new Find(this.node, saltedId(this.key, salt), found, { passed }).start();
  }

  /** The first root that has come before is looked up once more, without those before it: leaving out others does not change a root. */
  private tellApart(): void {
    const { roots, without } = this;
    const known: Contact[] = [];
    for (const [salt, root] of roots.entries()) {
      if (root === null) continue;
      if (known.every((other) => !equalIds(other, root))) known.push(root);
      else if (without.length + known.length > PASSED_MAX) roots[salt] = null;
      else {
        this.left = 1;
        this.find(salt, [...without, ...known]);
        return;
      }
    }
    const { key: target, hops, timeouts, path, startedAtMs } = this;
    this.handler.onFind({ target, owners: known, hops, timeouts, tookMs: this.node.asker.host.now() - startedAtMs, path });
  }
}

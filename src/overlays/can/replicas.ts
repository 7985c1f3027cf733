/**
 * Keeps the copies of keys at the owners of their points: who holds a key by one of its points brings it to the others every few rounds and when neighbours have
 * changed (the publisher's refresh of SIGCOMM 2001, section 2.3, by those who hold it). Owns how far it got.
 */

import { equalIds } from '../../core/id160.ts';
import type { OwnersFound } from '../values/index.ts';
import type { Can } from './can.ts';
import { FindOwners } from './find-owners.ts';

type Item = ReturnType<Can['keys']['all']>[number];

/** Keys whose owners are looked for at once. */
const LOOKING_MAX = 8;

export class Replicas {
  private readonly node: Can;
  private waiting: Item[] = [];
  private looking = 0;

  constructor(node: Can) {
    this.node = node;
  }

  /** Goes through all keys once, unless it is at it. */
  begin(): void {
    if (this.waiting.length > 0 || this.looking > 0) return;
    this.waiting = this.node.keys.all().filter(({ key }) => this.node.standing(key) === 'unknown');
    this.advance();
  }

  private advance(): void {
    while (this.looking < LOOKING_MAX) {
      const item = this.waiting.pop();
      if (item === undefined) return;
      this.looking++;
      new FindOwners(this.node, item.key, this.node.options.replicas, { onFind: (found) => this.onFind(item, found) }).start();
    }
  }

  private onFind(item: Item, { owners }: OwnersFound): void {
    const { node } = this;
    this.looking--;
    const [first] = owners;
    if (node.isMember && first !== undefined) {
      const isOwner = owners.some((owner) => equalIds(owner, node.self));
      if (isOwner) for (const owner of owners) node.keys.bring(owner, [item]);
      // One of its later points is ours, and others hold it: a copy that nobody reads would only grow old.
      else node.keys.giveAway(first, [item]);
    }
    this.advance();
  }
}

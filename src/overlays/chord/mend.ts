/**
 * Brings rings together that a partition has split: asks, now and then, somebody who fell silent for the owner of our own point. In one
 * ring that is our successor; if it is another, either side learns of the other by the rules of stabilization. Not in the paper.
 */

import { Find, type FindHandler, type FindResult } from './find.ts';
import { equalIds, inOpen } from './ring-id.ts';
import { AskCandidate } from './stabilize.ts';
import type { VirtualNode } from './virtual-node.ts';
import type { Contact } from '../../core/contact.ts';

export class Mend implements FindHandler {
  private readonly node: VirtualNode;
  private asked: Contact | null = null;

  constructor(node: VirtualNode) {
    this.node = node;
  }

  start(): void {
    const { lost, self } = this.node;
    const contact = lost.shift();
    if (contact === undefined) return;
    lost.push(contact);
    this.asked = contact;
    new Find(this.node, self, { want: 1, endAtList: false, confirm: false }, this).startFrom([contact]);
  }

  onFind(result: FindResult): void {
    const { node, asked } = this;
    const owner = result.owners[0];
    const head = node.successors[0];
    if (!node.isMember || owner === undefined || head === undefined) return;
    if (equalIds(owner, node.self) || equalIds(owner, head)) {
      // One ring again, as far as we two can see.
      const index = node.lost.findIndex((contact) => asked !== null && equalIds(contact, asked));
      if (index >= 0) node.lost.splice(index, 1);
      return;
    }
    node.notify(owner);
    if (!node.isChanging && inOpen(owner, node.self, head)) node.change(new AskCandidate(node, owner));
  }
}

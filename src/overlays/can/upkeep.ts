/** What a member does all the time: neighbours are told its zones and asked theirs, borders checked, zones and keys brought where they belong. Owns the count of rounds. */

import { Contact } from '../../core/contact.ts';
import { equalIds } from '../../core/id160.ts';
import { AskWho } from '../../core/who.ts';
import type { Can } from './can.ts';
import { Exchange } from './exchange.ts';
import { Find } from './find.ts';
import type { Reality } from './reality.ts';

export class Upkeep {
  private readonly node: Can;
  private rounds = 0;

  constructor(node: Can) {
    this.node = node;
  }

  round(): void {
    const { node } = this;
    const { repairRounds, mendRounds } = node.options;
    this.rounds++;
    for (const reality of node.realities) {
      if (!reality.isMember) continue;
      for (const { contact } of reality.neighbours) reality.probe(contact);
      reality.takeovers.checkBorder();
      reality.reassignment.step();
      if (this.rounds % mendRounds === 0) this.mend(reality);
    }
    const due = this.rounds % repairRounds === 0;
    node.keys.round(due);
    if (due || node.takeKeysDirty()) node.replicas.begin();
  }

  /** Somebody from afar, somebody who fell silent, and somebody of those that we were told of to join are asked who has our zone as they see it: that brings together what a partition has split. */
  private mend(reality: Reality): void {
    const met = reality.anyMet();
    if (met !== null) this.ask(reality, met);
    const lost = reality.lost.shift();
    if (lost !== undefined) {
      reality.lost.push(lost);
      this.ask(reality, lost);
    }
    const { entryPoints, host } = this.node;
    const entry = entryPoints[host.random.below(Math.max(1, entryPoints.length))];
    if (entry !== undefined)
      new AskWho(this.node, entry, {
        onMember: (member) => this.compareOwners(reality, inReality(member, reality)),
        onNoMember: () => {},
      }).ask();
  }

  private ask(reality: Reality, contact: Contact): void {
    const onExchange = (_: Contact, answered: boolean): void => {
      if (answered) this.compareOwners(reality, contact);
    };
    new Exchange(reality, contact, { onExchange }).ask();
  }

  private compareOwners(reality: Reality, from: Contact): void {
    const { node } = this;
    for (const { zone } of reality.claims) {
      const point = zone.pointAt((bound) => node.host.random.below(bound));
      const onPoint = ({ by }: { readonly by: Contact | null }): void => {
        if (by !== null && !equalIds(by, reality.self)) reality.probe(by);
      };
      new Find(node, point, { unit: reality.unit }, { onPoint }).startFrom(from);
    }
  }
}

function inReality(member: Contact, { unit }: Reality): Contact {
  return unit === 0 ? member : new Contact(member, unit, member.endpoint);
}

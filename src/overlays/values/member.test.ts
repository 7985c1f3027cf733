import assert from 'node:assert/strict';
import test from 'node:test';
import { Contact, contactAt } from '../../core/contact.ts';
import type { Host } from '../../core/host.ts';
import { World } from '../../sim/world.ts';
import { Kelips } from '../kelips/index.ts';
import { Pastry } from '../pastry/index.ts';
import { Tapestry } from '../tapestry/index.ts';
import type { PointMember } from './index.ts';

type Member = Pick<PointMember<{ readonly tag: number }, never>, 'isRightful' | 'start' | 'stop' | 'onTimer'> & { inspect(): unknown };

const MEMBERS: Readonly<Record<string, (host: Host) => Member>> = {
  Pastry: (host) => new Pastry(host),
  Kelips: (host) => new Kelips(host),
  Tapestry: (host) => new Tapestry(host),
};

for (const [name, make] of Object.entries(MEMBERS)) {
  test(`${name} believes in one point of an address, which nobody chooses: not in another, and not in one for each of 256 places`, () => {
    const world = new World({ seed: 1 });
    const [node, other] = [world.addNode(make), world.addNode(make)];
    const own = contactAt(other.endpoint, 0);
    assert.ok(node.protocol.isRightful(own));
    for (let unit = 1; unit < 256; unit++) assert.ok(!node.protocol.isRightful(contactAt(other.endpoint, unit)));
    assert.ok(!node.protocol.isRightful(new Contact(own, 1, other.endpoint)));
    assert.ok(!node.protocol.isRightful(new Contact(own, 0, node.endpoint)));
  });
}

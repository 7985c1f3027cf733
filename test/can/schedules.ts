/** Random lives of a CAN: nodes come, leave, crash and are cut off from one another while datagrams are lost, late and doubled. */

import { grownSpace, join, live, type CanNode, pick, settle, type Space } from './spaces.ts';
import type { CanOptions } from '../../src/overlays/can/can-options.ts';

const NODES_MAX = 24;
const MEMBERS_MIN = 3;
const STEPS = 25;
const FAULTS = { loss: 0.03, duplication: 0.02, reordering: 0.05 };

/** A space after such a life, with all faults over and everything settled. */
export function lived(seed: number, options: Partial<CanOptions> = {}, steps = STEPS): Space {
  const space = grownSpace(3 + (seed % 8), options, { seed });
  const { world, random } = space;
  if (random.chance(0.7)) world.faults = FAULTS;
  let cutOff = false;
  for (let step = 0; step < steps; step++) {
    const dice = random.below(10);
    // Who has not got in yet needs members to get in through.
    const canLose = members(space).length > MEMBERS_MIN;
    if (dice < 4 && live(space).length < NODES_MAX) join(space);
    else if (dice < 6 && canLose) leave(space, pick(space));
    else if (dice < 8 && canLose) world.crash(pick(space), 'power');
    else if (dice === 8 && !cutOff) {
      const nodes = random.shuffle(live(space));
      const at = 1 + random.below(nodes.length);
      world.partition(nodes.slice(0, at), nodes.slice(at));
      cutOff = true;
    } else if (cutOff) {
      world.unite();
      cutOff = false;
    }
    world.runFor(random.below(random.chance(0.3) ? 20_000 : 1500));
  }
  world.unite();
  world.faults = {};
  for (const node of live(space)) if (isLost(space, node)) world.crash(node, 'power');
  settle(space);
  return space;
}

/** Begins to leave in good order; who is no member yet just goes. */
export function leave({ world }: Space, node: CanNode): void {
  node.protocol.leave({ onLeft: () => world.at(world.now, () => node.host.running && world.leave(node)) });
}

function members(space: Space): CanNode[] {
  return live(space).filter(({ protocol }) => protocol.isMember && !protocol.departing);
}

/** It is not in, and of those that it was told of nobody lives: it never will be. */
function isLost({ world }: Space, { protocol }: CanNode): boolean {
  return !protocol.isMember && protocol.entryPoints.every((entry) => world.machineAt(world.addresses.peer(entry))?.host.running !== true);
}

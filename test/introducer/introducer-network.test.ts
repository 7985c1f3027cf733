/** What an introducer is for (systems: shared ground): who knows only its address comes in, and nobody needs it any more after that. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { Random } from '../../src/core/random.ts';
import { Introducer } from '../../src/overlays/introducer/index.ts';
import { forSeeds } from '../../src/sim/seeds.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { World } from '../../src/sim/world.ts';
import { Walker } from './walker.ts';

const SEEDS = Number(process.env.KITH_SEEDS ?? 3);
const MINUTE_MS = 60_000;
/** Half of all sessions are over after an hour: 1 - 2^(-1/60) of those who are there go in a minute. */
const GOING_PER_MINUTE = 0.011486;

class Town {
  readonly world: World;
  readonly introducer: SimNode<Introducer>;
  readonly url: string;
  readonly members: SimNode<Walker>[] = [];

  constructor(seed: number) {
    this.world = new World({ seed, latency: { kind: 'constant', ms: 40 }, publicAddresses: true });
    this.introducer = this.world.addNode((host) => new Introducer(host));
    this.url = `http://${formatEndpoint(this.introducer.endpoint)}/gwc`;
  }

  comes(known: readonly Endpoint[] = []): SimNode<Walker> {
    const member = this.world.addNode((host) => new Walker(host, { introducers: [this.url], known }));
    this.members.push(member);
    return member;
  }

  goes(member: SimNode<Walker>): void {
    this.world.crash(member, 'power');
    this.members.splice(this.members.indexOf(member), 1);
  }

  /** Members of the largest part in which everybody reaches everybody. */
  largestPart(): number {
    const byAddress = new Map(this.members.map((member) => [formatEndpoint(member.endpoint), member]));
    const seen = new Set<SimNode<Walker>>();
    let largest = 0;
    for (const first of this.members) {
      const part = [first];
      if (seen.has(first)) continue;
      seen.add(first);
      for (const member of part) {
        for (const { other } of member.protocol.neighbours) {
          const next = other === null ? undefined : byAddress.get(formatEndpoint(other));
          if (next === undefined || seen.has(next)) continue;
          seen.add(next);
          part.push(next);
        }
      }
      largest = Math.max(largest, part.length);
    }
    return largest;
  }
}

/** Two hundred who know nothing but the address of the introducer. */
function town(seed: number): Town {
  const made = new Town(seed);
  for (let count = 0; count < 200; count++) {
    made.comes();
    made.world.runFor(1_000);
  }
  made.world.runFor(2 * MINUTE_MS);
  return made;
}

test('two hundred newcomers who know one address become one network, and its list is of those who can be reached', () => {
  forSeeds(SEEDS, (seed) => {
    const made = town(seed);
    assert.equal(made.largestPart(), 200);
    assert.equal(made.introducer.protocol.inspect().members.gnutella, 200);
  });
});

test('when the introducer has died, newcomers with a memory still join, those without do not, and churn with a median of 60 minutes parts nobody', () => {
  forSeeds(SEEDS, (seed) => {
    const made = town(seed);
    assert.equal(made.largestPart(), 200);
    const memory = (made.members[17] as SimNode<Walker>).protocol.remembered();
    made.world.crash(made.introducer, 'power');
    const stranger = made.comes();
    const chance = new Random(seed, 99);
    for (let minute = 0; minute < 60; minute++) {
      const going = made.members.filter((member) => member !== stranger && chance.chance(GOING_PER_MINUTE));
      for (const member of going) made.goes(member);
      // As many come as go, each with what some run of theirs has left behind.
      for (const _ of going) made.comes(memory);
      made.world.runFor(MINUTE_MS);
    }
    // Those of the last minutes have dialled the dead of their memory by then.
    made.world.runFor(5 * MINUTE_MS);
    assert.equal(stranger.protocol.neighbours.size, 0);
    const present = made.members.length - 1;
    assert.equal(made.largestPart(), present);
  });
});

/** Random lives, after which everything has to be as the paper has it. KITH_SEEDS=2000 looks for longer. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { lookup, live, ownerOf, pick, pointFor, randomKey } from '../../../test/can/spaces.ts';
import { lived } from '../../../test/can/schedules.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { CanOptions } from './can-options.ts';

const SEEDS = Number(process.env['KITH_SEEDS'] ?? 10);
const LOOKUPS = 10;

const SPACES: readonly (readonly [string, Partial<CanOptions>, number])[] = [
  ['two dimensions', {}, 1],
  ['three dimensions, the zone that was hit split', { dims: 3, uniform: false }, 0.5],
  ['ten dimensions', { dims: 10 }, 0.3],
  ['zones that three share', { zonePeers: 3 }, 0.5],
  ['three realities', { units: 3 }, 0.2],
];

for (const [name, options, share] of SPACES) {
  test(`after joins, leaves, crashes, loss and partitions the zones tile the space, and lookups end at owners: ${name}`, () => {
    forSeeds(Math.ceil(SEEDS * share), (seed) => {
      // `lived` returns when zones tile the space, each node has one, and neighbours know one another, both ways and all of them.
      const space = lived(seed, options);
      for (let count = 0; count < LOOKUPS; count++) {
        const key = randomKey(space);
        const { owners, timeouts } = lookup(space, pick(space), key);
        const owner = ownerOf(space, pointFor(space, key));
        assert.ok(
          owners.some(({ hex }) => hex === owner.self.hex),
          `${owners[0]?.hex} found among ${live(space).length}`,
        );
        assert.equal(timeouts, 0);
      }
    });
  });
}

/** Small swarms with everything going wrong that can: they recover, nothing wrong is kept, nothing is left behind. `KITH_SEEDS` runs more. */

import { test } from 'node:test';
import { forSeeds } from '../../src/sim/seeds.ts';
import { FaultySwarm, type FaultySwarmOptions } from './faulty-swarm.ts';

const SEEDS = Number(process.env['KITH_SEEDS'] ?? 200);

function swarmsHold(options: FaultySwarmOptions): void {
  forSeeds(SEEDS, (seed) => new FaultySwarm(seed, options).run());
}

test('everybody completes after loss, delay, duplication, clogs and partitions, and nothing is left behind', () => {
  swarmsHold({ poison: false, crashes: false });
});

test('everybody completes though processes and machines die and come back', () => {
  swarmsHold({ poison: false, crashes: true });
});

test('who serves poison is banned by all who got any, nobody else is, and everybody completes', () => {
  swarmsHold({ poison: true, crashes: false });
});

test('poison, crashes and a bad network together keep nobody from completing', () => {
  swarmsHold({ poison: true, crashes: true });
});

test('scripted enemies in the middle of all that keep nobody from completing', () => {
  swarmsHold({ poison: false, crashes: true, enemies: true });
});

test('a poisoner that has left when its block turns out to be bad is banned all the same', () => {
  // Seed 15: the last piece completes the download, both sides hang up, and only then the fingerprints are compared.
  new FaultySwarm(15, { poison: true, crashes: false }).run();
});

test('a piece that was not offered as allowed-fast is not sent to a choked peer', () => {
  // Seed 18: a peer was granted pieces in silence and got their blocks between CHOKE and UNCHOKE.
  new FaultySwarm(18, { poison: false, crashes: false }).run();
});

test('a peer that refuses every copy in endgame does not keep the last block from those who would send it', () => {
  // Seed 23: it was asked first every second, and each request made the block too young to be asked of anybody else.
  new FaultySwarm(23, { poison: false, crashes: false, enemies: true }).run();
});

test('peers that let us wait are tried in turn, so that one which refuses does not keep out one which is back', () => {
  // Seed 5959: the only seed had been cut off for a while, and the only free block went to the refusing peer every second.
  new FaultySwarm(5959, { poison: false, crashes: false, enemies: true }).run();
});

/** The walk from hub to hub against a flood of the very same connections: what both find, and what that costs in messages. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forSeeds } from '../../src/sim/seeds.ts';
import { emptyNetwork, file, find, type G2Node, hubsOf, join, leavesOf, live, type Network, pick, settle } from './networks.ts';

const NODES = 160;
/** So many nodes have a title of each kind. */
const COPIES = { popular: 16, known: 4, rare: 1 };
const TITLES = 8;
const SEARCHES = 12;
const PACKETS_OF_SEARCHES = ['Q2', 'QA', 'QKR', 'QKA'];

type Kind = keyof typeof COPIES;

function libraryNetwork(seed: number): Network {
  const network = emptyNetwork({ leavesMax: 12, queriesAtOnce: 1_000 }, { seed });
  const titles: string[][] = Array.from({ length: NODES }, () => []);
  for (const kind of Object.keys(COPIES) as Kind[]) {
    for (let title = 0; title < TITLES; title++) {
      const holders = network.random.shuffle(Array.from(titles.keys())).slice(0, COPIES[kind]);
      for (const holder of holders) titles[holder]?.push(`${kind} tune${title}.ogg`);
    }
  }
  for (const names of titles) {
    join(
      network,
      names.map((name, index) => file(index + 1, name)),
    );
    network.world.runFor(200);
  }
  network.world.runFor(120_000);
  settle(network, 60_000);
  return network;
}

/** Packets that searches are made of, but hits, of all nodes so far. */
function packets({ nodes }: Network): number {
  return nodes.reduce((sum, { protocol }) => sum + PACKETS_OF_SEARCHES.reduce((own, name) => own + protocol.sent.of(name), 0), 0);
}

/** Gnutella's way: whoever gets a query for the first time passes it to all others that he is connected to, but a leaf to nobody. */
function flood(network: Network, from: G2Node): { readonly messages: number; readonly reached: ReadonlySet<string> } {
  const byGuid = new Map(live(network).map((node) => [node.protocol.guidHex, node]));
  const reached = new Set([from.protocol.guidHex]);
  const waiting: { readonly node: G2Node; readonly before: string }[] = [{ node: from, before: '' }];
  let messages = 0;
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { links, role } = next.node.protocol;
    if (!role.isHub && next.before !== '') continue;
    for (const { guid } of [...links.hubs, ...links.leaves]) {
      const node = byGuid.get(guid);
      if (node === undefined || guid === next.before) continue;
      messages++;
      if (reached.has(guid)) continue;
      reached.add(guid);
      waiting.push({ node, before: next.node.protocol.guidHex });
    }
  }
  return { messages, reached };
}

function hasTitle({ protocol }: G2Node, name: string): boolean {
  return protocol.options.files.search({ words: name.replace('.ogg', '').split(' '), limit: 1 }).length > 0;
}

test('a search finds what a flood finds, for a small share of its messages', () => {
  const costs: Record<Kind, number> = { popular: 0, known: 0, rare: 0 };
  let floods = 0;
  const seeds = 1;
  forSeeds(seeds, (seed) => {
    const network = libraryNetwork(seed);
    assert.ok(hubsOf(network).length >= 10, `${hubsOf(network).length} hubs`);
    for (const kind of Object.keys(COPIES) as Kind[]) {
      for (let round = 0; round < SEARCHES; round++) {
        const name = `${kind} tune${network.random.below(TITLES)}.ogg`;
        const from = pick(
          network,
          leavesOf(network).filter((leaf) => !hasTitle(leaf, name)),
        );
        const { messages, reached } = flood(network, from);
        assert.ok(live(network).some((node) => reached.has(node.protocol.guidHex) && hasTitle(node, name)));
        const before = packets(network);
        assert.equal(find(network, from, name.replace('.ogg', '').split(' ')).length, 1, `${name} from ${from.index}`);
        costs[kind] += packets(network) - before;
        floods += messages;
      }
    }
  });
  const count = seeds * SEARCHES;
  const each = (sum: number): number => Math.round(sum / count);
  const perFlood = each(floods / Object.keys(COPIES).length);
  const told = `flood ${perFlood}, popular ${each(costs.popular)}, known ${each(costs.known)}, rare ${each(costs.rare)} messages`;
  for (const kind of Object.keys(COPIES) as Kind[]) assert.ok(each(costs[kind]) * 8 < perFlood, told);
});

/** What must hold in every network of servents, whatever happened in it. */

import assert from 'node:assert/strict';
import { hexOf } from '../../src/core/hex.ts';
import { live, type Network, neighboursOf } from './networks.ts';

/** Leaves have ultrapeers, both ends agree on what they are to each other, and no timer is left that nothing waits for. */
export function assertInOrder(net: Network): void {
  const nodes = live(net);
  const byEndpoint = new Map(nodes.map((node) => [hexOf(node.endpoint), node]));
  let ultrapeers = 0;
  for (const node of nodes) {
    const { role } = node.protocol;
    if (role === 'ultrapeer') ultrapeers++;
    const links = neighboursOf(node, 'ultrapeer');
    if (role === 'leaf') assert.ok(links.length > 0, `leaf ${node.index} has no ultrapeer`);
    if (role === 'leaf') assert.equal(neighboursOf(node, 'leaf').length, 0, `leaf ${node.index} has leaves`);
    for (const { listening } of links) {
      if (listening === null) continue;
      const other = byEndpoint.get(hexOf(listening));
      if (other !== undefined) assert.equal(other.protocol.role, 'ultrapeer', `${node.index} takes ${other.index} for an ultrapeer`);
    }
    assert.ok(neighboursOf(node, 'leaf').length <= node.protocol.options.leavesMax, `${node.index} has too many leaves`);
    assert.ok(links.length <= node.protocol.options.linksMax, `${node.index} has too many links`);
    const { searches, dynamicQueries } = node.protocol;
    // The tick, one for each search and query, and gathered bytes that wait to be deflated.
    const expected = 1 + searches.size + dynamicQueries.size;
    assert.ok(node.host.timersPending <= expected, `${node.host.timersPending} timers at ${node.index}, at most ${expected} expected`);
  }
  assert.ok(ultrapeers > 0, 'somebody is an ultrapeer');
}

/** Every live servent is linked to every other, over any number of steps. */
export function assertConnected(net: Network): void {
  const nodes = live(net);
  const byEndpoint = new Map(nodes.map((node) => [hexOf(node.endpoint), node]));
  const links = new Map(nodes.map((node) => [node, new Set<(typeof nodes)[number]>()]));
  for (const node of nodes)
    for (const { listening } of neighboursOf(node)) {
      const other = listening === null ? undefined : byEndpoint.get(hexOf(listening));
      if (other === undefined) continue;
      links.get(node)?.add(other);
      links.get(other)?.add(node);
    }
  const reached = new Set(nodes.slice(0, 1));
  for (const node of reached) for (const other of links.get(node) ?? []) reached.add(other);
  assert.equal(reached.size, nodes.length, 'servents that are linked to each other');
}

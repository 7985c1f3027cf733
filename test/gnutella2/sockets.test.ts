import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { until } from '../interop/peers/process-group.ts';
import { ownFile } from './networks.ts';
import { SocketNodes } from './socket-nodes.ts';

const NODES = 8;
const nodes = new SocketNodes({ leavesMax: 5 });
after(() => nodes.close());

test('eight nodes on loopback make a network, and each finds what any other has', { timeout: 60_000 }, async () => {
  await nodes.grow(NODES);
  // All come up at the same moment, so that several may think for a while that they are needed.
  await until('hubs and leaves', 20_000, () => nodes.isWhole && nodes.hubs.length >= 1 && nodes.hubs.length < NODES);
  for (let from = 0; from < NODES; from++) {
    const to = (from + 3) % NODES;
    const hit = await until(
      `the file of node ${to} from node ${from}`,
      20_000,
      async () => (await nodes.nodes[from]?.find([`song${to}`]))?.[0] ?? null,
    );
    assert.deepEqual([hit.name, hit.holder.id], [ownFile(to).name, nodes.nodes[to]?.node.guidHex]);
  }
});

test('when the first hub has gone, the others find a new one, and each other', { timeout: 60_000 }, async () => {
  await nodes.remove(nodes.hubs[0] as (typeof nodes.hubs)[0]);
  await until('all have a hub again', 30_000, () => nodes.isWhole && nodes.hubs.length > 0);
  // All but the one that is gone, and oneself.
  await until('all files are found again', 30_000, async () => {
    const hits = await nodes.nodes[0]?.find(['mp3'], 100);
    return hits?.length === NODES - 2;
  });
});

/** kith and libtorrent without a tracker anywhere: each finds the other in a DHT whose other nodes are kith's. Both ways. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { getAndCompare, magnetOf, oddContent, startShare, TEST_MS_MAX, TRANSFER_MS_MAX } from './kith-run.ts';
import { treeOf, writeContent } from './peers/content.ts';
import { runKithShare } from './peers/kith.ts';
import { libtorrent } from './peers/libtorrent.ts';
import { freePort } from './peers/process-group.ts';
import { Workbench } from './workbench.ts';

const options = { skip: libtorrent.missing() ?? false, timeout: TEST_MS_MAX };
const NO_TRACKER = ['--no-tracker', '--transport', 'tcp'];

/** Two kith that share something else, and are nodes of the DHT. */
async function twoNodes(bench: Workbench): Promise<string[]> {
  const folder = await bench.place('others');
  const nodes: string[] = [];
  for (const name of ['first', 'second']) {
    await writeContent(folder, name, 1000);
    const port = await freePort();
    const entry = nodes.flatMap((node) => ['--dht-node', node]);
    const share = bench.keep(runKithShare(join(folder, name), [...NO_TRACKER, '--dht', 'on', ...entry], { port }));
    await share.link();
    nodes.push(share.endpoint);
  }
  return nodes;
}

function flagsOf(nodes: readonly string[]): string[] {
  return nodes.flatMap((node) => ['--dht-node', node]);
}

test('kith gets from libtorrent what it knows by nothing but a hash', options, async (t) => {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, []);
  const dhtNodes = await twoNodes(bench);
  await bench.start(libtorrent, { role: 'seed', torrent: content.torrent.path, folder: content.folder, dhtNodes });
  await getAndCompare(bench, magnetOf(content.torrent, []), content, flagsOf(dhtNodes));
});

test('libtorrent gets from kith what it knows by nothing but a hash', options, async (t) => {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, []);
  const dhtNodes = await twoNodes(bench);
  const { share } = await startShare(bench, content, [...NO_TRACKER, ...flagsOf(dhtNodes)]);
  const [hash] = /urn:btih:[0-9a-f]{40}/.exec(await share.link()) ?? [];
  const folder = await bench.place('target');
  const leech = await bench.start(libtorrent, { role: 'leech', magnet: `magnet:?xt=${hash}`, folder, dhtNodes });
  await leech.done(TRANSFER_MS_MAX);
  assert.deepEqual(await treeOf(folder, content.torrent.name), content.tree);
});

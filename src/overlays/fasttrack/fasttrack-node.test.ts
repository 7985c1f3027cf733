import assert from 'node:assert/strict';
import { test } from 'node:test';
import { network, sharedFile } from '../../../test/fasttrack/worlds.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { ListedFiles } from '../../wire/listed-files.ts';

test('what a child shares is found by another child of the same supernode, with its holder', () => {
  const { world, add, search } = network();
  const supernode = add('supernode');
  const alice = add('ordinary', ['walrus polka.mp3', 'zebra anthem.mp3'], { name: 'alice', kbps: 1_000 });
  const bob = add('ordinary');
  world.runFor(20_000);
  assert.equal(supernode.protocol.supernode?.children.size, 2);
  const found = search(bob, 'walrus');
  world.runFor(10_000);
  assert.deepEqual([found.names, found.ended], [['walrus polka.mp3'], true]);
  const { holder, hashes, bytes, network: where } = found.hits[0] as (typeof found.hits)[0];
  assert.deepEqual([where, bytes, holder.id.split('@')[0], holder.firewalled], ['fasttrack', 3_000_000, 'alice', false]);
  assert.deepEqual(holder.endpoint, alice.endpoint);
  assert.deepEqual(hashes.uu, sharedFile('walrus polka.mp3').hashes.uu);
  assert.match(holder.locator, /^\/\.hash=[0-9a-f]{40}$/);
});

test('files that come and go are found and not found any more', () => {
  const { world, add, search } = network();
  add('supernode');
  const alice = add('ordinary', ['walrus polka.mp3']);
  const bob = add('ordinary');
  world.runFor(20_000);
  const files = alice.protocol.files as ListedFiles;
  files.add(sharedFile('orange song.mp3', 7));
  files.remove(1);
  world.runFor(40_000);
  const [orange, walrus] = [search(bob, 'orange'), search(bob, 'walrus')];
  world.runFor(10_000);
  assert.deepEqual([orange.names, walrus.names, walrus.ended], [['orange song.mp3'], [], true]);
  alice.protocol.stop();
  world.leave(alice);
  world.runFor(5_000);
  const gone = search(bob, 'orange');
  world.runFor(10_000);
  assert.deepEqual(gone.names, []);
});

test('a search reaches the children of other supernodes, and supernodes themselves share and search', () => {
  const { world, add, search } = network();
  const first = add('supernode', ['walrus one.mp3']);
  const second = add('supernode', ['walrus two.mp3']);
  add('supernode');
  const alice = add('ordinary', ['walrus three.mp3'], { nodes: [first.endpoint] });
  const bob = add('ordinary', ['walrus four.mp3'], { nodes: [second.endpoint] });
  world.runFor(60_000);
  for (const asker of [alice, bob, first, second]) {
    const found = search(asker, 'walrus');
    world.runFor(10_000);
    assert.deepEqual([found.hits.length, found.ended], [3, true], formatEndpoint(asker.endpoint));
  }
});

test('a node that knows nobody comes in by whom it is told of, and remembers others for the next time', () => {
  const { world, add } = network();
  const [first, second] = [add('supernode'), add('supernode')];
  const lost = add('ordinary', [], { nodes: [] });
  world.runFor(30_000);
  assert.equal(lost.protocol.parent.isAttached, false);
  lost.protocol.addNodes([first.endpoint]);
  world.runFor(30_000);
  assert.ok(lost.protocol.parent.isAttached);
  assert.deepEqual(lost.protocol.knownNodes(9).map(formatEndpoint).sort(), [first.endpoint, second.endpoint].map(formatEndpoint).sort());
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOfHex } from '../../../core/hex.ts';
import { NO_HASHES, NO_TAGS } from '../../../wire/shared-file.ts';
import { NapsterRoom, sharedFile } from '../../../../test/napster/worlds.ts';

const WALRUS = 'c:\\music\\walrus polka tape.mp3';
const HEAD = bytesOfHex('b92870e0d41bc8e698cf2f0a1ddfeac7');

for (const mode of ['reference', 'bytes'] as const) {
  test(`a user logs in, shares, is found by words and bounds, and gives the file to who asks (${mode})`, () => {
    const room = new NapsterRoom({ mode });
    const server = room.server();
    const walrus = sharedFile(1, 'walrus polka tape.mp3', {
      tags: { ...NO_TAGS, bitRate: 128, sampleRate: 44_100, seconds: 60 },
      hashes: { ...NO_HASHES, head: HEAD },
    });
    const alice = room.user({ nick: 'alice', linkSpeed: 8 }, [walrus, sharedFile(2, 'orange.mp3'), sharedFile(3, 'walrus.jpg')]);
    const bob = room.user({ nick: 'bob' });
    room.world.runFor(2_000);
    assert.deepEqual([server.protocol.users, server.protocol.files.count], [2, 3]);
    const { hits } = bob.search('walrus tape', { bitRateMin: 100, bitRateMax: 200, kind: 'audio', speedMin: 1_000 });
    assert.equal(hits.length, 1);
    const [hit] = hits;
    assert.deepEqual(hit?.holder, {
      endpoint: null,
      locator: WALRUS,
      id: 'alice',
      firewalled: false,
      busy: false,
      speed: 1_500,
      proxies: [],
    });
    assert.deepEqual([hit?.name, hit?.bytes, hit?.tags.seconds, hit?.hashes.head], ['walrus polka tape.mp3', 250_000, 60, HEAD]);
    assert.equal(bob.search('walrus', { bitRateMin: 200 }).hits.length, 0);
    assert.equal(bob.search('walrus', { without: ['polka'] }).hits.length, 1);
    assert.equal(bob.search('', { words: [], hashes: { ...NO_HASHES, head: HEAD }, bytesMin: 250_000, bytesMax: 250_000 }).hits.length, 1);
    const got = bob.get([{ nick: 'alice', name: WALRUS }]);
    room.world.runFor(5_000);
    assert.deepEqual([got.state, got.bytes], ['done', 250_000]);
    assert.deepEqual([alice.client.uploads.count, alice.client.uploads.done, alice.client.uploads.sentBytes], [0, 1, 250_000]);
    assert.deepEqual([alice.client.droppedMessages, bob.client.droppedMessages], [0, 0]);
  });
}

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeNetwork, hash } from '../../../test/search/fake-network.ts';
import { encodeBencode } from '../../wire/bencode.ts';
import { NO_HASHES } from '../../wire/shared-file.ts';
import type { HeldTransfer } from '../transfers/held-transfer.ts';
import { TORRENT_HUNTS_MAX, TorrentHunts } from './torrent-hunts.ts';

const SHA1 = hash(20, 1);

interface FakeHeld {
  engineState: string;
  readonly offered: string[];
}

/** As much of a transfer as is looked at: it has one file, whose info dictionary says its hash. */
function downloading(): FakeHeld & HeldTransfer {
  const offered: string[] = [];
  const infoBytes = encodeBencode(new Map([['sha1', SHA1]]));
  const metainfo = { files: [{ path: ['a'], length: 1000, pad: false }], private: false, infoBytes };
  const transfer = { torrent: { webSeeds: { offer: (url: string) => offered.push(url) } } };
  return { engineState: 'downloading', metainfo, record: { beside: null }, transfer, offered } as unknown as FakeHeld & HeldTransfer;
}

function world(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout', 'Date'] });
  const network = new FakeNetwork();
  const hunts = new TorrentHunts(() => [network]);
  t.after(() => hunts.close());
  /** Lets so much time pass, in small steps: what is told in one is acted on before the next. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 250) {
      t.mock.timers.tick(250);
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
  };
  return { network, hunts, pass };
}

test('holders of the file of a torrent become its web seeds, once, as long as it is downloaded', async (t) => {
  const { network, hunts, pass } = world(t);
  const held = downloading();
  for (let second = 0; second < 3; second++) hunts.tick([held]);
  assert.deepEqual(
    network.asked.map(({ hashes }) => hashes?.sha1),
    [SHA1],
  );
  network.finds({ hashes: { ...NO_HASHES, sha1: SHA1 } });
  await pass(500);
  assert.deepEqual(held.offered, ['http://10.0.0.1:6346/get/1/walrus']);
  held.engineState = 'seeding';
  hunts.tick([held]);
  assert.equal(network.stopped, 1);
});

test('networks are asked for so many torrents at once and no more, and for the next when one is done', (t) => {
  const { hunts } = world(t);
  const all = Array.from({ length: TORRENT_HUNTS_MAX + 5 }, downloading);
  hunts.tick(all);
  assert.equal(hunts.size, TORRENT_HUNTS_MAX);
  (all[0] as FakeHeld).engineState = 'seeding';
  hunts.tick(all);
  assert.equal(hunts.size, TORRENT_HUNTS_MAX);
  for (const held of all) held.engineState = 'paused';
  hunts.tick(all);
  assert.equal(hunts.size, 0);
});

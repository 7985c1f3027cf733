/** Sharers and fetchers of ours together: queues, parts passed on before the whole is there, other holders told of, and holders who have to dial. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFetcher, addSharer, type Fetching, sharedFile, type Sharer, wayTo } from '../../../test/fixtures/file-world.ts';
import { codecLaws } from '../../../test/codec-laws.ts';
import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import { hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';
import { World } from '../../sim/world.ts';
import type { FirewalledAlternate } from './alternate-locations.ts';
import { type CallBack, callBack } from './call-back.ts';
import { targetOfHashes } from './file-target.ts';
import type { FileTransfers } from './file-transfers.ts';
import type { HolderWay } from './holder-way.ts';
import type { PushKey } from './push-desk.ts';
import { UploadSlots } from './upload-slots.ts';

const MIB = 1 << 20;
const FILE = sharedFile(4 * MIB);
const GUID = new Uint8Array(16).map((_, index) => index);
const SLOW = { upBytesPerSecond: 200_000, downBytesPerSecond: 4_000_000 };

codecLaws(callBack, randomCallBack, {
  captured: {
    'GIV of gtk-gnutella': Buffer.from('GIV 2:0055310225262a37287517167146ec44/file\n\n').toString('hex'),
    'GIVE of FastTrack': Buffer.from('GIVE 12345\r\n').toString('hex'),
    'PUSH of Shareaza': Buffer.from('PUSH guid:0055310225262a37287517167146ec44\r\n\r\n').toString('hex'),
  },
});

function randomCallBack(random: Random): CallBack {
  const guid = random.fill(new Uint8Array(16));
  switch (random.below(4)) {
    case 0:
      return { kind: 'giv', index: random.below(2 ** 31), guid, name: ['a song.mp3', '', 'ü/ö'][random.below(3)] as string };
    case 1:
      return { kind: 'push', guid };
    case 2:
      return { kind: 'give', pushId: random.below(2 ** 31) };
    default:
      return { kind: 'queue', id: `id-${random.below(1000)}`, endpoint: parseEndpoint('1.2.3.4:6346') as Endpoint };
  }
}

function finish(world: World, fetchings: readonly Fetching[], msMax = 300_000): void {
  while (fetchings.some(({ outcome }) => outcome.verification === null) && world.now < msMax) world.runFor(500);
}

test('four who want a file from one with a single slot all get it, each in his turn', () => {
  const world = new World({ seed: 1 });
  const slots = new UploadSlots({ slotsMax: 1, pollSecondsMin: 5, pollSecondsMax: 10 });
  const small = sharedFile(MIB);
  const sharer = addSharer(world, [small], { slots });
  const fetchings = Array.from({ length: 4 }, () => addFetcher(world, small, () => [wayTo(sharer, small)]));
  world.runFor(1_500);
  assert.ok(slots.waitingCount >= 2);
  finish(world, fetchings);
  assert.deepEqual(
    fetchings.map(({ outcome }) => outcome.verification),
    ['parts', 'parts', 'parts', 'parts'],
  );
});

test('two who fetch from a slow holder pass on to each other what they have checked', () => {
  const world = new World({ seed: 1 });
  const sharer = addSharer(world, [FILE], {}, SLOW);
  const fetchings = [0, 1].map(() => addFetcher(world, FILE, () => [wayTo(sharer, FILE)]));
  const [first, second] = fetchings as [Fetching, Fetching];
  world.runFor(4_000);
  world.at(world.now, () => void first.download?.add(wayTo(second.node, FILE)));
  world.at(world.now, () => void second.download?.add(wayTo(first.node, FILE)));
  finish(world, fetchings);
  assert.deepEqual(
    fetchings.map(({ outcome }) => outcome.verification),
    ['parts', 'parts'],
  );
  assert.ok(world.now < 35_000, `${world.now} ms: twice the file takes 42 s from the holder alone`);
  assert.ok(first.node.protocol.uploads.sentBytes > MIB / 2);
});

test('who asks one holder hears of another, and fetches from both', () => {
  const world = new World({ seed: 1 });
  const [first, second] = [0, 1].map(() => addSharer(world, [FILE], {}, SLOW)) as [Sharer, Sharer];
  const sha1 = FILE.hashes.sha1 as Uint8Array;
  world.runFor(100);
  first.protocol.uploads.alternates.learn(sha1, second.endpoint, second.endpoint, 0);
  const fetching = addFetcher(world, FILE, () => [wayTo(first, FILE)]);
  finish(world, [fetching]);
  assert.equal(fetching.outcome.verification, 'parts');
  assert.ok(second.protocol.uploads.sentBytes > MIB);
});

test('who asks one holder hears of one who has to be pushed, fetches from both, and tells the next of him', () => {
  const world = new World({ seed: 1 });
  const [open, hidden] = [0, 1].map(() => addSharer(world, [FILE], {}, SLOW)) as [Sharer, Sharer];
  const sha1 = FILE.hashes.sha1 as Uint8Array;
  const alternate = { guid: GUID, proxies: [open.endpoint] };
  world.runFor(100);
  const asked: string[] = [];
  const pushedWay = (each: FirewalledAlternate): HolderWay => {
    asked.push(`${hexOf(each.guid)} by ${each.proxies.map(formatEndpoint).join()}`);
    return { ...wayTo(hidden, FILE), name: 'pushed', reach: (listener) => wayTo(hidden, FILE).reach(listener), firewalled: each };
  };
  open.protocol.uploads.alternates.learnFirewalled(sha1, alternate, open.endpoint, 0);
  const first = addFetcher(world, FILE, () => [wayTo(open, FILE)], { pushedWay });
  finish(world, [first]);
  assert.deepEqual([first.outcome.verification, asked[0]], ['parts', `${hexOf(GUID)} by ${formatEndpoint(open.endpoint)}`]);
  assert.ok(hidden.protocol.uploads.sentBytes > MIB);
  // Whoever asks the other one hears of him as well, by what the first has said.
  const other = addSharer(world, [FILE], {}, SLOW);
  const ways = (): HolderWay[] => [pushedWay(alternate), wayTo(other, FILE)];
  finish(world, [addFetcher(world, FILE, ways, { pushedWay })], 600_000);
  assert.deepEqual(other.protocol.uploads.alternates.someFirewalled(sha1, open.endpoint, world.now), [alternate]);
});

/** Whom nobody can dial: he dials when the network tells him to. */
function pushWay(
  fetcher: () => FileTransfers,
  holder: Sharer,
  to: () => Endpoint,
  key: PushKey,
  message: CallBack,
  dials: () => boolean,
): HolderWay {
  const ask = { speech: 'http', target: targetOfHashes(FILE.hashes) as string, headers: [] } as const;
  const pusher = { push: () => (dials() ? holder.protocol.uploads.give(to(), message) : true) };
  return { name: 'firewalled', reach: (listener) => fetcher().pushes.way('firewalled', key, pusher, ask).reach(listener) };
}

for (const [network, key, message] of [
  ['Gnutella (GIV)', { guid: GUID }, { kind: 'giv', index: 1, guid: GUID, name: 'file' }],
  ['Gnutella2 (PUSH)', { guid: GUID }, { kind: 'push', guid: GUID }],
  ['FastTrack (GIVE)', { pushId: 77 }, { kind: 'give', pushId: 77 }],
] as const) {
  for (const mode of ['reference', 'bytes'] as const) {
    test(`a holder whom nobody can dial is asked to dial, and brings the file: ${network}, ${mode}`, () => {
      const world = new World({ seed: 1, mode });
      const holder = addSharer(world, [FILE]);
      const fetching: Fetching = addFetcher(world, FILE, () => [
        pushWay(
          () => fetching.node.protocol,
          holder,
          () => fetching.node.endpoint,
          key,
          message,
          () => true,
        ),
      ]);
      finish(world, [fetching], 30_000);
      assert.equal(fetching.outcome.verification, 'parts');
    });
  }
}

test('a push that comes to nothing is given up after a while and tried again, ever more seldom', () => {
  const world = new World({ seed: 1 });
  const holder = addSharer(world, [FILE]);
  let asked = 0;
  const fetching: Fetching = addFetcher(world, FILE, () => [
    pushWay(
      () => fetching.node.protocol,
      holder,
      () => fetching.node.endpoint,
      { guid: GUID },
      { kind: 'push', guid: GUID },
      () => ++asked >= 3,
    ),
  ]);
  finish(world, [fetching], 120_000);
  assert.equal(fetching.outcome.verification, 'parts');
  assert.ok(asked >= 3 && world.now > 50_000, `asked ${asked} times in ${world.now} ms`);
});

test('who dials without having been asked to is let go', () => {
  const world = new World({ seed: 1 });
  const [stranger, host] = [addSharer(world, [FILE]), addSharer(world, [])];
  world.runFor(100);
  world.at(world.now, () => void stranger.protocol.uploads.give(host.endpoint, { kind: 'push', guid: GUID }));
  world.runFor(5_000);
  assert.deepEqual(host.protocol.pushes.inspect(), { waiting: 0, queued: 0 });
  assert.equal((stranger.protocol.uploads.inspect() as { connections: number }).connections, 0);
});

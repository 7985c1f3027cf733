import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FUZZ_INPUTS, SEED } from '../../../test/codec-laws.ts';
import { corrupted, mp3, scrambled } from '../../../test/fasttrack/media.ts';
import { type Network, network, sharedFile } from '../../../test/fasttrack/worlds.ts';
import { mutate } from '../../../test/mutate.ts';
import { latin1, latin1Bytes } from '../../core/bytes.ts';
import type { Fetcher } from '../../core/host.ts';
import { hexOf } from '../../core/hex.ts';
import { Random } from '../../core/random.ts';
import { ED25519 } from '../../net/ed25519.ts';
import { FileJudge } from '../../wire/file-judge.ts';
import type { ListedFiles } from '../../wire/listed-files.ts';
import { NO_HASHES, NO_TAGS, type SharedFile } from '../../wire/shared-file.ts';
import { tigerRootOf } from '../../wire/tiger-tree.ts';
import { UU_SAMPLE_BYTES, UuHash } from '../../wire/uu-hash.ts';
import { type BadHash, BadHashes, type BadReason, publishBadHashes, readBadHashes } from './bad-hashes.ts';

const SECRET = new Uint8Array(32).fill(7);
const PUBLISHER = ED25519.publicKey(SECRET);

function uuHashOf(bytes: Uint8Array): Uint8Array {
  return new UuHash(bytes.length).update(bytes).digest();
}

test('UUHash: a film changed where no sample is has the same size and hash, and the Tiger tree tells them apart', () => {
  const mebibyte = 1 << 20;
  const film = new Random(1).fill(new Uint8Array(5 * mebibyte));
  const poison = film.slice();
  // Samples are the first 300 KiB, those at 1, 2 and 4 MiB, and the last 300 KiB: all between them is noise now.
  const holes = [
    [UU_SAMPLE_BYTES, mebibyte],
    [mebibyte + UU_SAMPLE_BYTES, 2 * mebibyte],
    [2 * mebibyte + UU_SAMPLE_BYTES, 4 * mebibyte],
    [4 * mebibyte + UU_SAMPLE_BYTES, 5 * mebibyte - UU_SAMPLE_BYTES],
  ] as const;
  const noise = new Random(2);
  for (const [from, to] of holes) noise.fill(poison.subarray(from, to));
  const changed = film.reduce((count, byte, at) => count + (byte === poison[at] ? 0 : 1), 0);
  assert.ok(changed > 0.65 * film.length, `${changed} bytes differ`);
  assert.deepEqual(uuHashOf(poison), uuHashOf(film));
  assert.notDeepEqual(tigerRootOf(poison), tigerRootOf(film));
  // A byte in a sample is seen.
  poison[mebibyte] = (film[mebibyte] as number) ^ 1;
  assert.notDeepEqual(uuHashOf(poison), uuHashOf(film));
});

const ENTRIES: readonly BadHash[] = [
  { kind: 'uu', hash: new Uint8Array(20).fill(1), reason: 'truncated' },
  { kind: 'tiger', hash: new Uint8Array(24).fill(2), reason: 'corrupt' },
];

test('a list says what its publisher has signed, and any change of it is no list', () => {
  const bytes = publishBadHashes(ED25519, SECRET, 3, ENTRIES);
  assert.deepEqual(readBadHashes(bytes, ED25519), { publisher: PUBLISHER, serial: 3, entries: ENTRIES });
  assert.match(
    latin1(bytes),
    /^kith bad hashes 1\npublisher [0-9a-f]{64}\nserial 3\nuu 0101\S+ truncated\ntiger 02\S+ corrupt\nsignature \S{128}\n$/,
  );
  for (let at = 0; at < bytes.length; at++) {
    const other = bytes.slice();
    other[at] = (other[at] as number) ^ 1;
    assert.equal(readBadHashes(other, ED25519), null, `byte ${at}`);
    assert.equal(readBadHashes(bytes.subarray(0, at), ED25519), null, `cut at ${at}`);
  }
});

test(`${FUZZ_INPUTS / 10} hostile lists are none, and throw nothing`, () => {
  const random = new Random(SEED, 9);
  const pool = [publishBadHashes(ED25519, SECRET, 3, ENTRIES), publishBadHashes(ED25519, SECRET, 1, [])];
  for (let input = 0; input < FUZZ_INPUTS / 10; input++) {
    const list = readBadHashes(mutate(pool, random), ED25519);
    if (list !== null) assert.ok(pool.some((bytes) => hexOf(readBadHashes(bytes, ED25519)?.publisher ?? bytes) === hexOf(list.publisher)));
  }
});

test('only the newest list of a publisher who is trusted counts', () => {
  const bad = new BadHashes(ED25519, [PUBLISHER]);
  assert.equal(bad.take(publishBadHashes(ED25519, new Uint8Array(32).fill(8), 9, ENTRIES)), false);
  assert.ok(bad.take(publishBadHashes(ED25519, SECRET, 2, ENTRIES)));
  assert.equal(bad.take(publishBadHashes(ED25519, SECRET, 2, [])), false);
  assert.equal(bad.take(publishBadHashes(ED25519, SECRET, 1, [])), false);
  assert.equal(bad.reasonAgainst('uu', new Uint8Array(20).fill(1)), 'truncated');
  assert.equal(bad.reasonAgainst('sha1', new Uint8Array(20).fill(1)), null);
  assert.ok(bad.take(publishBadHashes(ED25519, SECRET, 3, ENTRIES.slice(1))));
  assert.equal(bad.reasonAgainst('uu', new Uint8Array(20).fill(1)), null, 'taken back');
  assert.equal(new BadHashes(null, [PUBLISHER]).take(publishBadHashes(ED25519, SECRET, 2, ENTRIES)), false);
});

// ---- from a bad file to a network without it -------------------------------------------------------------------------------

const SONG = mp3(1_000);
const TAGS = { ...NO_TAGS, title: 'walrus', seconds: 26, bitRate: 128 };
const POISONED: Readonly<Record<BadReason, Uint8Array>> = {
  truncated: SONG.subarray(0, 200_000),
  scrambled: scrambled(SONG, 16_384),
  corrupt: corrupted(SONG, 10_000),
};

function listed(name: string, bytes: Uint8Array): SharedFile {
  const hashes = { ...NO_HASHES, uu: uuHashOf(bytes) };
  return { ...sharedFile(name), bytes: bytes.length, tags: TAGS, hashes };
}

/** Two supernodes; at one of them somebody who shares a good song and its three bad copies, at the other somebody who looks for it. */
function poisoned(fetcher: Fetcher | null): Network & { seen(): string[]; readonly firstNode: Network['nodes'][0] } {
  const net = network({ publishers: [PUBLISHER] }, {}, { signatures: ED25519 });
  const { world, add } = net;
  const urls = fetcher === null ? {} : { badHashUrls: ['http://publisher.example/bad'] };
  const first = add('supernode', [], urls, {}, fetcher === null ? {} : { fetcher });
  const second = add('supernode');
  const mallory = add('ordinary', [], { nodes: [first.endpoint] });
  const files = mallory.protocol.files as ListedFiles;
  files.add({ ...listed('walrus whole.mp3', SONG), id: 1 });
  for (const [index, [reason, bytes]] of Object.entries(POISONED).entries())
    files.add({ ...listed(`walrus ${reason}.mp3`, bytes), id: index + 2 });
  const alice = add('ordinary', [], { nodes: [second.endpoint] });
  world.runFor(60_000);
  return {
    ...net,
    firstNode: first,
    seen() {
      const found = net.search(alice, 'walrus');
      world.runFor(10_000);
      return found.names;
    },
  };
}

const ALL = ['walrus corrupt.mp3', 'walrus scrambled.mp3', 'walrus truncated.mp3', 'walrus whole.mp3'];

/** What somebody who has fetched all of them publishes. */
function judged(): Uint8Array {
  const bad = Object.values(POISONED).flatMap((bytes): BadHash[] => {
    const reason = new FileJudge(bytes.length, TAGS).update(bytes).verdict();
    return reason === 'whole' || reason === 'unknown' ? [] : [{ kind: 'uu', hash: uuHashOf(bytes), reason }];
  });
  return publishBadHashes(ED25519, SECRET, 1, bad);
}

test('truncated, scrambled and corrupt copies are recognised, published, and found by nobody any more', () => {
  assert.deepEqual(
    readBadHashes(judged(), ED25519)?.entries.map(({ reason }) => reason),
    ['truncated', 'scrambled', 'corrupt'],
  );
  const { firstNode, seen, world } = poisoned(null);
  assert.deepEqual(seen(), ALL);
  // The supernode whose child shares them is told; the other, and the children of both, hear it from there.
  assert.ok(firstNode.protocol.takeBadHashes(judged()));
  world.runFor(5_000);
  assert.deepEqual(seen(), ['walrus whole.mp3']);
});

test('a supernode that honours the list passes on no hit of one that does not', () => {
  const net = network({}, {}, { signatures: ED25519 });
  const { world, add } = net;
  const careless = add('supernode');
  const careful = add('supernode', [], { publishers: [PUBLISHER] });
  const mallory = add('ordinary', [], { nodes: [careless.endpoint] });
  (mallory.protocol.files as ListedFiles).add(listed('walrus truncated.mp3', POISONED.truncated));
  const alice = add('ordinary', [], { nodes: [careful.endpoint] });
  const bob = add('ordinary', [], { nodes: [careless.endpoint] });
  world.runFor(60_000);
  careful.protocol.takeBadHashes(judged());
  const [ofAlice, ofBob] = [net.search(alice, 'walrus'), net.search(bob, 'walrus')];
  world.runFor(10_000);
  assert.deepEqual([ofAlice.names, ofBob.names], [[], ['walrus truncated.mp3']]);
});

test('what an owner has found bad himself he does not see any more, nor the children of his supernode; nobody is told of it', () => {
  const { world, add, search } = network({}, {}, { signatures: ED25519 });
  const [one, other] = [add('supernode'), add('supernode')];
  const mallory = add('ordinary', [], { nodes: [one.endpoint] });
  (mallory.protocol.files as ListedFiles).add(listed('walrus truncated.mp3', POISONED.truncated));
  const [alice, bob, carol] = [one, other, other].map(({ endpoint }) => add('ordinary', [], { nodes: [endpoint] }));
  world.runFor(60_000);
  const seen = (): number[] => {
    const finders = [alice, bob, carol].map((each) => search(each as NonNullable<typeof each>, 'walrus'));
    world.runFor(10_000);
    return finders.map(({ names }) => names.length);
  };
  assert.deepEqual(seen(), [1, 1, 1]);
  bob?.protocol.condemn([uuHashOf(POISONED.truncated)]);
  assert.deepEqual(seen(), [1, 0, 1]);
  bob?.protocol.condemn([]);
  one.protocol.condemn([uuHashOf(POISONED.truncated)]);
  assert.deepEqual(seen(), [0, 0, 0]);
});

test('lists are fetched over HTTP, and one that is forged on the way is none', () => {
  const answers = [latin1Bytes(latin1(judged()).replace('truncated', 'corrupt')), judged()];
  const asked: string[] = [];
  const fetcher: Fetcher = {
    fetch(url, _limits, operation) {
      asked.push(url);
      operation.onFetched(200, answers.shift() ?? new Uint8Array(0), '');
    },
  };
  const { seen, world } = poisoned(fetcher);
  assert.deepEqual(seen(), ALL);
  world.runFor(3_600_000);
  assert.deepEqual(seen(), ['walrus whole.mp3']);
  assert.equal(asked.length, 2);
});

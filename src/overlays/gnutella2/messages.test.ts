import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FUZZ_INPUTS, SEED } from '../../../test/codec-laws.ts';
import { zlibCompression } from '../../net/compression.ts';
import {
  GTKG_LNI,
  GTKG_PATCH,
  GTKG_QH2,
  GTKG_RESET,
  MLDONKEY_LNI,
  MLDONKEY_Q2,
  MLDONKEY_QH2,
} from '../../../test/gnutella2/recorded-packets.ts';
import { mutate } from '../../../test/mutate.ts';
import { base32Of } from '../../core/base32.ts';
import { encodeToBytes, MalformedMessage } from '../../core/codec.ts';
import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { ListedFiles } from '../../wire/listed-files.ts';
import { queryHash } from '../../wire/query-routing-hash.ts';
import { NO_HASHES, NO_TAGS, type SharedFile } from '../../wire/shared-file.ts';
import { knownHubsPacket, parseKnownHubs } from './known-hubs.ts';
import { nodeInfoPacket, parseNodeInfo } from './node-info.ts';
import { Packet, packetCodec } from './packet.ts';
import { parseQueryAck, queryAckPacket } from './query-ack.ts';
import { hitPackets, parseHits, passedOn } from './query-hit.ts';
import { keyAnswer, parseKeyAnswer } from './query-keys.ts';
import { answeredTo, parseQuery, queryPacket } from './query.ts';
import { QueryTable } from './query-table.ts';
import { tablePackets, TableReceiver } from './table-packets.ts';
import { hashesOfFiles, Needle } from './table-words.ts';

const GUID = bytesOfHex('000102030405060708090a0b0c0d0e0f') as Uint8Array;
const HUB = at('10.0.0.1:6346');

function at(text: string): Endpoint {
  return parseEndpoint(text) as Endpoint;
}

function recorded(hex: string): Packet {
  const bytes = bytesOfHex(hex) as Uint8Array;
  return packetCodec.decode(bytes, 0, bytes.length);
}

/** As it is on the other side of a connection. */
function sent(packet: Packet): Packet {
  const bytes = encodeToBytes(packetCodec, packet);
  return packetCodec.decode(bytes, 0, bytes.length);
}

function sharedFile(id: number, name: string, hashes: Partial<SharedFile['hashes']> = {}): SharedFile {
  return { id, name, folder: '', bytes: 70_000 * id, modifiedMs: 0, kind: 'audio', tags: NO_TAGS, hashes: { ...NO_HASHES, ...hashes } };
}

// ---- tables ---------------------------------------------------------------------------------------------------------------------

test('QHT: the table of gtk-gnutella has the eleven words of its two files, as ours would', () => {
  const receiver = new TableReceiver(zlibCompression);
  assert.equal(receiver.take(recorded(GTKG_RESET)), false);
  const before: unknown = receiver.table;
  assert.equal(before, null);
  assert.equal(receiver.take(recorded(GTKG_PATCH)), true);
  const files = new ListedFiles([sharedFile(1, 'zebra quilt anthem.mp3'), sharedFile(2, 'zebra notes.txt')]);
  const own = QueryTable.of(hashesOfFiles(files), 14);
  assert.deepEqual([receiver.table?.bits, receiver.table?.count], [14, 11]);
  for (const word of 'zebra zebr quilt quil anthem anthe anth notes note mp3 txt'.split(' ')) {
    assert.ok(receiver.table?.hasHash(queryHash(word)), word);
    assert.ok(own.hasHash(queryHash(word)), word);
  }
});

test('QHT: what has changed is sent as a patch, in parts, deflated where that is shorter', () => {
  const random = new Random(SEED, 1);
  const receiver = new TableReceiver(zlibCompression);
  let before: QueryTable | null = null;
  for (const [bits, count] of [
    [20, 100],
    [20, 150_000],
    [20, 150_010],
    [16, 3],
    [6, 5],
  ] as const) {
    const hashes = Array.from({ length: count }, () => random.u32());
    const table = QueryTable.of(hashes, bits);
    const packets = tablePackets(table, before, zlibCompression);
    const answers = packets.map((packet) => receiver.take(sent(packet)));
    assert.deepEqual(answers.filter(Boolean).length, 1, 'a table changes once');
    assert.equal(receiver.table?.count, table.count);
    for (const hash of hashes.slice(0, 50)) assert.ok(receiver.table?.hasHash(hash));
    before = table;
  }
});

test('QHT: a table of a million slots and few words takes a good kilobyte on the way, and a few bytes here', () => {
  const table = QueryTable.of([1, 2 ** 30, 2 ** 31], 20);
  const bytes = tablePackets(table, null, zlibCompression).reduce((sum, packet) => sum + packetCodec.size(packet), 0);
  assert.ok(bytes < 1_400, `${bytes} bytes`);
  assert.equal(Object.values(table).filter((value) => value instanceof Uint8Array).length, 0, 'no bitmap is kept');
});

test('QHT: tables of any sizes are joined, and nothing is lost by it', () => {
  const random = new Random(SEED, 2);
  const hashes = Array.from({ length: 60 }, () => random.u32());
  const tables = [8, 14, 17, 20].map((bits, index) => QueryTable.of(hashes.slice(15 * index, 15 * index + 15), bits));
  for (const bits of [10, 14, 20]) {
    const joint = QueryTable.union(tables, bits);
    for (const hash of hashes) assert.ok(joint.hasHash(hash), `${bits} bits`);
  }
  assert.equal(QueryTable.union([QueryTable.of([0], 8)], 10).count, 4, 'a slot of a smaller table is four of a larger');
});

test('QHT: parts out of order, of another kind or of more than the table are refused, and a bomb is cut off', () => {
  const reset = new Packet('QHT', Uint8Array.of(0, 0, 64, 0, 0, 1));
  const wrong: readonly (readonly number[])[] = [
    [1, 2, 2, 0, 1, 0],
    [1, 1, 1, 0, 4, 0],
    [1, 1, 1, 2, 1, 0],
    [1, 1, 0, 0, 1, 0],
    [1, 1, 1, 0, 1, ...new Array<number>(4_000).fill(0)],
    [1, 1, 1, 1, 1, 1, 2, 3],
    [7],
  ];
  for (const payload of wrong) {
    const receiver = new TableReceiver(zlibCompression);
    receiver.take(reset);
    assert.throws(() => receiver.take(new Packet('QHT', Uint8Array.from(payload))), MalformedMessage, payload.slice(0, 6).join());
  }
  assert.throws(() => new TableReceiver(zlibCompression).take(new Packet('QHT', Uint8Array.of(1, 1, 1, 0, 1))), /without a table/);
  assert.throws(() => new TableReceiver(zlibCompression).take(new Packet('QHT', Uint8Array.of(0, 0, 0, 0, 1, 1))), /power of two/);
  const receiver = new TableReceiver(zlibCompression);
  receiver.take(reset);
  const [bomb] = tablePackets(QueryTable.of([], 20), null, zlibCompression).slice(1);
  assert.throws(() => receiver.take(bomb as Packet), /a zlib stream of 2048 bytes/);
});

test('a query is passed to whose table has all its words, or its hash', () => {
  const sha1 = new Random(SEED, 4).fill(new Uint8Array(20));
  const table = QueryTable.of(hashesOfFiles(new ListedFiles([sharedFile(1, 'Zebra & Quilt.mp3', { sha1 })])), 20);
  const mayBe = (words: string[], hash?: Uint8Array): boolean => {
    const packet = queryPacket(GUID, { words, limit: 1, ...(hash === undefined ? {} : { hash: { kind: 'sha1', bytes: hash } }) });
    return new Needle(parseQuery(sent(packet)) as NonNullable<ReturnType<typeof parseQuery>>).mayBeIn(table);
  };
  assert.deepEqual(
    [mayBe(['zebra']), mayBe(['quilt', 'zebr']), mayBe(['zebra', 'of']), mayBe(['zebra', 'polka'])],
    [true, true, true, false],
  );
  assert.deepEqual([mayBe([], sha1), mayBe([], new Uint8Array(20))], [true, false]);
  assert.ok(table.hasHash(queryHash(`urn:sha1:${base32Of(sha1)}`)));
});

// ---- what nodes tell of themselves and others -----------------------------------------------------------------------------------

test('LNI: of gtk-gnutella, of mldonkey, and our own', () => {
  const gtkg = parseNodeInfo(recorded(GTKG_LNI));
  assert.deepEqual(
    [gtkg.guid, gtkg.vendor, gtkg.files, gtkg.kilobytes, gtkg.hub],
    ['8d8e31020e37ce92942d84d21c377275', 'GTKG', 2, 294, null],
  );
  assert.equal(formatEndpoint(gtkg.endpoint as Endpoint), '127.0.0.80:6349');
  assert.equal(parseNodeInfo(recorded(MLDONKEY_LNI)).vendor, 'MLDK');
  const facts = { files: 3, kilobytes: 4, hub: { leaves: 5, leavesMax: 300 }, isFirewalled: true };
  const own = parseNodeInfo(sent(nodeInfoPacket(HUB, GUID, facts)));
  assert.deepEqual(own, { endpoint: HUB, guid: hexOf(GUID), vendor: 'KITH', ...facts });
});

test('KHL: neighbours and others, with ages by the clock of the sender', () => {
  const near = { endpoint: HUB, leaves: 3, leavesMax: 9, ageMs: 0 };
  const far = { endpoint: at('10.0.0.2:1'), leaves: 0, leavesMax: 0, ageMs: 90_000 };
  assert.deepEqual(parseKnownHubs(sent(knownHubsPacket([near], [far], 500_000))), [near, far]);
  const many = Array.from({ length: 300 }, () => far);
  assert.equal(parseKnownHubs(sent(knownHubsPacket(many.slice(0, 200), many, 500_000))).length, 100);
});

test('QKA: a key, for whom, and whose', () => {
  assert.deepEqual(parseKeyAnswer(sent(keyAnswer(0xdeadbeef, HUB, at('10.0.0.9:9')))), { key: 0xdeadbeef, hub: at('10.0.0.9:9') });
  assert.equal(parseKeyAnswer(new Packet('QKA')), null);
});

// ---- queries and their answers --------------------------------------------------------------------------------------------------

test('Q2: of mldonkey, and all that ours says', () => {
  const theirs = parseQuery(recorded(MLDONKEY_Q2));
  assert.deepEqual(
    [hexOf(theirs?.guid as Uint8Array), theirs?.words, theirs?.answersTo],
    ['360286c1d84504be834035accc020e8e', ['walrus'], null],
  );
  const hash = { kind: 'tiger', bytes: new Uint8Array(24).fill(3) } as const;
  const packet = queryPacket(GUID, { words: ['björk', 'live'], without: ['remix'], hash, bytesMin: 5, bytesMax: 6_000_000_000, limit: 1 });
  const query = parseQuery(sent(answeredTo(packet, HUB, 0xfedcba98)));
  assert.deepEqual([query?.words, query?.without, query?.hash], [['bjork', 'live'], ['remix'], hash]);
  assert.deepEqual([query?.bytesMin, query?.bytesMax, query?.answersTo, query?.key], [5, 6_000_000_000, HUB, 0xfedcba98]);
  assert.deepEqual(parseQuery(sent(answeredTo(answeredTo(packet, HUB, 1), null)))?.answersTo, null);
  assert.equal(parseQuery(new Packet('Q2', GUID)), null, 'it looks for nothing');
});

test('QA: hubs that are done, hubs to try, and how long to wait', () => {
  const ack = {
    guid: GUID,
    done: [{ endpoint: HUB, leaves: 17 }],
    next: [{ endpoint: at('10.0.0.2:1'), ageMs: 3_000 }],
    retryAfterMs: 120_000,
  };
  assert.deepEqual(parseQueryAck(sent(queryAckPacket(ack, 1_000_000))), ack);
  const short = parseQueryAck(new Packet('QA', GUID, [new Packet('RA', Uint8Array.of(5, 0))]));
  assert.equal(short?.retryAfterMs, 5_000);
});

test('QH2: the two files of gtk-gnutella, with sizes before their names', () => {
  const found = parseHits(recorded(GTKG_QH2));
  assert.deepEqual([hexOf(found?.searchGuid as Uint8Array), found?.holderGuid], [hexOf(GUID), '8d8e31020e37ce92942d84d21c377275']);
  assert.deepEqual(
    found?.hits.map(({ name, bytes, kind }) => [name, bytes, kind]),
    [
      ['zebra quilt anthem.mp3', 300_000, 'audio'],
      ['zebra notes.txt', 1_200, 'document'],
    ],
  );
  const [first] = found?.hits ?? [];
  assert.equal(hexOf(first?.hashes.sha1 as Uint8Array), 'f289a57f30651ca7e7df140b7f76be7a74792f38');
  assert.equal(hexOf(first?.hashes.tiger as Uint8Array), 'b76359dfd4a74c67402ba2b063de084b51e9d550c477f90c');
  assert.equal(first?.holder.locator, `/uri-res/N2R?urn:sha1:${base32Of(first?.hashes.sha1 as Uint8Array)}`);
  assert.equal(formatEndpoint(first?.holder.endpoint as Endpoint), '127.0.0.80:6349');
});

test('QH2: mldonkey tells no size at all', () => {
  const [hit] = parseHits(recorded(MLDONKEY_QH2))?.hits ?? [];
  assert.deepEqual([hit?.name, hit?.bytes], ['walrus polka tape.mp3', 0]);
  assert.equal(hexOf(hit?.hashes.ed2k as Uint8Array), 'a5646c93ab19698abfa97704669f4ca2');
});

test('QH2: what we tell of files is what is read of it, sixteen a packet', () => {
  const sha1 = new Uint8Array(20).fill(1);
  const files = Array.from({ length: 20 }, (_, index) =>
    sharedFile(index + 1, `song ${index}.ogg`, index === 0 ? {} : { sha1, tiger: new Uint8Array(24) }),
  );
  const huge = { ...(files[1] as SharedFile), bytes: 2 ** 40 + 5 };
  const packets = hitPackets(GUID, [...files, huge], { endpoint: HUB, guid: GUID, isFirewalled: true, hubs: [at('10.0.0.2:1')] });
  assert.equal(packets.length, 2);
  const hits = packets.flatMap((packet) => parseHits(sent(packet))?.hits ?? []);
  assert.deepEqual(
    hits.map(({ name, bytes }) => [name, bytes]),
    [...files, huge].map(({ name, bytes }) => [name, bytes]),
  );
  assert.equal(hits[0]?.holder.locator, '/get/1/song%200.ogg');
  assert.deepEqual([hits[0]?.holder.firewalled, hits[0]?.holder.proxies], [true, [at('10.0.0.2:1')]]);
});

test('QH2: it is passed on seven times at most', () => {
  let packet: Packet | null = (
    hitPackets(GUID, [sharedFile(1, 'a')], { endpoint: HUB, guid: GUID, isFirewalled: false, hubs: [] }) as [Packet]
  )[0];
  let hops = 0;
  while (packet !== null && hops < 20) {
    packet = passedOn(packet);
    hops++;
  }
  assert.equal(hops, 8);
});

test(`${FUZZ_INPUTS} hostile packets are read, or are nothing`, () => {
  const random = new Random(SEED, 3);
  const query = answeredTo(queryPacket(GUID, { words: ['a', 'b'], limit: 1, bytesMin: 1 }), HUB, 5);
  const own = [
    query,
    queryAckPacket({ guid: GUID, done: [{ endpoint: HUB, leaves: 1 }], next: [], retryAfterMs: 1 }, 1),
    keyAnswer(1, HUB, HUB),
  ];
  own.push(knownHubsPacket([{ endpoint: HUB, leaves: 1, leavesMax: 2, ageMs: 0 }], [], 1));
  const pool = [
    ...own.map((packet) => encodeToBytes(packetCodec, packet)),
    ...[GTKG_LNI, GTKG_QH2, MLDONKEY_QH2, GTKG_PATCH].map((hex) => bytesOfHex(hex) as Uint8Array),
  ];
  for (let input = 0; input < FUZZ_INPUTS; input++) {
    const bytes = mutate(pool, random);
    try {
      const packet = packetCodec.decode(bytes, 0, bytes.length);
      for (const read of [parseNodeInfo, parseKnownHubs, parseQuery, parseQueryAck, parseHits, parseKeyAnswer]) read(packet);
      const receiver = new TableReceiver(zlibCompression);
      receiver.take(recorded(GTKG_RESET));
      receiver.take(packet);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) assert.fail(`seed ${SEED}: ${hexOf(bytes)} threw ${String(error)}`);
    }
  }
});

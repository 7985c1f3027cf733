import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MalformedMessage } from '../../core/codec.ts';
import { bytesOfHex } from '../../core/hex.ts';
import { Random } from '../../core/random.ts';
import { zlibCompression } from '../../net/compression.ts';
import { NO_HASHES, NO_TAGS, type SharedFile } from '../../wire/shared-file.ts';
import { queryHash } from '../../wire/query-routing-hash.ts';
import { hashesOfFile, hashesOfQuery } from './route-table-hash.ts';
import { RouteTable } from './route-table.ts';
import type { TableMessage } from './route-table-message.ts';
import { IncomingTable, tableMessages } from './table-patch.ts';

function named(name: string, sha1: Uint8Array | null = null): SharedFile {
  return { id: 1, name, folder: '', bytes: 1, modifiedMs: 0, kind: 'audio', tags: NO_TAGS, hashes: { ...NO_HASHES, sha1 } };
}

function slot(word: string, bits: number): number {
  return bits === 0 ? 0 : queryHash(word) >>> (32 - bits);
}

function randomTable(random: Random, bits: number): RouteTable {
  const count = random.chance(0.5) ? random.below(20) : random.below(2 ** bits);
  return RouteTable.ofHashes(
    bits,
    Array.from({ length: count }, () => random.u32()),
  );
}

function received(messages: readonly TableMessage[], into = new IncomingTable()): IncomingTable {
  for (const message of messages) into.take(message, zlibCompression);
  return into;
}

test('QRP, note 8: words have the slots that the specification and gtk-gnutella give them', () => {
  const at13 = { '': 0, eb: 6791, ebc: 7082, ebck: 6698, ebckl: 3179, ebcklm: 3235, ebcklme: 6438, ebcklmen: 1062, ebcklmenq: 3527 };
  for (const [word, expected] of Object.entries(at13)) assert.equal(slot(word, 13), expected, word);
  for (const [word, expected] of Object.entries({ n: 65003, nd: 54193, ndf: 4953, ndfl: 58201, ndflaleme: 45559 }))
    assert.equal(slot(word, 16), expected, word);
  for (const [word, expected] of Object.entries({ ol2j34lj: 318, asdfas23: 503, a3f: 767, '3nja9': 581, '3NJA9': 581, zzzzzzzzzzz: 944 }))
    assert.equal(slot(word, 10), expected, word);
  for (const [word, expected] of Object.entries({ zebra: 9065, quilt: 8133, anthem: 8405, notes: 5933, mp3: 7248, txt: 6962 }))
    assert.equal(slot(word, 14), expected, word);
});

test('two files of gtk-gnutella make the table that gtk-gnutella makes of them', () => {
  const hashes = new Set<number>();
  for (const name of ['zebra quilt anthem.mp3', 'zebra notes.txt']) hashesOfFile(named(name), hashes);
  const table = RouteTable.ofHashes(14, hashes);
  assert.deepEqual([...table.slots()], [1745, 5933, 6431, 6962, 7248, 8133, 8405, 9065, 13846, 14258, 14908]);
});

test('a file is found by its words, by what is cut off their ends, and by its hash; by nothing else', () => {
  const sha1 = bytesOfHex('f28fd57d0ca1d5c578fe140afafeaf02bc727c59') as Uint8Array;
  const hashes = new Set<number>();
  hashesOfFile(named('Éternité Live.mp3', sha1), hashes);
  const table = RouteTable.ofHashes(16, hashes);
  const has = (text: string, urns: string[] = []): boolean => table.mayAnswer(hashesOfQuery({ text, urns }));
  assert.ok(
    has('eternite') && has('LIVE eternite mp3') && has('eternit') && has('') && has('', ['urn:sha1:6KH5K7IMUHK4K6H6CQFPV7VPAK6HE7CZ']),
  );
  assert.ok(!has('eternite studio') && !has('', ['urn:sha1:5KH5K7IMUHK4K6H6CQFPV7VPAK6HE7CZ']));
  assert.ok(!RouteTable.empty(16).mayAnswer(null), 'there is nothing to be found at all');
});

test('words of two letters say nothing, unless there are no others: gtk-gnutella leaves them out of its tables', () => {
  const table = RouteTable.ofHashes(14, [queryHash('zebra')]);
  assert.ok(table.mayAnswer(hashesOfQuery({ text: 'a zebra', urns: [] })));
  assert.ok(!table.mayAnswer(hashesOfQuery({ text: 'a', urns: [] })));
});

test('what is sent after a change makes the old table the new one, compressed or not, with as little as there is to say', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed);
    const bits = random.below(13);
    const compression = random.chance(0.5) ? zlibCompression : null;
    const first = randomTable(random, bits);
    const second = randomTable(random, random.chance(0.8) ? bits : random.below(13));
    const incoming = received(tableMessages(null, first, compression));
    assert.deepEqual([...(incoming.table as RouteTable).slots()], [...first.slots()], `seed ${seed}`);
    const change = tableMessages(first, second, compression);
    assert.deepEqual([...(received(change, incoming).table as RouteTable).slots()], [...second.slots()], `seed ${seed}`);
    assert.deepEqual(tableMessages(second, second, compression), []);
  }
});

test('the patch of a gtk-gnutella leaf is understood', () => {
  const incoming = new IncomingTable();
  incoming.take({ kind: 'reset', slots: 16, infinity: 7 }, null);
  assert.equal(incoming.table, null, 'until it is whole everything is passed on');
  // -6 is a word that has appeared, in four bits; +6 one that has vanished.
  incoming.take({ kind: 'patch', sequence: 1, count: 2, compressor: 0, entryBits: 4, data: Uint8Array.of(0xa0, 0x0f, 0, 0) }, null);
  incoming.take({ kind: 'patch', sequence: 2, count: 2, compressor: 0, entryBits: 4, data: Uint8Array.of(0, 0, 0, 0xaa) }, null);
  assert.deepEqual([...(incoming.table as unknown as RouteTable).slots()], [0, 3, 14, 15]);
  incoming.take({ kind: 'patch', sequence: 1, count: 1, compressor: 0, entryBits: 8, data: Uint8Array.of(6, 0, 0, 0xfa, 0xfa) }, null);
  assert.deepEqual([...(incoming.table as unknown as RouteTable).slots()], [3, 4, 14, 15]);
});

test('a table that has a gap, is too large, or bursts when it is inflated ends the connection', () => {
  const reset: TableMessage = { kind: 'reset', slots: 64, infinity: 2 };
  const patch = (sequence: number, count: number, data: Uint8Array, compressor = 0): TableMessage => ({
    kind: 'patch',
    sequence,
    count,
    compressor,
    entryBits: 4,
    data,
  });
  const wrong: [string, TableMessage[]][] = [
    ['no reset', [patch(1, 1, new Uint8Array(32))]],
    ['a gap', [reset, patch(1, 3, new Uint8Array(4)), patch(3, 3, new Uint8Array(4))]],
    ['another count', [reset, patch(1, 3, new Uint8Array(4)), patch(2, 4, new Uint8Array(4))]],
    ['too long', [reset, patch(1, 2, new Uint8Array(90)), patch(2, 2, new Uint8Array(90))]],
    ['longer than the table', [reset, patch(1, 1, new Uint8Array(40))]],
    ['a bomb', [reset, patch(1, 1, zlibCompression.deflate(new Uint8Array(50_000)), 1)]],
    ['no zlib stream', [reset, patch(1, 1, new Uint8Array(20), 1)]],
    ['2^21 slots', [{ kind: 'reset', slots: 2 ** 21, infinity: 2 }]],
  ];
  for (const [title, messages] of wrong) assert.throws(() => received(messages), MalformedMessage, title);
});

test('what leaves have is in the table that others are told of, whatever the widths are', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    const words = Array.from({ length: 30 }, (_, index) => `word${seed}x${index}`);
    const tables = words.map((word) => RouteTable.ofHashes(4 + random.below(12), [queryHash(word)]));
    const union = RouteTable.union(4 + random.below(12), tables);
    for (const word of words) assert.ok(union.mayAnswer([queryHash(word)]), `seed ${seed}: ${word}`);
  }
});

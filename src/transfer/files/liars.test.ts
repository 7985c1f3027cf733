/** Downloads from holders who lie, in every way that the protocol leaves them: the file is right in the end, and whoever lied is asked no more. KITH_SEEDS=n tries n seeds. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFetcher, addSharer, type Fetching, type Outcome, sharedFile, treeOf, wayTo } from '../../../test/fixtures/file-world.ts';
import { addScriptedServer, type ScriptedConnection, type WebScript } from '../../../test/fixtures/web-world.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { World } from '../../sim/world.ts';
import type { HttpRequest } from '../../wire/http-head.ts';
import type { SharedFile } from '../../wire/shared-file.ts';
import type { BadFiles } from './download-options.ts';
import type { Holder } from './holder.ts';
import { encodeThex } from './thex.ts';

const MIB = 1 << 20;
const FILE = sharedFile(4 * MIB + 1000);
const SEEDS = Number(process.env.KITH_SEEDS ?? 4);
const SLOW = { upBytesPerSecond: 300_000, downBytesPerSecond: 4_000_000 };
const POISON = 7;
/** The same file, of which nobody knows a tree. */
const TREELESS: SharedFile = { ...FILE, hashes: { ...FILE.hashes, tiger: null } };

function finish(world: World, outcome: Outcome, msMax = 240_000): void {
  while (outcome.verification === null && outcome.failure === null && world.now < msMax) world.runFor(500);
}

function holderOf({ download }: Fetching, node: { readonly endpoint: Uint8Array }): Holder {
  const name = wayTo(node, FILE).name;
  const found = [...(download?.holders ?? [])].find((holder) => holder.name === name);
  assert.ok(found !== undefined);
  return found;
}

function rangeOf(request: HttpRequest): { readonly begin: number; readonly end: number } {
  const match = /bytes=(\d+)-(\d+)/.exec(request.headers.get('range') ?? '');
  return { begin: Number(match?.[1]), end: Number(match?.[2]) + 1 };
}

function headFor(request: HttpRequest, change: Readonly<Record<string, string | number>> = {}): Record<string, string | number> {
  const { begin, end } = rangeOf(request);
  return { 'content-length': end - begin, 'content-range': `bytes ${begin}-${end - 1}/${FILE.bytes}`, ...change };
}

/** Each is a holder that would spoil the download of who believes him; why he is asked no more, or null where he only wastes time. */
const LIARS: Readonly<Record<string, readonly [script: WebScript, dropped: RegExp | null]>> = {
  'sends poison': [(connection, request) => connection.serve(request, FILE.bytes, POISON), /wrong/],
  'sends poison after a good beginning': [
    (connection, request, count) => connection.serve(request, FILE.bytes, count <= 2 ? 0 : POISON),
    /wrong/,
  ],
  'sends other bytes than those asked for': [
    (connection, request) =>
      connection.answer(
        206,
        headFor(request, { 'content-range': `bytes 5-${4 + rangeOf(request).end - rangeOf(request).begin}/${FILE.bytes}` }),
        1000,
      ),
    /nobody asked for/,
  ],
  'says that the file is longer': [
    (connection, request) =>
      connection.answer(206, headFor(request, { 'content-range': `bytes 0-9/${FILE.bytes + 1}`, 'content-length': 10 }), 10),
    /a file of/,
  ],
  'says one length and means another': [
    (connection, request) => connection.answer(206, headFor(request, { 'content-length': 100_000_000 }), 100_000),
    /are said to be/,
  ],
  'sends without an end': [
    (connection, request) => connection.answer(200, { 'transfer-encoding': 'identity', ...headFor(request) }, 1000),
    null,
  ],
  'sends chunks for ever': [
    (connection) => {
      connection.answer(200, { 'transfer-encoding': 'chunked' });
      for (let chunk = 0; chunk < 400; chunk++) {
        connection.say('8000\r\n');
        connection.body(0x8000, POISON);
        connection.say('\r\n');
      }
    },
    /wrong/,
  ],
  'breaks off each answer': [
    (connection, request) => {
      connection.answer(206, headFor(request), 5000);
      connection.stream?.end();
    },
    null,
  ],
  'sends a byte now and then': [
    (connection, request) => {
      connection.answer(206, headFor(request), 1);
    },
    null,
  ],
  'says nothing at all': [() => undefined, null],
  'floods with headers': [(connection) => connection.say(`HTTP/1.1 206 OK\r\n${'x-noise: 1\r\n'.repeat(50_000)}\r\n`), null],
  'speaks something else': [(connection) => connection.say('\x13BitTorrent protocol'.repeat(3)), null],
  'forges a tree, and sends poison that fits it': [
    (connection, request) => {
      if (request.target.startsWith('/uri-res/N2X')) return forgedTree(connection);
      const { begin, end } = rangeOf(request);
      connection.answer(206, headFor(request, { 'x-thex-uri': '/uri-res/N2X?urn:sha1:X;Y' }), end - begin, POISON);
    },
    /wrong/,
  ],
  'has another file': [
    (connection, request) =>
      connection.answer(206, headFor(request, { 'x-gnutella-content-urn': 'urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB' }), 10),
    /another file/,
  ],
  'sends who asks around in circles': [(connection) => connection.answer(302, { location: '/again', 'content-length': 0 }), /elsewhere/],
};

function forgedTree(connection: ScriptedConnection): void {
  const { parts, partBytes } = treeOf(FILE.bytes);
  const message = encodeThex(FILE.bytes, { parts: parts.map((byte) => byte ^ 1), partBytes });
  connection.say(`HTTP/1.1 200 OK\r\ncontent-type: application/dime\r\ncontent-length: ${message.length}\r\n\r\n`);
  connection.say(String.fromCharCode(...message));
}

for (const [what, [script, dropped]] of Object.entries(LIARS)) {
  test(`a holder that ${what} spoils nothing`, () => {
    const world = new World({ seed: 1 });
    const liar = addScriptedServer(world, 'liar.sim', script);
    const honest = addSharer(world, [FILE], {}, SLOW);
    const fetching = addFetcher(world, FILE, () => [wayTo(liar, FILE), wayTo(honest, FILE)]);
    finish(world, fetching.outcome);
    assert.deepEqual([fetching.outcome.verification, fetching.outcome.failure], ['parts', null]);
    assert.ok(world.now < 60_000, `${world.now} ms`);
    if (dropped !== null) assert.match(holderOf(fetching, liar).detail, dropped);
    assert.doesNotMatch(holderOf(fetching, honest).detail, /wrong/);
  });
}

/** A file that came without a tree, from an honest and a lying majority or minority. */
function treeless(seed: number, honestCount: number, liarCount: number) {
  const world = new World({ seed });
  const honest = Array.from({ length: honestCount }, () => addSharer(world, [TREELESS], { hasTrees: false }, SLOW));
  const liars = Array.from({ length: liarCount }, () => addSharer(world, [TREELESS], { hasTrees: false }, { ...SLOW, corruptReads: 1 }));
  const reports: string[] = [];
  const badFiles: BadFiles = { isBad: () => false, report: (_hashes, holder) => void reports.push(holder) };
  const all = [...liars, ...honest].map((node) => wayTo(node, TREELESS));
  const fetching = addFetcher(world, TREELESS, () => all, { badFiles });
  const names = (nodes: readonly SimNode[]) => nodes.map((node) => wayTo(node, FILE).name).sort();
  return { world, fetching, reports, liars: names(liars), honest: names(honest) };
}

for (let seed = 1; seed <= SEEDS; seed++) {
  for (const [honestCount, liarCount] of [
    [1, 1],
    [3, 1],
    [2, 2],
  ] as const) {
    test(`without a tree, ${liarCount} of ${honestCount + liarCount} holders lie, and are found out by fetching again (seed ${seed})`, () => {
      const { world, fetching, reports, liars } = treeless(seed, honestCount, liarCount);
      finish(world, fetching.outcome, 900_000);
      assert.deepEqual([fetching.outcome.verification, fetching.outcome.failure], ['whole', null]);
      assert.deepEqual([...reports].sort(), liars);
      assert.ok(fetching.node.bytesDown < 5 * FILE.bytes, `${fetching.node.bytesDown} bytes for ${FILE.bytes}`);
    });
  }

  test(`a disk that corrupts one read in three is found out by the tree, piece by piece (seed ${seed})`, () => {
    const world = new World({ seed });
    const bad = addSharer(world, [FILE], {}, { ...SLOW, corruptReads: 0.3 });
    const good = addSharer(world, [FILE], {}, SLOW);
    const fetching = addFetcher(world, FILE, () => [wayTo(bad, FILE), wayTo(good, FILE)]);
    finish(world, fetching.outcome);
    assert.equal(fetching.outcome.verification, 'parts');
    assert.match(holderOf(fetching, bad).detail, /wrong/);
    assert.doesNotMatch(holderOf(fetching, good).detail, /wrong/);
  });
}

test('a poisoner who is the only one is dropped, and the next holder brings all of it', () => {
  const world = new World({ seed: 1 });
  const liar = addSharer(world, [TREELESS], { hasTrees: false }, { ...SLOW, corruptReads: 1 });
  const honest = addSharer(world, [TREELESS], { hasTrees: false }, SLOW);
  const fetching = addFetcher(world, TREELESS, () => [wayTo(liar, TREELESS)]);
  world.runFor(60_000);
  assert.deepEqual([fetching.outcome.verification, holderOf(fetching, liar).state], [null, 'dropped']);
  world.at(world.now, () => void fetching.download?.add(wayTo(honest, TREELESS)));
  finish(world, fetching.outcome);
  assert.equal(fetching.outcome.verification, 'whole');
});

test('poison that is found in parts that nobody had checked is thrown away when the tree comes', () => {
  const world = new World({ seed: 1 });
  const liar = addSharer(world, [FILE], { hasTrees: false }, { ...SLOW, corruptReads: 1 });
  const late = addSharer(world, [FILE], {}, SLOW);
  const fetching = addFetcher(world, FILE, () => [wayTo(liar, FILE)]);
  world.runFor(7_000);
  assert.ok((fetching.download?.bytesDone ?? 0) > MIB);
  world.at(world.now, () => void fetching.download?.add(wayTo(late, FILE)));
  finish(world, fetching.outcome);
  assert.deepEqual([fetching.outcome.verification, holderOf(fetching, liar).state], ['parts', 'dropped']);
});

test('a file that is on the list of poisoned ones is not begun', () => {
  const world = new World({ seed: 1 });
  const sharer = addSharer(world, [FILE]);
  const badFiles: BadFiles = { isBad: () => true, report: () => undefined };
  const { outcome } = addFetcher(world, FILE, () => [wayTo(sharer, FILE)], { badFiles });
  world.runFor(5_000);
  assert.equal(outcome.failure?.kind, 'bad');
  assert.equal(sharer.protocol.uploads.requests, 0);
});

/** The promises on stores of files that search networks know: pieces that nobody can check when they come, and pieces of a Tiger tree. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ContentHashes, StoreSpec } from '../../src/core/host.ts';
import { TigerTree } from '../../src/wire/tiger-tree.ts';
import type { HostNetwork, Promised } from './harness.ts';
import type { Script } from './script.ts';
import { BLOCK_BYTES, content, openedStore, type Opened, PIECE_BYTES, storeSpec, writePiece } from './store-contents.ts';

const PIECES = 3;
const LENGTH = (PIECES - 1) * PIECE_BYTES + BLOCK_BYTES + 100;

/** The same file without hashes of pieces, and with nodes of its tree, under the keys of the two. */
function specsOf(network: HostNetwork, name: string, bytes: Uint8Array): { readonly loose: StoreSpec; readonly treed: StoreSpec } {
  const spec = { ...storeSpec(network, name, bytes), pieceHashes: new Uint8Array(0) };
  const parts = new TigerTree(bytes.length, 4).update(bytes).digest();
  assert.equal(parts.partBytes, PIECE_BYTES);
  return { loose: { ...spec, provisional: true }, treed: { ...spec, pieceTigers: parts.parts, key: `${spec.key}t` } };
}

function hashesOf(bytes: Uint8Array): ContentHashes {
  const sha1 = createHash('sha1').update(bytes).digest();
  return { sha1, tiger: new TigerTree(bytes.length, 1).update(bytes).digest().root, ed2k: null, uu: null, merkle: null };
}

/** Writes every piece, with a wrong first block in one of them; resolves with what was verified. */
async function fill(network: HostNetwork, script: Script, { store }: Opened, bytes: Uint8Array, wrongPiece: number): Promise<boolean[]> {
  const verdicts: boolean[] = [];
  script.act(() => {
    for (let piece = 0; piece < PIECES; piece++) {
      writePiece(network, store, piece, bytes, piece === wrongPiece ? 0 : -1);
      store.verify(piece, { onVerified: (of, ok) => void (verdicts[of] = ok) });
    }
  });
  await network.until(() => verdicts.filter((verdict) => verdict !== undefined).length === PIECES, 'the verdicts');
  return verdicts;
}

async function matches(network: HostNetwork, script: Script, { store }: Opened, bytes: Uint8Array): Promise<boolean> {
  const answers: boolean[] = [];
  script.act(() => store.match(hashesOf(bytes), { onMatched: (is) => void answers.push(is) }));
  await network.until(() => answers.length === 1, 'the match');
  return answers[0] === true;
}

async function closed(network: HostNetwork, script: Script, { store, handler }: Opened): Promise<void> {
  script.act(() => store.close());
  await network.until(() => handler.closed, 'the close');
}

export function filePromises(promise: Promised): void {
  promise('pieces without hashes are kept as they come, the whole tells, and what is forgotten comes again', 1, async (network, [a]) => {
    const script = a as Script;
    const bytes = content(31, LENGTH);
    const opened = await openedStore(network, script, specsOf(network, 'loose', bytes).loose);
    assert.deepEqual(await fill(network, script, opened, bytes, 1), [true, true, true]);
    assert.equal(await matches(network, script, opened, bytes), false);
    script.act(() => opened.store.forget(1));
    await network.until(() => !opened.store.have.has(1), 'the piece to be forgotten');
    await fill(network, script, opened, bytes, -1);
    assert.equal(await matches(network, script, opened, bytes), true);
  });

  promise('a piece without a hash is not kept before all of it has come', 1, async (network, [a]) => {
    const script = a as Script;
    const bytes = content(32, LENGTH);
    const { store } = await openedStore(network, script, specsOf(network, 'gap', bytes).loose);
    const verdicts: boolean[] = [];
    script.act(() => {
      writePiece(network, store, 0, bytes, -1, PIECE_BYTES - BLOCK_BYTES);
      store.verify(0, { onVerified: (_piece, ok) => void verdicts.push(ok) });
    });
    await network.until(() => verdicts.length === 1, 'the verdict');
    assert.deepEqual([verdicts[0], store.have.has(0)], [false, false]);
  });

  promise('pieces are held to their nodes of the Tiger tree', 1, async (network, [a]) => {
    const script = a as Script;
    const bytes = content(33, LENGTH);
    const opened = await openedStore(network, script, specsOf(network, 'tiger', bytes).treed);
    assert.deepEqual(await fill(network, script, opened, bytes, 1), [true, false, true]);
    assert.deepEqual([opened.store.have.has(1), opened.store.have.count], [false, 2]);
  });

  promise('once there is a tree, what came before it is kept where it is right', 1, async (network, [a]) => {
    const script = a as Script;
    const bytes = content(34, LENGTH);
    const { loose, treed } = specsOf(network, 'adopted', bytes);
    const before = await openedStore(network, script, loose);
    await fill(network, script, before, bytes, 2);
    await closed(network, script, before);
    const { store } = await openedStore(network, script, treed);
    assert.deepEqual(
      [0, 1, 2].map((piece) => store.have.has(piece)),
      [true, true, false],
    );
  });

  promise('pieces without hashes are there again after the store was closed, and all are for who only reads', 1, async (network, [a]) => {
    const script = a as Script;
    const bytes = content(35, LENGTH);
    const { loose } = specsOf(network, 'kept', bytes);
    const first = await openedStore(network, script, loose);
    await fill(network, script, first, bytes, -1);
    await closed(network, script, first);
    const again = await openedStore(network, script, loose);
    assert.equal(again.store.have.full, true);
    await closed(network, script, again);
    const reader = await openedStore(network, script, { ...loose, writable: false });
    assert.equal(reader.store.have.full, true);
  });
}

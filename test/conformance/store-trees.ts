/** The promises on stores whose pieces have trees (BitTorrent v2): files begin pieces, and padding need not come. */

import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import type { Store, StoreFile, StoreSpec } from '../../src/core/host.ts';
import { differingLeaves } from '../../src/core/merkle.ts';
import { pieceRootsOf } from '../merkle-oracle.ts';
import type { HostNetwork, Promised } from './harness.ts';
import type { Script } from './script.ts';
import { BLOCK_BYTES, content, openedStore, PIECE_BYTES, readAll, writePiece } from './store-contents.ts';

const LENGTHS = [2 * PIECE_BYTES + BLOCK_BYTES + 100, 5] as const;
/** Where what has to come of each piece ends in the content. */
const ENDS = [PIECE_BYTES, 2 * PIECE_BYTES, LENGTHS[0], 3 * PIECE_BYTES + LENGTHS[1]] as const;

interface TreeContent {
  readonly bytes: Uint8Array;
  readonly spec: StoreSpec;
}

/** A file of two pieces and a bit and one of five bytes, each filled up to whole pieces; with SHA-1 beside the trees or without. */
function treeContent(network: HostNetwork, name: string, hybrid: boolean): TreeContent {
  const bytes = new Uint8Array(4 * PIECE_BYTES);
  const files: StoreFile[] = [];
  const roots: Uint8Array[] = [];
  let at = 0;
  for (const [index, length] of LENGTHS.entries()) {
    const own = content(index + 40, length);
    bytes.set(own, at);
    roots.push(...pieceRootsOf(own, PIECE_BYTES));
    const padBytes = PIECE_BYTES - (length % PIECE_BYTES);
    at += length + padBytes;
    files.push(fileOf([name, `${index}`], length, false), fileOf([name, '.pad', `${padBytes}`], padBytes, true));
  }
  const hashes = Array.from({ length: 4 }, (_, piece) =>
    hash('sha1', bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES), 'buffer'),
  );
  return {
    bytes,
    spec: {
      location: network.location(name),
      files,
      totalBytes: bytes.length,
      pieceBytes: PIECE_BYTES,
      pieceHashes: hybrid ? Buffer.concat(hashes) : new Uint8Array(0),
      pieceRoots: Buffer.concat(roots),
      key: hash('sha1', name, 'hex'),
      writable: true,
      recheck: 'trust',
    },
  };
}

function fileOf(path: readonly string[], length: number, pad: boolean): StoreFile {
  return { path, length, pad, executable: false, symlink: null };
}

export function treePromises(promise: Promised): void {
  for (const [kind, hybrid] of [
    ['trees', false],
    ['trees and SHA-1', true],
  ] as const) {
    promise(`pieces with ${kind} pass without their padding, which reads as zeros, and are there again`, 1, async (network, [a]) => {
      const script = a as Script;
      const { bytes, spec } = treeContent(network, `padded-${hybrid}`, hybrid);
      const { store, handler } = await openedStore(network, script, spec);
      assert.deepEqual(await fetchAll(network, script, store, bytes), ['0 true', '1 true', '2 true', '3 true']);
      const bodies = await readAll(network, script, store, bytes);
      for (const [block, body] of bodies.entries()) {
        assert.ok(network.isGenuine(body, bytes.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES)), `block ${block}`);
      }
      script.act(() => store.close());
      await network.until(() => handler.closed, 'the close');
      for (const recheck of ['trust', 'check'] as const) {
        const again = await openedStore(network, script, { ...spec, recheck });
        assert.equal(again.store.have.full, true, recheck);
        script.act(() => again.store.close());
        await network.until(() => again.handler.closed, 'the close');
      }
    });
  }

  promise(
    'the leaves of a piece that failed differ from those of the piece that passed in the block that was wrong',
    1,
    async (network, [a]) => {
      const script = a as Script;
      const { bytes, spec } = treeContent(network, 'leaves', false);
      const { store } = await openedStore(network, script, spec);
      const verdicts: boolean[] = [];
      const leaves: Uint8Array[] = [];
      for (const wrongBlock of [1, -1]) {
        script.act(() => {
          writePiece(network, store, 2, bytes, wrongBlock, ENDS[2]);
          store.verify(2, { onVerified: (_piece, ok) => void verdicts.push(ok) });
        });
        await network.until(() => verdicts.length > leaves.length, 'the verdict');
        script.act(() => store.leaves(2, { onLeaves: (_piece, got) => void leaves.push(got) }));
        await network.until(() => leaves.length === verdicts.length, 'the leaves');
      }
      assert.deepEqual(verdicts, [false, true]);
      const [bad, good] = leaves as [Uint8Array, Uint8Array];
      assert.equal(good.length, 2 * 32);
      assert.deepEqual(differingLeaves(bad, good), [1]);
    },
  );

  promise('of a piece with a tree that failed, the wrong block alone has to come again', 1, async (network, [a]) => {
    const script = a as Script;
    const { bytes, spec } = treeContent(network, 'again', true);
    const { store } = await openedStore(network, script, spec);
    const verdicts: boolean[] = [];
    const verdict = { onVerified: (_piece: number, ok: boolean) => void verdicts.push(ok) };
    script.act(() => {
      writePiece(network, store, 0, bytes, 2);
      store.verify(0, verdict);
    });
    await network.until(() => verdicts.length === 1, 'the first verdict');
    script.act(() => {
      store.write(0, 2 * BLOCK_BYTES, network.body(bytes.subarray(2 * BLOCK_BYTES, 3 * BLOCK_BYTES), true));
      store.verify(0, verdict);
    });
    await network.until(() => verdicts.length === 2, 'the second verdict');
    assert.deepEqual(verdicts, [false, true]);
  });
}

async function fetchAll(network: HostNetwork, script: Script, store: Store, bytes: Uint8Array): Promise<string[]> {
  const verdicts: string[] = [];
  script.act(() => {
    for (const [piece, end] of ENDS.entries()) {
      writePiece(network, store, piece, bytes, -1, end);
      store.verify(piece, { onVerified: (got, ok) => void verdicts.push(`${got} ${ok && store.have.has(got)}`) });
    }
  });
  await network.until(() => verdicts.length === ENDS.length, 'the verdicts');
  return verdicts.toSorted();
}

/** Stores and their contents, for the conformance suite. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Body, Store, StoreFailure, StoreHandler, StoreSpec } from '../../src/core/host.ts';
import type { HostNetwork } from './harness.ts';
import type { Script } from './script.ts';

export const BLOCK_BYTES = 16_384;
export const PIECE_BYTES = 4 * BLOCK_BYTES;

export class StoreRecorder implements StoreHandler {
  readies = 0;
  progress = 0;
  drains = 0;
  failure: StoreFailure | null = null;
  closed = false;

  onStoreReady(): void {
    this.readies++;
  }

  onStoreProgress(checkedBytes: number): void {
    this.progress = checkedBytes;
  }

  onStoreDrain(): void {
    this.drains++;
  }

  onStoreFailed(failure: StoreFailure): void {
    this.failure = failure;
  }

  onStoreClosed(): void {
    this.closed = true;
  }
}

/** Content that differs from block to block and from seed to seed. */
export function content(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (seed * 37 + at * 7 + (at >> 8) * 13 + (at >> 14) * 29) & 0xff;
  return bytes;
}

export function storeSpec(network: HostNetwork, name: string, bytes: Uint8Array): StoreSpec {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    hashes.push(
      createHash('sha1')
        .update(bytes.subarray(at, at + PIECE_BYTES))
        .digest(),
    );
  }
  return {
    location: network.location(name),
    files: [{ path: [`${name}.bin`], length: bytes.length, pad: false, executable: false, symlink: null }],
    totalBytes: bytes.length,
    pieceBytes: PIECE_BYTES,
    pieceHashes: Buffer.concat(hashes),
    pieceRoots: null,
    key: createHash('sha1').update(name).digest('hex'),
    writable: true,
    recheck: 'trust',
  };
}

export interface Opened {
  readonly store: Store;
  readonly handler: StoreRecorder;
}

export async function openedStore(network: HostNetwork, script: Script, spec: StoreSpec): Promise<Opened> {
  const handler = new StoreRecorder();
  let store: Store | null = null;
  script.act((host) => {
    store = host.openStore(spec, handler);
    assert.equal(handler.readies, 0, 'ready from inside openStore');
  });
  await network.until(() => handler.readies === 1 || handler.failure !== null, 'the store to open');
  assert.equal(handler.failure, null);
  return { store: store as unknown as Store, handler };
}

/** A store with all of the content verified. */
export async function filledStore(network: HostNetwork, script: Script, name: string, bytes: Uint8Array): Promise<Opened> {
  const opened = await openedStore(network, script, storeSpec(network, name, bytes));
  const pieces = Array.from({ length: Math.ceil(bytes.length / PIECE_BYTES) }, (_, piece) => piece);
  await writeAndVerify(network, script, opened.store, bytes, pieces);
  return opened;
}

export async function writeAndVerify(
  network: HostNetwork,
  script: Script,
  store: Store,
  bytes: Uint8Array,
  pieces: readonly number[],
): Promise<void> {
  const verdicts: string[] = [];
  script.act(() => {
    for (const piece of pieces) {
      writePiece(network, store, piece, bytes, -1);
      store.verify(piece, { onVerified: (got, ok) => void verdicts.push(`${got} ${ok} ${store.have.has(got)}`) });
    }
  });
  await network.until(() => verdicts.length === pieces.length, 'the verdicts');
  assert.deepEqual(verdicts.toSorted(), pieces.map((piece) => `${piece} true true`).toSorted());
}

/** Writes the blocks of a piece, one of them wrong; all of them up to `end`. */
export function writePiece(
  network: HostNetwork,
  store: Store,
  piece: number,
  bytes: Uint8Array,
  wrongBlock: number,
  end = Math.min(bytes.length, (piece + 1) * PIECE_BYTES),
): void {
  for (let at = piece * PIECE_BYTES; at < end; at += BLOCK_BYTES) {
    const offset = at - piece * PIECE_BYTES;
    const genuine = offset / BLOCK_BYTES !== wrongBlock;
    store.write(piece, offset, network.body(bytes.subarray(at, Math.min(end, at + BLOCK_BYTES)), genuine));
  }
}

/** Every block of the content, as the store gives it. */
export async function readAll(network: HostNetwork, script: Script, store: Store, bytes: Uint8Array): Promise<Body[]> {
  const bodies: Body[] = [];
  const count = Math.ceil(bytes.length / BLOCK_BYTES);
  script.act(() => {
    for (let block = 0; block < count; block++) {
      const at = block * BLOCK_BYTES;
      store.read(Math.floor(at / PIECE_BYTES), at % PIECE_BYTES, Math.min(BLOCK_BYTES, bytes.length - at), {
        onRead(_piece, _offset, body) {
          assert.notEqual(body, null);
          bodies.push(body as Body);
        },
      });
    }
  });
  await network.until(() => bodies.length === count, 'every block');
  return bodies;
}

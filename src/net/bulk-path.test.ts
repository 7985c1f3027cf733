/** Bodies of a store on their way through streams: their bytes stay right while buffers are used again underneath. */

import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type BlockHead, type BlockMessage, blockFraming, blockHead } from '../../test/fixtures/block-framing.ts';
import type { Body, Endpoint, Store, StoreSpec, Stream, StreamHandler } from '../core/host.ts';
import { Random } from '../core/random.ts';
import { SocketHost } from './socket-host.ts';

const BLOCK_BYTES = 16 << 10;
const PIECE_BYTES = 256 << 10;
const TOTAL_BYTES = 48 << 20;
const BLOCKS = TOTAL_BYTES / BLOCK_BYTES;

/** Content in which each block says where it belongs. */
function content(): Uint8Array {
  const words = new Uint32Array(TOTAL_BYTES / 4);
  for (let index = 0; index < words.length; index++) words[index] = index;
  return new Uint8Array(words.buffer);
}

class Taker implements StreamHandler<BlockMessage, BlockHead> {
  stream: Stream | null = null;
  blocks = 0;
  wrong = 0;
  onBlock: () => void = () => {};
  private block = new Uint8Array(BLOCK_BYTES);
  onOpen(stream: Stream): void {
    this.stream = stream;
    stream.pause();
  }
  onMessage(): void {}
  onBulk(head: BlockHead, body: Body, offset: number): void {
    this.block.set(body as Uint8Array, offset);
    if (offset + body.length < head.length) return;
    const first = (head.piece * PIECE_BYTES + head.offset) / 4;
    const words = new Uint32Array(this.block.buffer);
    if (!words.every((word, index) => word === first + index)) this.wrong++;
    this.blocks++;
    this.onBlock();
  }
  onDrain(): void {}
  onEnd(): void {}
  onClose(): void {}
}

test('slow receivers get the right bytes while the whole content is read for fast ones', async (t) => {
  const seed = Date.now() % 1e6;
  const random = new Random(seed);
  const folder = mkdtempSync(join(tmpdir(), 'kith-bulk-'));
  const server = new SocketHost({ address: '127.0.0.1' });
  const client = new SocketHost({ address: '127.0.0.1' });
  t.after(async () => {
    await Promise.all([server.close(), client.close()]);
    rmSync(folder, { recursive: true, force: true });
  });
  await Promise.all([server.open(), client.open()]);
  const store = await seeded(server, folder);

  const streams: Stream[] = [];
  const opened = new Promise<void>((resolve) => {
    server.listen(blockFraming, {
      onConnection: () => {
        const taker = new Taker();
        taker.onOpen = (stream) => streams.push(stream) === 4 && resolve();
        return taker;
      },
    });
  });
  const takers = Array.from({ length: 4 }, () => new Taker());
  for (const taker of takers) client.connect(client.peer(server.self.stream as Endpoint), blockFraming, taker);
  await opened;

  let sent = 0;
  await new Promise<void>((resolve) => {
    const total = BLOCKS + 3 * 400;
    const send = (stream: Stream, block: number): void => {
      const piece = Math.floor((block * BLOCK_BYTES) / PIECE_BYTES);
      store.read(piece, (block * BLOCK_BYTES) % PIECE_BYTES, BLOCK_BYTES, {
        onRead(_piece, offset, body) {
          stream.sendBulk(blockHead, { piece, offset, length: BLOCK_BYTES }, body as Body);
          if (++sent === total) resolve();
        },
      });
    };
    // Three streams get 400 blocks from anywhere and take none at first; the fourth gets everything, in order.
    for (const stream of streams.slice(1)) for (let count = 0; count < 400; count++) send(stream, random.below(BLOCKS));
    for (let block = 0; block < BLOCKS; block++) send(streams[0] as Stream, block);
  });
  // Which taker has which stream is not known: all go on now.
  await new Promise<void>((resolve) => {
    for (const taker of takers) {
      taker.onBlock = () => takers.reduce((sum, { blocks }) => sum + blocks, 0) === BLOCKS + 1200 && resolve();
      taker.stream?.resume();
    }
  });
  assert.deepEqual(
    takers.map(({ wrong }) => wrong),
    [0, 0, 0, 0],
    `seed ${seed}`,
  );
});

function seeded(host: SocketHost, folder: string): Promise<Store> {
  const bytes = content();
  writeFileSync(join(folder, 'content'), bytes);
  const pieceHashes = new Uint8Array((TOTAL_BYTES / PIECE_BYTES) * 20);
  for (let piece = 0; piece * PIECE_BYTES < TOTAL_BYTES; piece++) {
    pieceHashes.set(hash('sha1', bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES), 'buffer'), piece * 20);
  }
  const file = { path: ['content'], length: TOTAL_BYTES, pad: false, executable: false, symlink: null };
  const spec: StoreSpec = {
    location: folder,
    files: [file],
    totalBytes: TOTAL_BYTES,
    pieceBytes: PIECE_BYTES,
    pieceHashes,
    pieceRoots: null,
    key: 'bulk',
    writable: false,
    recheck: 'trust',
  };
  return new Promise((resolve, reject) => {
    const store: Store = host.openStore(spec, {
      onStoreReady: () => resolve(store),
      onStoreFailed: (failure) => reject(new Error(failure.message)),
      onStoreProgress: () => {},
      onStoreDrain: () => {},
      onStoreClosed: () => {},
    });
  });
}

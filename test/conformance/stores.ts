/** The promises on stores. */

import assert from 'node:assert/strict';
import type { Promised } from './harness.ts';
import type { Script } from './script.ts';
import {
  BLOCK_BYTES,
  content,
  filledStore,
  openedStore,
  PIECE_BYTES,
  StoreRecorder,
  storeSpec,
  writeAndVerify,
  writePiece,
} from './store-contents.ts';

export function storePromises(promise: Promised): void {
  promise('blocks that are written and verified are there and read back, in the order asked for', 1, async (network, [a]) => {
    const script = a as Script;
    const bytes = content(1, 2 * PIECE_BYTES + 1000);
    const { store } = await filledStore(network, script, 'written', bytes);
    assert.equal(store.have.full, true);
    const reads: string[] = [];
    let inside = false;
    script.act(() => {
      inside = true;
      for (const [piece, offset, length] of [
        [2, 0, 1000],
        [0, 100, 5000],
        [1, BLOCK_BYTES, BLOCK_BYTES],
        [0, 0, BLOCK_BYTES],
      ] as const) {
        store.read(piece, offset, length, {
          onRead(gotPiece, gotOffset, body) {
            assert.ok(!inside);
            const begin = gotPiece * PIECE_BYTES + gotOffset;
            const genuine = body !== null && body.length === length && network.isGenuine(body, bytes.subarray(begin, begin + length));
            reads.push(`${gotPiece}+${gotOffset} ${genuine}`);
          },
        });
      }
      inside = false;
    });
    await network.until(() => reads.length === 4, 'four reads');
    assert.deepEqual(reads, ['2+0 true', '0+100 true', `1+${BLOCK_BYTES} true`, '0+0 true']);
  });

  promise('a slice at a time is as good as whole blocks', 1, async (network, [a]) => {
    const script = a as Script;
    const bytes = content(2, PIECE_BYTES);
    const { store } = await openedStore(network, script, storeSpec(network, 'slices', bytes));
    const verified: boolean[] = [];
    script.act(() => {
      for (let at = 0; at < bytes.length; at += 1460) {
        // Slices end where their block does, as blocks of the wire do.
        const blockEnd = Math.min(bytes.length, (Math.floor(at / BLOCK_BYTES) + 1) * BLOCK_BYTES);
        const end = Math.min(blockEnd, at + 1460);
        store.write(0, at, network.body(bytes.subarray(at, end), true));
        if (end === blockEnd) at = blockEnd - 1460;
      }
      store.verify(0, { onVerified: (_piece, ok) => void verified.push(ok) });
    });
    await network.until(() => verified.length === 1, 'the verdict');
    assert.deepEqual(verified, [true]);
  });

  promise('a piece with a wrong block fails, is not kept, and its fingerprints tell which block it was', 1, async (network, [a]) => {
    const script = a as Script;
    const bytes = content(3, PIECE_BYTES);
    const { store } = await openedStore(network, script, storeSpec(network, 'wrong', bytes));
    const verdicts: boolean[] = [];
    const prints: (readonly string[])[] = [];
    const verdict = { onVerified: (_piece: number, ok: boolean) => void verdicts.push(ok) };
    const print = { onFingerprints: (_piece: number, got: readonly string[]) => void prints.push(got) };
    script.act(() => {
      writePiece(network, store, 0, bytes, 2);
      store.verify(0, verdict);
    });
    await network.until(() => verdicts.length === 1, 'the first verdict');
    assert.equal(store.have.has(0), false);
    script.act(() => store.fingerprints(0, print));
    await network.until(() => prints.length === 1, 'fingerprints');
    script.act(() => {
      store.discard(0);
      writePiece(network, store, 0, bytes, -1);
      store.verify(0, verdict);
    });
    await network.until(() => verdicts.length === 2, 'the second verdict');
    script.act(() => store.fingerprints(0, print));
    await network.until(() => prints.length === 2, 'fingerprints again');
    assert.deepEqual(verdicts, [false, true]);
    assert.equal(store.have.has(0), true);
    const [bad, good] = prints as [readonly string[], readonly string[]];
    assert.equal(bad.length, PIECE_BYTES / BLOCK_BYTES);
    assert.deepEqual(
      bad.map((fingerprint, block) => fingerprint === good[block]),
      [true, true, false, true],
    );
  });

  promise('discarded blocks do not count', 1, async (network, [a]) => {
    const script = a as Script;
    const bytes = content(4, PIECE_BYTES);
    const { store } = await openedStore(network, script, storeSpec(network, 'discarded', bytes));
    const verdicts: boolean[] = [];
    script.act(() => {
      writePiece(network, store, 0, bytes, -1);
      store.discard(0);
      store.write(0, 0, network.body(bytes.subarray(0, BLOCK_BYTES), true));
      store.verify(0, { onVerified: (_piece, ok) => void verdicts.push(ok) });
    });
    await network.until(() => verdicts.length === 1, 'the verdict');
    assert.deepEqual(verdicts, [false]);
  });

  promise('a store that is opened again has what was verified', 1, async (network, [a]) => {
    const script = a as Script;
    const bytes = content(6, 3 * PIECE_BYTES);
    const spec = storeSpec(network, 'again', bytes);
    const first = await openedStore(network, script, spec);
    await writeAndVerify(network, script, first.store, bytes, [0, 2]);
    script.act(() => first.store.close());
    await network.until(() => first.handler.closed, 'the close');
    for (const recheck of ['trust', 'check'] as const) {
      const again = await openedStore(network, script, { ...spec, recheck });
      assert.deepEqual(
        [0, 1, 2].map((piece) => again.store.have.has(piece)),
        [true, false, true],
        recheck,
      );
      if (recheck === 'check') assert.ok(again.handler.progress > 0);
      script.act(() => again.store.close());
      await network.until(() => again.handler.closed, 'the close');
    }
  });

  promise('a recheck finds the same pieces and ends with onStoreReady', 1, async (network, [a]) => {
    const script = a as Script;
    const bytes = content(7, 3 * PIECE_BYTES);
    const { store, handler } = await openedStore(network, script, storeSpec(network, 'recheck', bytes));
    await writeAndVerify(network, script, store, bytes, [1]);
    script.act(() => store.recheck());
    await network.until(() => handler.readies === 2, 'the second onStoreReady');
    assert.deepEqual(
      [0, 1, 2].map((piece) => store.have.has(piece)),
      [false, true, false],
    );
  });

  promise('content that is only to be read and is not there fails as missing', 1, async (network, [a]) => {
    const handler = new StoreRecorder();
    const spec = { ...storeSpec(network, 'nothing', content(8, PIECE_BYTES)), writable: false };
    (a as Script).act((host) => void host.openStore(spec, handler));
    await network.until(() => handler.failure !== null, 'the failure');
    assert.equal(handler.failure?.kind, 'missing');
    assert.equal(handler.readies, 0);
  });
}

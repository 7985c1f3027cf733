/** The promises on streams that are enciphered, and on the bytes that come before there are frames. */

import assert from 'node:assert/strict';
import { encodeToBytes } from '../../src/core/codec.ts';
import type { Body, Stream } from '../../src/core/host.ts';
import { RawBytes, rawBytes } from '../../src/core/raw-bytes.ts';
import { Rc4 } from '../../src/core/rc4.ts';
import { noteCodec, parcelCodec } from '../notes-protocol.ts';
import type { HostNetwork, Promised } from './harness.ts';
import type { Script } from './script.ts';
import { BLOCK_BYTES, content, filledStore, PIECE_BYTES, readAll } from './store-contents.ts';
import { dial, type Recorder } from './stream-recorder.ts';

/** The same on both sides. */
function cipher(): Rc4 {
  return new Rc4(Uint8Array.of(1, 2, 3), 0);
}

function parcelsAreGenuine(network: HostNetwork, { slices }: Recorder, bytes: Uint8Array): boolean {
  return slices.every(({ tag, offset, body }) => {
    const at = tag * BLOCK_BYTES + offset;
    return network.isGenuine(body, bytes.subarray(at, at + body.length));
  });
}

function sayParcels(stream: Stream, blocks: readonly Body[]): void {
  for (const [tag, body] of blocks.entries()) stream.sendBulk(parcelCodec, { tag, length: body.length }, body);
}

export function cipherPromises(promise: Promised): void {
  promise(
    'what is sent after encipher is deciphered from where the framing stopped, and what was queued before is not',
    2,
    async (network, scripts) => {
      const bytes = content(9, 2 * PIECE_BYTES + 777);
      const { store } = await filledStore(network, scripts[0] as Script, 'ciphered', bytes);
      const [near, far] = await dial(network, scripts);
      const blocks = await readAll(network, scripts[0] as Script, store, bytes);
      far.decipherAfter = { text: 'now', cipher: cipher() };
      (scripts[0] as Script).act(() => {
        const stream = near.stream as Stream;
        stream.send(noteCodec, { text: 'plain' });
        stream.send(noteCodec, { text: 'now' });
        stream.encipher(cipher());
        stream.send(noteCodec, { text: 'x'.repeat(40_000) });
        sayParcels(stream, blocks);
        stream.send(noteCodec, { text: 'last' });
      });
      await network.until(() => far.log.at(-1) === 'last', 'the last note');
      const parcels = blocks.map((body, tag) => `parcel ${tag} of ${body.length}`);
      assert.deepEqual(far.log, ['open', 'plain', 'now', 'x'.repeat(40_000), ...parcels, 'last']);
      assert.ok(parcelsAreGenuine(network, far, bytes));
    },
  );

  promise('a body that is enciphered for one stream leaves unchanged on another', 3, async (network, scripts) => {
    const bytes = content(10, PIECE_BYTES);
    const { store } = await filledStore(network, scripts[0] as Script, 'shared', bytes);
    const [secret, one] = await dial(network, scripts.slice(0, 2));
    const [open, two] = await dial(network, [scripts[0] as Script, scripts[2] as Script], undefined, 2);
    one.decipherAfter = { text: 'now', cipher: cipher() };
    const blocks = await readAll(network, scripts[0] as Script, store, bytes);
    (scripts[0] as Script).act(() => {
      secret.stream?.send(noteCodec, { text: 'now' });
      secret.stream?.encipher(cipher());
      sayParcels(secret.stream as Stream, blocks);
      sayParcels(open.stream as Stream, blocks);
    });
    const whole = (recorder: Recorder): boolean => recorder.log.at(-1) === `parcel ${blocks.length - 1} of ${BLOCK_BYTES}`;
    await network.until(() => whole(one) && whole(two), 'the parcels');
    assert.ok(parcelsAreGenuine(network, one, bytes) && parcelsAreGenuine(network, two, bytes));
  });

  promise('who pauses in the middle of what is enciphered gets the rest deciphered once', 2, async (network, scripts) => {
    const [near, far] = await dial(network, scripts);
    far.decipherAfter = { text: 'now', cipher: cipher() };
    far.pauseAt = 'now';
    (scripts[0] as Script).act(() => {
      near.stream?.send(noteCodec, { text: 'now' });
      near.stream?.encipher(cipher());
      for (let count = 0; count < 200; count++) near.stream?.send(noteCodec, { text: `n${count}` });
    });
    for (const text of ['n3', 'n100', 'none']) {
      await network.until(() => far.pauseAt === null, 'a pause');
      await network.pass(20);
      far.pauseAt = text;
      (scripts[1] as Script).act(() => far.stream?.resume());
    }
    await network.until(() => far.log.length === 202, 'all notes');
    assert.deepEqual(
      far.log.slice(2),
      [...Array(200).keys()].map((count) => `n${count}`),
    );
  });

  promise('a stream that is deciphered while it is paused has what it kept deciphered too', 2, async (network, scripts) => {
    const [near, far] = await dial(network, scripts);
    far.pauseAt = 'now';
    (scripts[0] as Script).act(() => {
      near.stream?.send(noteCodec, { text: 'now' });
      near.stream?.encipher(cipher());
      for (let count = 0; count < 50; count++) near.stream?.send(noteCodec, { text: `n${count}` });
    });
    await network.until(() => far.pauseAt === null, 'the pause');
    await network.pass(20);
    (scripts[1] as Script).act(() => {
      far.decipher(cipher());
      far.stream?.resume();
    });
    await network.until(() => far.log.length === 52, 'all notes');
    assert.deepEqual(
      far.log.slice(2),
      [...Array(50).keys()].map((count) => `n${count}`),
    );
  });

  promise('encipher with null sends as it is again', 2, async (network, scripts) => {
    const [near, far] = await dial(network, scripts);
    (scripts[0] as Script).act(() => {
      near.stream?.encipher(cipher());
      near.stream?.encipher(null);
      near.stream?.send(noteCodec, { text: 'plain again' });
    });
    await network.until(() => far.log.includes('plain again'), 'the note');
  });

  promise(
    'what is enciphered and not deciphered is no frame',
    2,
    async (network, scripts) => {
      const [near, far] = await dial(network, scripts);
      (scripts[0] as Script).act(() => {
        near.stream?.encipher(cipher());
        near.stream?.send(noteCodec, { text: 'secret' });
      });
      await network.until(() => far.closed !== null, 'the close');
      assert.deepEqual([far.closed, far.log], ['malformed', ['open']]);
    },
    true,
  );

  promise('raw bytes go through the framing of the receiver, in whatever pieces they are sent', 2, async (network, scripts) => {
    const [near, far] = await dial(network, scripts);
    const bytes = encodeToBytes(noteCodec, { text: 'cut in two' });
    (scripts[0] as Script).act(() => {
      for (const [from, to] of [
        [0, 5],
        [5, bytes.length],
      ] as const) {
        near.stream?.send(rawBytes, new RawBytes(bytes.slice(from, to)));
      }
      near.stream?.send(noteCodec, { text: 'whole' });
      near.stream?.send(rawBytes, new RawBytes(Uint8Array.of(77)));
    });
    await network.until(() => far.closed !== null, 'the close');
    assert.deepEqual([far.closed, far.log], ['malformed', ['open', 'cut in two', 'whole']]);
  });
}

/** The promises on streams. */

import assert from 'node:assert/strict';
import { HostEvent } from '../../src/core/events.ts';
import { type Stream, STREAM_QUEUE_BYTES } from '../../src/core/host.ts';
import { lineCodec, noteCodec, notes, parcelCodec, rawCodec } from '../notes-protocol.ts';
import type { Promised } from './harness.ts';
import type { Script } from './script.ts';
import { BLOCK_BYTES, content, filledStore, PIECE_BYTES, readAll } from './store-contents.ts';
import { dial, listenWith, Recorder } from './stream-recorder.ts';

export function streamPromises(promise: Promised): void {
  promise('both ends open, messages come in order, and those sent before onOpen come first', 2, async (network, scripts) => {
    const [near, far] = await dial(network, scripts, (stream) => {
      stream.send(noteCodec, { text: 'before' });
      stream.send(noteCodec, { text: 'before too' });
    });
    assert.equal(near.stream?.incoming, false);
    assert.equal(far.stream?.incoming, true);
    near.stream?.send(noteCodec, { text: '' });
    for (let count = 0; count < 100; count++) near.stream?.send(noteCodec, { text: `n${count}` });
    far.stream?.send(noteCodec, { text: 'and back' });
    await network.until(() => far.log.length === 104 && near.log.length === 2, 'all messages');
    assert.deepEqual(far.log.slice(0, 5), ['open', 'before', 'before too', '', 'n0']);
    assert.deepEqual(near.log, ['open', 'and back']);
  });

  promise('nothing is called back from inside connect, send, resume or reset', 2, async (network, [a, b]) => {
    const far = new Recorder();
    listenWith(b as Script, far);
    await network.pass(1);
    const near = new Recorder();
    near.replyTo = 'ping';
    far.replyTo = 'ping';
    (a as Script).act((host) => {
      near.forbidden = true;
      const stream = host.connect(host.peer(network.endpointOf(1)), notes, near);
      stream.send(noteCodec, { text: 'ping' });
      stream.pause();
      stream.resume();
      near.forbidden = false;
    });
    await network.until(() => near.log.length === 2, 'the answer');
    (a as Script).act(() => {
      near.forbidden = true;
      near.stream?.pause();
      near.stream?.resume();
      near.stream?.send(noteCodec, { text: 'ping' });
      near.stream?.reset();
      near.forbidden = false;
    });
    await network.until(() => near.closed !== null, 'the close');
    assert.equal(near.closed, 'local');
  });

  promise('a parcel comes in slices that follow one another, and notes around it keep their place', 2, async (network, scripts) => {
    const bytes = content(5, 3 * PIECE_BYTES + 777);
    const { store } = await filledStore(network, scripts[0] as Script, 'parcels', bytes);
    const [near, far] = await dial(network, scripts);
    const blocks = await readAll(network, scripts[0] as Script, store, bytes);
    (scripts[0] as Script).act(() => {
      near.stream?.send(noteCodec, { text: 'first' });
      for (const [tag, body] of blocks.entries()) near.stream?.sendBulk(parcelCodec, { tag, length: body.length }, body);
      near.stream?.send(noteCodec, { text: 'last' });
    });
    await network.until(() => far.log.at(-1) === 'last', 'the last note');
    assert.deepEqual(far.log, ['open', 'first', ...blocks.map((body, tag) => `parcel ${tag} of ${body.length}`), 'last']);
    assert.ok(
      far.slices.every(({ tag, offset, body }) =>
        network.isGenuine(body, bytes.subarray(tag * BLOCK_BYTES + offset, tag * BLOCK_BYTES + offset + body.length)),
      ),
    );
  });

  promise('a slice can be cut, and its parts are what the bytes there are', 2, async (network, scripts) => {
    const bytes = content(6, PIECE_BYTES);
    const { store } = await filledStore(network, scripts[0] as Script, 'cut parcels', bytes);
    const [near, far] = await dial(network, scripts);
    const [block] = await readAll(network, scripts[0] as Script, store, bytes);
    (scripts[0] as Script).act(() => {
      if (block !== undefined) near.stream?.sendBulk(parcelCodec, { tag: 0, length: block.length }, block);
    });
    await network.until(() => far.slices.reduce((sum, { body }) => sum + body.length, 0) === BLOCK_BYTES, 'the parcel');
    for (const { offset, body } of far.slices) {
      const middle = body.length >> 1;
      const [first, second] = [body.subarray(0, middle), body.subarray(middle, body.length)];
      assert.ok(network.isGenuine(first, bytes.subarray(offset, offset + middle)));
      assert.ok(network.isGenuine(second, bytes.subarray(offset + middle, offset + body.length)));
    }
  });

  promise('send answers false when the queue is full, and onDrain follows when half of it is left', 2, async (network, scripts) => {
    const [near, far] = await dial(network, scripts);
    assert.equal(near.stream?.queueBytesMax, STREAM_QUEUE_BYTES);
    (scripts[1] as Script).act(() => far.stream?.pause());
    await network.pass(1);
    const text = 'x'.repeat(60_000);
    let sent = 0;
    (scripts[0] as Script).act(() => {
      const stream = near.stream as Stream;
      while (sent < 1000) {
        sent++;
        const room = stream.send(noteCodec, { text });
        assert.equal(room, stream.queuedBytes <= stream.queueBytesMax);
        if (!room) break;
      }
    });
    await network.until(() => sent > 0, 'sending');
    assert.ok(sent < 1000, 'send never answered false');
    (scripts[1] as Script).act(() => far.stream?.resume());
    await network.until(() => near.drains.length > 0, 'onDrain');
    assert.ok((near.drains[0] as number) <= STREAM_QUEUE_BYTES / 2, `${near.drains[0]} bytes queued at onDrain`);
    await network.until(() => far.log.length === 1 + sent, 'all messages');
    assert.equal(near.drains.length, 1);
  });

  promise('a protocol may lower the bound of its queue', 2, async (network, scripts) => {
    const [near] = await dial(network, scripts);
    (scripts[0] as Script).act(() => {
      const stream = near.stream as Stream;
      stream.queueBytesMax = 1000;
      assert.equal(stream.send(noteCodec, { text: 'x'.repeat(900) }), true);
      assert.equal(stream.send(noteCodec, { text: 'x'.repeat(900) }), false);
    });
    await network.until(() => near.drains.length === 1, 'onDrain');
    assert.ok((near.drains[0] as number) <= 500);
  });

  promise('after pause nothing is called until resume, and then everything, in order', 2, async (network, scripts) => {
    const [near, far] = await dial(network, scripts);
    far.pauseAt = 'n1';
    (scripts[0] as Script).act(() => {
      for (let count = 0; count < 5; count++) near.stream?.send(noteCodec, { text: `n${count}` });
      near.stream?.end();
    });
    await network.until(() => far.log.includes('n1'), 'the second note');
    await network.pass(100);
    assert.deepEqual(far.log, ['open', 'n0', 'n1']);
    (scripts[1] as Script).act(() => far.stream?.resume());
    await network.until(() => far.log.includes('end'), 'the end');
    assert.deepEqual(far.log, ['open', 'n0', 'n1', 'n2', 'n3', 'n4', 'end']);
  });

  promise('a paused receiver holds its sender back', 2, async (network, scripts) => {
    const [near, far] = await dial(network, scripts);
    (scripts[1] as Script).act(() => far.stream?.pause());
    await network.pass(1);
    // More than any window and the buffers of an operating system take.
    const text = 'x'.repeat(60_000);
    const total = 1000;
    (scripts[0] as Script).act(() => {
      for (let count = 0; count < total; count++) near.stream?.send(noteCodec, { text });
    });
    await network.pass(300);
    assert.ok((near.stream as Stream).queuedBytes > total * 30_000, `only ${near.stream?.queuedBytes} bytes still queued`);
    (scripts[1] as Script).act(() => far.stream?.resume());
    await network.until(() => far.log.length === 1 + total, 'all messages');
    assert.equal(near.stream?.queuedBytes, 0);
  });

  promise('one side may end and still be sent to', 2, async (network, scripts) => {
    const [near, far] = await dial(network, scripts);
    (scripts[0] as Script).act(() => {
      near.stream?.send(noteCodec, { text: 'question' });
      near.stream?.end();
    });
    await network.until(() => far.log.includes('end'), 'the end of one side');
    (scripts[1] as Script).act(() => far.stream?.send(noteCodec, { text: 'answer' }));
    await network.until(() => near.log.includes('answer'), 'the answer');
    assert.deepEqual([near.closed, far.closed], [null, null]);
    (scripts[1] as Script).act(() => far.stream?.end());
    await network.until(() => near.closed !== null && far.closed !== null, 'both closes');
    assert.deepEqual(near.log, ['open', 'answer', 'end']);
    assert.deepEqual(far.log, ['open', 'question', 'end']);
    assert.deepEqual([near.closed, far.closed], ['ended', 'ended']);
  });

  promise('what is queued before end still arrives', 2, async (network, scripts) => {
    const [near, far] = await dial(network, scripts);
    (scripts[0] as Script).act(() => {
      for (let count = 0; count < 50; count++) near.stream?.send(noteCodec, { text: 'y'.repeat(50_000) });
      near.stream?.end();
    });
    await network.until(() => far.log.includes('end'), 'the end');
    assert.equal(far.log.length, 52);
  });

  promise('a reset closes one side as local and the other as reset, and nothing is called after onClose', 2, async (network, scripts) => {
    const [near, far] = await dial(network, scripts);
    (scripts[0] as Script).act(() => near.stream?.reset());
    await network.until(() => near.closed !== null && far.closed !== null, 'both closes');
    assert.deepEqual([near.closed, far.closed], ['local', 'reset']);
    (scripts[0] as Script).act(() => {
      near.stream?.send(noteCodec, { text: 'too late' });
      near.stream?.end();
      near.stream?.reset();
      near.stream?.pause();
      near.stream?.resume();
    });
    await network.pass(50);
    assert.deepEqual([near.log, far.log], [['open'], ['open']]);
  });

  promise('dialling where nobody listens is refused', 1, async (network, [a]) => {
    const near = new Recorder();
    (a as Script).act((host) => host.connect(host.peer(network.deafEndpoint), notes, near));
    await network.until(() => near.closed !== null, 'the close');
    assert.equal(near.closed, 'refused');
    assert.deepEqual(near.log, []);
  });

  promise('an acceptor may turn a newcomer away', 2, async (network, [a, b]) => {
    (b as Script).act((host) => host.listen(notes, { onConnection: () => null }));
    await network.pass(1);
    const near = new Recorder();
    (a as Script).act((host) => host.connect(host.peer(network.endpointOf(1)), notes, near).send(noteCodec, { text: 'hello?' }));
    await network.until(() => near.closed !== null, 'the close');
    assert.ok(near.closed === 'refused' || near.closed === 'reset', `closed as ${near.closed}`);
  });

  promise(
    'what is no frame closes the stream as malformed, after the frames before it',
    2,
    async (network, scripts) => {
      const [near, far] = await dial(network, scripts);
      (scripts[0] as Script).act(() => {
        near.stream?.send(noteCodec, { text: 'sound' });
        near.stream?.send(rawCodec, Uint8Array.of(77, 0, 0));
        near.stream?.send(noteCodec, { text: 'never seen' });
      });
      await network.until(() => near.closed !== null && far.closed !== null, 'both closes');
      assert.deepEqual(far.log, ['open', 'sound']);
      assert.equal(far.closed, 'malformed');
      assert.match(far.detail, /a note or a parcel expected, got 77/);
      assert.equal(near.closed, 'reset');
      assert.equal(network.tapped(1, HostEvent.streamMalformed), 1);
    },
    true,
  );

  promise('an upgrade in the middle of a chunk takes what follows', 2, async (network, scripts) => {
    const [near, far] = await dial(network, scripts);
    const heard: string[] = [];
    far.upgradeAt = { text: 'lines now', heard };
    (scripts[0] as Script).act(() => {
      const stream = near.stream as Stream;
      stream.send(noteCodec, { text: 'lines now' });
      stream.send(lineCodec, 'one');
      stream.send(lineCodec, 'two');
    });
    await network.until(() => heard.length === 2, 'two lines');
    assert.deepEqual(heard, ['one', 'two']);
    assert.deepEqual(far.log, ['open', 'lines now']);
  });
}

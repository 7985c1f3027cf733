/**
 * The promises of `src/core/host.ts`, as tests that run against every host. A harness makes hosts, lets time pass and knows what
 * bodies look like; everything else is the contract. Each test acts inside events of a host, as protocols do.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { formatEndpoint, parseEndpoint } from '../src/core/endpoint.ts';
import { HostEvent } from '../src/core/events.ts';
import type {
  Body,
  CloseReason,
  Endpoint,
  Host,
  Peer,
  Protocol,
  Store,
  StoreFailure,
  StoreHandler,
  StoreSpec,
  Stream,
  StreamHandler,
} from '../src/core/host.ts';
import { NO_TIMER, STREAM_QUEUE_BYTES } from '../src/core/host.ts';
import { lineCodec, lines, type Note, noteCodec, notes, type Parcel, parcelCodec, rawCodec } from './notes-protocol.ts';

/** Makes networks of one kind of host. */
export interface HostHarness {
  /**
   * So many hosts, each running the protocol that the factory makes; resolves when all have started. `garbage`: what they send may
   * be no message of its receiver, which a host that passes objects on has to be prepared for.
   */
  open(count: number, factory: (host: Host) => Protocol, garbage: boolean): Promise<HostNetwork>;
}

export interface HostNetwork {
  readonly hosts: readonly Host[];
  /** Where that host gets streams and datagrams. */
  endpointOf(index: number): Endpoint;
  /** An endpoint of a running machine on which nobody listens. */
  readonly deafEndpoint: Endpoint;
  /** A name that `resolve` finds. */
  readonly hostname: string;
  /** How often that host has tapped that event. */
  tapped(index: number, event: number): number;
  /** A place for a store of that name, empty at first, the same for the same name. */
  location(name: string): string;
  /** Content as it would come from a peer: these bytes, or others of the same length when not genuine. */
  body(bytes: Uint8Array, genuine: boolean): Body;
  /** Whether a body that was read or received is what `body(bytes, true)` stands for. */
  isGenuine(body: Body, bytes: Uint8Array): boolean;
  /** Lets time pass until the condition holds; rejects, naming it, when it takes too long. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Lets so much time pass. */
  pass(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

const BLOCK_BYTES = 16_384;
const PIECE_BYTES = 4 * BLOCK_BYTES;

export function hostConformance(name: string, harness: HostHarness): void {
  function promise(sentence: string, count: number, claim: Claim, garbage = false): void {
    test(`${name}: ${sentence}`, { timeout: 30_000 }, async () => {
      const scripts: Script[] = [];
      const network = await harness.open(
        count,
        (host) => {
          const script = new Script(host);
          scripts.push(script);
          return script;
        },
        garbage,
      );
      try {
        await claim(network, scripts);
      } finally {
        await network.close();
      }
    });
  }

  timerPromises(promise);
  datagramPromises(promise);
  addressPromises(promise);
  streamPromises(promise);
  storePromises(promise);
}

type Claim = (network: HostNetwork, scripts: readonly Script[]) => Promise<void>;
type Promised = (sentence: string, count: number, claim: Claim, garbage?: boolean) => void;

// ---- timers and the clock --------------------------------------------------------------------------------------------------

function timerPromises(promise: Promised): void {
  promise('timers fire in the order of their delays, equal ones in the order in which they were set', 1, async (network, [a]) => {
    const script = a as Script;
    script.act((host) => {
      host.setTimer(30, 3, 30);
      host.setTimer(10, 1, 10.5);
      host.setTimer(20, 2, 1);
      host.setTimer(20, 2, 2);
      host.setTimer(20, 2, 3);
    });
    await network.until(() => script.fired.length === 5, 'five timers');
    assert.deepEqual(script.fired, ['1:10.5', '2:1', '2:2', '2:3', '3:30']);
  });

  promise('a timer never fires early, nor from inside setTimer', 1, async (network, [a]) => {
    const script = a as Script;
    let inside = false;
    script.act((host) => {
      inside = true;
      for (const delay of [0, 0.3, 1, 7.7, 25]) {
        const setAt = host.now();
        script.onFire.push(() => {
          assert.ok(!inside);
          // The order is that of the delays, so this callback belongs to this timer.
          assert.ok(host.now() >= setAt + delay, `${delay} ms: set at ${setAt}, fired at ${host.now()}`);
        });
        host.setTimer(delay, 1, delay);
      }
      inside = false;
    });
    await network.until(() => script.fired.length === 5, 'five timers');
  });

  promise('a cleared timer does not fire, and clearing what is not running is ignored', 1, async (network, [a]) => {
    const script = a as Script;
    let first = NO_TIMER;
    script.act((host) => {
      const cleared = host.setTimer(5, 1, 1);
      first = host.setTimer(5, 2, 2);
      host.clearTimer(cleared);
      host.clearTimer(cleared);
      host.clearTimer(NO_TIMER);
      assert.notEqual(first, NO_TIMER);
    });
    await network.until(() => script.fired.length === 1, 'the other timer');
    script.act((host) => {
      // Its place may have been given to a new timer by now.
      host.setTimer(5, 3, 3);
      host.clearTimer(first);
    });
    await network.until(() => script.fired.length === 2, 'the new timer');
    await network.pass(20);
    assert.deepEqual(script.fired, ['2:2', '3:3']);
  });

  promise('now is constant within an event and never runs backwards', 1, async (network, [a]) => {
    const script = a as Script;
    const seen: number[] = [];
    for (let round = 0; round < 3; round++) {
      script.act((host) => {
        const before = host.now();
        const spinUntil = performance.now() + 3;
        while (performance.now() < spinUntil);
        assert.equal(host.now(), before);
        seen.push(before);
      });
      await network.pass(2);
    }
    await network.until(() => seen.length === 3, 'three events');
    assert.deepEqual(
      seen,
      seen.toSorted((x, y) => x - y),
    );
  });
}

// ---- datagrams -------------------------------------------------------------------------------------------------------------

function datagramPromises(promise: Promised): void {
  promise('a datagram arrives with its sender, and can be answered', 2, async (network, [a, b]) => {
    const [asker, answerer] = [a as Script, b as Script];
    const got: string[] = [];
    answerer.act((host) =>
      host.bind(noteCodec, {
        onDatagram(from, note) {
          assert.equal(from, host.peer(network.endpointOf(0)));
          host.send(from, noteCodec, { text: `re: ${note.text}` });
        },
      }),
    );
    asker.act((host) => {
      host.bind(noteCodec, {
        onDatagram(from, note) {
          assert.equal(from, host.peer(network.endpointOf(1)));
          got.push(note.text);
        },
      });
      host.send(host.peer(network.endpointOf(1)), noteCodec, { text: 'grüezi' });
    });
    await network.until(() => got.length === 1, 'the answer');
    assert.deepEqual(got, ['re: grüezi']);
  });

  promise('a datagram is never delivered from inside send', 1, async (network, [a]) => {
    const script = a as Script;
    let inside = false;
    let got = 0;
    script.act((host) => {
      host.bind(noteCodec, {
        onDatagram() {
          assert.ok(!inside);
          got++;
        },
      });
      inside = true;
      host.send(host.peer(network.endpointOf(0)), noteCodec, { text: 'to myself' });
      inside = false;
    });
    await network.until(() => got === 1, 'the datagram');
  });

  promise(
    'a malformed datagram is tapped and dropped, and what comes after it is not',
    2,
    async (network, [a, b]) => {
      const [sender, receiver] = [a as Script, b as Script];
      const got: string[] = [];
      receiver.act((host) => host.bind(noteCodec, { onDatagram: (_from, note) => void got.push(note.text) }));
      await network.pass(1);
      sender.act((host) => {
        const to = host.peer(network.endpointOf(1));
        host.send(to, rawCodec, Uint8Array.of(1, 0, 200, 65));
        host.send(to, rawCodec, new Uint8Array(0));
        host.send(to, rawCodec, Uint8Array.of(9, 9, 9));
        host.send(to, noteCodec, { text: 'sound' });
      });
      await network.until(() => got.length === 1, 'the sound datagram');
      assert.deepEqual(got, ['sound']);
      await network.until(() => network.tapped(1, HostEvent.datagramMalformed) === 3, 'three taps');
    },
    true,
  );
}

// ---- addresses -------------------------------------------------------------------------------------------------------------

function addressPromises(promise: Promised): void {
  promise('an endpoint has one peer, whichever bytes say it, and comes back as it was', 1, async (_network, [a]) => {
    const { host } = a as Script;
    for (const text of ['192.0.2.7:80', '192.0.2.7:81', '10.1.2.3:6881', '[2001:db8::1]:6881', '[2001:db8::2]:6881']) {
      const endpoint = parseEndpoint(text) as Endpoint;
      const peer = host.peer(endpoint);
      assert.equal(host.peer(endpoint.slice()), peer);
      endpoint.fill(0);
      const copy = host.endpoint(peer);
      assert.equal(formatEndpoint(copy), text);
      copy.fill(0);
      assert.equal(formatEndpoint(host.endpoint(peer)), text);
    }
    assert.notEqual(host.peer(parseEndpoint('192.0.2.7:80') as Endpoint), host.peer(parseEndpoint('192.0.2.7:81') as Endpoint));
  });

  promise('literals, names and names that do not exist are resolved in a later event', 1, async (network, [a]) => {
    const script = a as Script;
    const answers = new Map<string, readonly Endpoint[]>();
    let inside = false;
    script.act((host) => {
      inside = true;
      for (const name of ['192.0.2.7', '2001:db8::1', network.hostname, 'does-not-exist.invalid']) {
        host.resolve(name, 8080, {
          onResolved(endpoints) {
            assert.ok(!inside);
            answers.set(name, endpoints);
          },
        });
      }
      inside = false;
    });
    await network.until(() => answers.size === 4, 'four answers');
    assert.deepEqual(answers.get('192.0.2.7')?.map(formatEndpoint), ['192.0.2.7:8080']);
    assert.deepEqual(answers.get('2001:db8::1')?.map(formatEndpoint), ['[2001:db8::1]:8080']);
    const found = answers.get(network.hostname) as readonly Endpoint[];
    assert.ok(found.length > 0 && found.every((endpoint) => formatEndpoint(endpoint).endsWith(':8080')));
    assert.deepEqual(answers.get('does-not-exist.invalid'), []);
  });
}

// ---- streams ---------------------------------------------------------------------------------------------------------------

function streamPromises(promise: Promised): void {
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

// ---- stores ----------------------------------------------------------------------------------------------------------------

function storePromises(promise: Promised): void {
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

// ---- what the tests are made of ----------------------------------------------------------------------------------------------

const ACT = 0xabc;

/** The protocol of every host here: does what a test gives it, each piece in an event of its own. */
class Script implements Protocol {
  readonly host: Host;
  readonly fired: string[] = [];
  readonly onFire: (() => void)[] = [];
  private readonly acts: ((host: Host) => void)[] = [];

  constructor(host: Host) {
    this.host = host;
  }

  act(run: (host: Host) => unknown): void {
    this.acts.push(run);
    this.host.setTimer(0, ACT, 0);
  }

  start(): void {}

  onTimer(kind: number, arg: number): void {
    if (kind === ACT) {
      this.acts.shift()?.(this.host);
      return;
    }
    this.fired.push(`${kind}:${arg}`);
    this.onFire.shift()?.();
  }

  stop(): void {}

  inspect(): unknown {
    return {};
  }
}

interface Slice {
  readonly tag: number;
  readonly offset: number;
  readonly body: Body;
}

/** Writes down what a stream reports, and checks that it may. */
class Recorder implements StreamHandler<Note, Parcel> {
  stream: Stream | null = null;
  readonly log: string[] = [];
  readonly slices: Slice[] = [];
  /** Bytes queued at each onDrain. */
  readonly drains: number[] = [];
  closed: CloseReason | null = null;
  detail = '';
  /** Nothing may be called while this is set. */
  forbidden = false;
  replyTo: string | null = null;
  pauseAt: string | null = null;
  upgradeAt: { readonly text: string; readonly heard: string[] } | null = null;
  private paused = false;

  onOpen(stream: Stream): void {
    this.check();
    assert.equal(this.stream, null, 'onOpen came twice');
    this.stream = stream;
    this.log.push('open');
  }

  onMessage(note: Note): void {
    this.checkReading();
    this.log.push(note.text);
    if (note.text === this.replyTo && this.stream?.incoming) this.stream.send(noteCodec, { text: 'pong' });
    if (note.text === this.pauseAt) {
      this.pauseAt = null;
      this.stream?.pause();
    }
    if (this.upgradeAt !== null && note.text === this.upgradeAt.text) this.stream?.upgrade(lines, new LineRecorder(this.upgradeAt.heard));
  }

  onBulk(parcel: Parcel, body: Body, offset: number): void {
    this.checkReading();
    const last = this.slices.at(-1);
    const expected = last !== undefined && last.tag === parcel.tag ? last.offset + last.body.length : 0;
    assert.equal(offset, expected, 'a slice is missing');
    this.slices.push({ tag: parcel.tag, offset, body: keep(body) });
    if (offset + body.length === parcel.length) this.log.push(`parcel ${parcel.tag} of ${parcel.length}`);
  }

  onDrain(): void {
    this.check();
    this.drains.push((this.stream as Stream).queuedBytes);
  }

  onEnd(): void {
    this.checkReading();
    this.log.push('end');
  }

  onClose(reason: CloseReason, detail: string): void {
    this.check();
    this.closed = reason;
    this.detail = detail;
  }

  private checkReading(): void {
    this.check();
    assert.ok(!this.paused, 'called while paused');
  }

  private check(): void {
    assert.ok(!this.forbidden, 'called from inside a method of the host');
    assert.equal(this.closed, null, 'called after onClose');
  }
}

class LineRecorder implements StreamHandler<string> {
  private readonly heard: string[];

  constructor(heard: string[]) {
    this.heard = heard;
  }

  onOpen(): void {
    assert.fail('a handler that takes over gets no onOpen');
  }

  onMessage(line: string): void {
    this.heard.push(line);
  }

  onBulk(): void {
    assert.fail('lines have no bodies');
  }

  onDrain(): void {}
  onEnd(): void {}
  onClose(): void {}
}

class StoreRecorder implements StoreHandler {
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

/** Bodies are borrowed until the callback returns: keeps one for later. */
function keep(body: Body): Body {
  return body instanceof Uint8Array ? body.slice() : body;
}

function listenWith(script: Script, handler: Recorder): void {
  script.act((host) => host.listen(notes, { onConnection: (_peer: Peer) => handler }));
}

/** A stream from the first host to the second, open at both ends. */
async function dial(network: HostNetwork, [a, b]: readonly Script[], early?: (stream: Stream) => void): Promise<[Recorder, Recorder]> {
  const [near, far] = [new Recorder(), new Recorder()];
  listenWith(b as Script, far);
  await network.pass(1);
  (a as Script).act((host) => {
    const stream = host.connect(host.peer(network.endpointOf(1)), notes, near);
    early?.(stream);
  });
  await network.until(() => near.stream !== null && far.stream !== null, 'both ends open');
  return [near, far];
}

/** Content that differs from block to block and from seed to seed. */
function content(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (seed * 37 + at * 7 + (at >> 8) * 13 + (at >> 14) * 29) & 0xff;
  return bytes;
}

function storeSpec(network: HostNetwork, name: string, bytes: Uint8Array): StoreSpec {
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
    key: createHash('sha1').update(name).digest('hex'),
    writable: true,
    recheck: 'trust',
  };
}

interface Opened {
  readonly store: Store;
  readonly handler: StoreRecorder;
}

async function openedStore(network: HostNetwork, script: Script, spec: StoreSpec): Promise<Opened> {
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
async function filledStore(network: HostNetwork, script: Script, name: string, bytes: Uint8Array): Promise<Opened> {
  const opened = await openedStore(network, script, storeSpec(network, name, bytes));
  const pieces = Array.from({ length: Math.ceil(bytes.length / PIECE_BYTES) }, (_, piece) => piece);
  await writeAndVerify(network, script, opened.store, bytes, pieces);
  return opened;
}

async function writeAndVerify(
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

/** Writes the blocks of a piece, one of them wrong. */
function writePiece(network: HostNetwork, store: Store, piece: number, bytes: Uint8Array, wrongBlock: number): void {
  const end = Math.min(bytes.length, (piece + 1) * PIECE_BYTES);
  for (let at = piece * PIECE_BYTES; at < end; at += BLOCK_BYTES) {
    const offset = at - piece * PIECE_BYTES;
    const genuine = offset / BLOCK_BYTES !== wrongBlock;
    store.write(piece, offset, network.body(bytes.subarray(at, Math.min(end, at + BLOCK_BYTES)), genuine));
  }
}

/** Every block of the content, as the store gives it. */
async function readAll(network: HostNetwork, script: Script, store: Store, bytes: Uint8Array): Promise<Body[]> {
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

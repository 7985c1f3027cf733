/** What the socket host promises beyond the conformance suite: ports, families, timers under load, and sockets that end badly. */

import assert from 'node:assert/strict';
import { connect as connectRaw, createServer } from 'node:net';
import { test } from 'node:test';
import { type BlockHead, type BlockMessage, blockFraming, blockHead, blockMessage } from '../../test/fixtures/block-framing.ts';
import { endpointOf, endpointPort, formatEndpoint } from '../core/endpoint.ts';
import {
  type Body,
  type CloseReason,
  type Endpoint,
  type Host,
  NO_TIMER,
  type Protocol,
  type Stream,
  type StreamHandler,
} from '../core/host.ts';
import { SocketHost, type SocketHostOptions } from './socket-host.ts';

class Idle implements Protocol {
  readonly fired: number[] = [];
  start(): void {}
  onTimer(kind: number, arg: number): void {
    this.fired.push(kind * 1000 + arg);
  }
  stop(): void {}
  inspect(): unknown {
    return null;
  }
}

/** Keeps what it hears as lines, and lets a test wait for one. */
class Ear implements StreamHandler<BlockMessage, BlockHead> {
  readonly heard: string[] = [];
  stream: Stream | null = null;
  bulkBytes = 0;
  private waiting: { prefix: string; found: () => void }[] = [];
  onHeard: ((line: string) => void) | null = null;

  onOpen(stream: Stream): void {
    this.stream = stream;
    this.say('open');
  }
  onMessage(message: BlockMessage): void {
    this.say(message.type === 'text' ? `text ${message.text}` : `request ${message.piece}`);
  }
  onBulk(head: BlockHead, body: Body, offset: number): void {
    this.bulkBytes += body.length;
    if (offset + body.length === head.length) this.say(`bulk ${head.piece}`);
  }
  onDrain(): void {
    this.say('drain');
  }
  onEnd(): void {
    this.say('end');
  }
  onClose(reason: CloseReason, detail: string): void {
    this.say(`close ${reason} ${detail}`);
  }
  async until(prefix: string): Promise<string> {
    const already = this.heard.find((line) => line.startsWith(prefix));
    if (already !== undefined) return already;
    await new Promise<void>((found) => this.waiting.push({ prefix, found }));
    return this.heard.find((line) => line.startsWith(prefix)) as string;
  }
  private say(line: string): void {
    this.heard.push(line);
    this.onHeard?.(line);
    for (const entry of this.waiting.filter(({ prefix }) => line.startsWith(prefix))) entry.found();
    this.waiting = this.waiting.filter(({ prefix }) => !line.startsWith(prefix));
  }
}

async function hostAt(t: { after(fn: () => Promise<void>): void }, options: SocketHostOptions = {}): Promise<SocketHost> {
  const host = new SocketHost({ address: '127.0.0.1', ...options });
  await host.open();
  t.after(() => host.close());
  return host;
}

/** Two hosts with one stream between them. */
async function pair(
  t: { after(fn: () => Promise<void>): void },
  address = '127.0.0.1',
): Promise<{ dialler: Ear; taker: Ear; from: SocketHost; to: SocketHost }> {
  const from = await hostAt(t, { address });
  const to = await hostAt(t, { address });
  const dialler = new Ear();
  const taker = new Ear();
  to.listen(blockFraming, { onConnection: () => taker });
  const ip = address === '::' ? '127.0.0.1' : address;
  from.connect(from.peer(endpointOf(ip, endpointPort(to.self.stream as Endpoint)) as Endpoint), blockFraming, dialler);
  await Promise.all([dialler.until('open'), taker.until('open')]);
  return { dialler, taker, from, to };
}

const text = (line: string): BlockMessage => ({ type: 'text', text: line });

for (const address of ['127.0.0.1', '::1', '::']) {
  test(`messages and bodies cross a stream in order, both ways, at ${address}`, async (t) => {
    const { dialler, taker } = await pair(t, address);
    const body = new Uint8Array(300_000).fill(7);
    dialler.stream?.send(blockMessage, text('one'));
    dialler.stream?.sendBulk(blockHead, { piece: 2, offset: 0, length: body.length }, body);
    dialler.stream?.send(blockMessage, text('three'));
    taker.stream?.send(blockMessage, text('back'));
    await Promise.all([taker.until('text three'), dialler.until('text back')]);
    assert.deepEqual(taker.heard, ['open', 'text one', 'bulk 2', 'text three']);
    assert.equal(taker.bulkBytes, body.length);
  });
}

test('a stream half closes: the other side hears the end and may still speak', async (t) => {
  const { dialler, taker } = await pair(t);
  dialler.stream?.send(blockMessage, text('last'));
  dialler.stream?.end();
  await taker.until('end');
  taker.stream?.send(blockMessage, text('still here'));
  taker.stream?.end();
  await Promise.all([dialler.until('close ended'), taker.until('close ended')]);
  assert.deepEqual(taker.heard, ['open', 'text last', 'end', 'close ended closed by both sides']);
  assert.deepEqual(dialler.heard, ['open', 'text still here', 'end', 'close ended closed by both sides']);
});

for (const side of ['dialler', 'taker'] as const) {
  test(`a reset by the ${side} is local to it and a reset to the other`, async (t) => {
    const both = await pair(t);
    both[side].stream?.reset();
    assert.deepEqual(both[side].heard, ['open'], 'nothing is called back from inside reset');
    const other = side === 'dialler' ? both.taker : both.dialler;
    await Promise.all([both[side].until('close local'), other.until('close reset')]);
  });

  test(`after pause the ${side} hears nothing until resume, and then everything once`, async (t) => {
    const both = await pair(t);
    const ear = both[side];
    const other = side === 'dialler' ? both.taker : both.dialler;
    ear.onHeard = (line) => {
      if (line === 'text 3') ear.stream?.pause();
    };
    for (let count = 0; count < 2000; count++) other.stream?.send(blockMessage, text(`${count}`));
    other.stream?.end();
    await ear.until('text 3');
    await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.equal(ear.heard.at(-1), 'text 3');
    ear.onHeard = null;
    ear.stream?.resume();
    assert.equal(ear.heard.at(-1), 'text 3', 'nothing is called back from inside resume');
    await ear.until('end');
    assert.deepEqual(ear.heard, ['open', ...Array.from({ length: 2000 }, (_, count) => `text ${count}`), 'end']);
  });

  test(`the ${side} upgrades in the middle of a chunk and the new handler gets the rest`, async (t) => {
    const both = await pair(t);
    const ear = both[side];
    const other = side === 'dialler' ? both.taker : both.dialler;
    const second = new Ear();
    ear.onHeard = (line) => {
      if (line === 'text 1') ear.stream?.upgrade(blockFraming, second);
    };
    for (let count = 0; count < 4; count++) other.stream?.send(blockMessage, text(`${count}`));
    await second.until('text 3');
    assert.deepEqual(ear.heard, ['open', 'text 0', 'text 1']);
    assert.deepEqual(second.heard, ['text 2', 'text 3']);
  });
}

test('send answers false over the bound, and onDrain follows once', async (t) => {
  const { dialler, taker } = await pair(t);
  taker.stream?.pause();
  const body = new Uint8Array(65_536);
  const stream = dialler.stream as Stream;
  stream.queueBytesMax = 100_000;
  let sent = 0;
  for (let round = 0; round < 200 && stream.sendBulk(blockHead, { piece: 0, offset: 0, length: body.length }, body); round++) {
    sent++;
    if (round % 2 === 1) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(sent < 200, `expected to clog, ${sent} bodies went out`);
  assert.ok(stream.queuedBytes > 100_000);
  taker.stream?.resume();
  await dialler.until('drain');
  assert.ok(stream.queuedBytes <= 50_000);
  assert.equal(dialler.heard.filter((line) => line === 'drain').length, 1);
});

test('nobody listening is refused, garbage is malformed, port 0 is unreachable', async (t) => {
  const host = await hostAt(t);
  const closed = await hostAt(t, { streamPort: 0 });
  const port = endpointPort(closed.self.stream as Endpoint);
  await closed.close();
  const ear = new Ear();
  host.connect(host.peer(endpointOf('127.0.0.1', port) as Endpoint), blockFraming, ear);
  await ear.until('close refused');
  const nowhere = new Ear();
  host.connect(host.peer(endpointOf('127.0.0.1', 0) as Endpoint), blockFraming, nowhere);
  assert.deepEqual(nowhere.heard, []);
  await nowhere.until('close unreachable');

  const victim = new Ear();
  host.listen(blockFraming, { onConnection: () => victim });
  const raw = connectRaw(endpointPort(host.self.stream as Endpoint), '127.0.0.1');
  raw.on('error', () => {});
  raw.write(new Uint8Array(64).fill(0xff));
  assert.match(await victim.until('close'), /^close malformed expected a frame/);
});

test('connections over the maximum are closed at once', async (t) => {
  const host = await hostAt(t, { connectionsMax: 2 });
  const ears: Ear[] = [];
  host.listen(blockFraming, {
    onConnection: () => {
      ears.push(new Ear());
      return ears.at(-1) as Ear;
    },
  });
  const endings: Promise<string>[] = [];
  const sockets = Array.from({ length: 5 }, () => connectRaw(endpointPort(host.self.stream as Endpoint), '127.0.0.1'));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
  });
  for (const socket of sockets) {
    socket.on('error', () => {});
    endings.push(new Promise((resolve) => socket.once('close', () => resolve('closed'))));
  }
  await Promise.race(endings);
  assert.ok(ears.length <= 2);
});

test('a busy port becomes the next free one', async (t) => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  t.after(async () => void blocker.close());
  const port = (blocker.address() as { port: number }).port;
  const host = await hostAt(t, { streamPort: port });
  const got = endpointPort(host.self.stream as Endpoint);
  assert.ok(got > port && got <= port + 32, `expected a port just after ${port}, got ${got}`);
});

test('datagrams cross between both families on one socket; garbage is counted and dropped', async (t) => {
  const wide = await hostAt(t, { address: '::' });
  const narrow = await hostAt(t, { address: '127.0.0.1' });
  const port = endpointPort(wide.self.datagram as Endpoint);
  const events: number[] = [];
  wide.watch((event) => events.push(event));
  const answer = new Promise<string>((resolve) => {
    narrow.bind(blockMessage, {
      onDatagram: (from, message) => resolve(`${formatEndpoint(narrow.endpoint(from))} ${(message as { text: string }).text}`),
    });
  });
  wide.bind(blockMessage, { onDatagram: (from, message) => wide.send(from, blockMessage, message) });
  const to = narrow.peer(endpointOf('127.0.0.1', port) as Endpoint);
  const garbage = { name: 'garbage', size: () => 3, encode: () => 3, decode: () => 0 };
  narrow.send(to, garbage, 0);
  narrow.send(to, blockMessage, text('hello'));
  assert.equal(await answer, `127.0.0.1:${port} hello`);
  assert.equal(wide.counters.malformed, 1);
  assert.deepEqual(events, [1]);
});

test('ten thousand timers fire in order, once, never early, and cleared ones never', async (t) => {
  const host = await hostAt(t, { streamPort: null, datagramPort: null });
  const early: number[] = [];
  const fired: number[] = [];
  const done = new Promise<void>((resolve) => {
    host.run((inner: Host) => {
      const due: number[] = [];
      const startMs = inner.now();
      const order = Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 97);
      const protocol = new Idle();
      protocol.start = () => {
        const timers = order.map((delay, index) => {
          due[index] = startMs + delay;
          return inner.setTimer(delay, 1, index);
        });
        for (let index = 0; index < timers.length; index += 3) inner.clearTimer(timers[index] as never);
        inner.clearTimer(NO_TIMER);
        inner.setTimer(120, 2, 0);
      };
      protocol.onTimer = (kind, arg) => {
        if (kind === 2) return resolve();
        fired.push(arg);
        if (inner.now() < (due[arg] as number)) early.push(arg);
      };
      return protocol;
    });
  });
  await done;
  assert.deepEqual(early, []);
  assert.equal(fired.length, 6666);
  assert.ok(fired.every((arg) => arg % 3 !== 0));
  assert.equal(host.counters.timers, 0);
});

test('names and literals are resolved in a later event', async (t) => {
  const host = await hostAt(t);
  let called = false;
  const answer = new Promise<readonly Endpoint[]>((resolve) => {
    host.resolve('127.0.0.9', 80, {
      onResolved: (endpoints) => {
        called = true;
        resolve(endpoints);
      },
    });
  });
  assert.equal(called, false);
  assert.deepEqual((await answer).map(formatEndpoint), ['127.0.0.9:80']);
  const local = await new Promise<readonly Endpoint[]>((resolve) => host.resolve('localhost', 1, { onResolved: resolve }));
  assert.ok(local.map(formatEndpoint).includes('127.0.0.1:1'));
});

test('close may be called again while it goes on: both calls end when everything is closed', async () => {
  const host = new SocketHost({ address: '127.0.0.1' });
  await host.open();
  const port = endpointPort(host.self.stream as Endpoint);
  void host.close();
  await host.close();
  const next = new SocketHost({ address: '127.0.0.1', streamPort: port, datagramPort: port });
  await next.open();
  assert.deepEqual(
    [next.self.stream, next.self.datagram].map((endpoint) => endpointPort(endpoint as Endpoint)),
    [port, port],
  );
  await next.close();
  await next.close();
});

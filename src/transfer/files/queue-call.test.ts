/** Uploaders who dial those that they had wait, when it is their turn (PARQ, section 4): what is said, whose turn it is, and who may call. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFetcher, addSharer, type Fetching, sharedFile, wayTo } from '../../../test/fixtures/file-world.ts';
import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { Endpoint, Host, Protocol, Stream, StreamHandler } from '../../core/host.ts';
import { RawBytes, rawBytes } from '../../core/raw-bytes.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { World } from '../../sim/world.ts';
import { targetOfHashes } from './file-target.ts';
import { UploadSlots } from './upload-slots.ts';

const MIB = 1 << 20;
const FILE = sharedFile(MIB);
const TARGET = targetOfHashes(FILE.hashes) as string;
const SLOW = { upBytesPerSecond: 100_000, downBytesPerSecond: 4_000_000 };
const ID = '6a074979f3201edbf323b6425fef4a53';

/** Whoever says what the test has him say, as bytes, and dials and is dialled. */
class Script implements Protocol {
  readonly lines: Line[] = [];
  private readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  start(): void {
    this.host.listen({ name: 'script', deframer: () => ({ push: (_bytes, start) => start }) }, { onConnection: () => this.line() });
  }

  dial(to: Endpoint): Line {
    const line = this.line();
    this.host.connect(this.host.peer(to), line, line);
    return line;
  }

  private line(): Line {
    const line = new Line();
    this.lines.push(line);
    return line;
  }

  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return null;
  }
}

class Line implements StreamHandler<never> {
  readonly name = 'script';
  heard = '';
  stream: Stream | null = null;
  isClosed = false;

  deframer() {
    return {
      push: (bytes: Uint8Array, start: number, end: number): number => {
        this.heard += latin1(bytes, start, end);
        return end;
      },
    };
  }

  say(text: string): void {
    this.stream?.send(rawBytes, new RawBytes(latin1Bytes(text)));
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    stream.upgrade(this, this);
  }

  onMessage(): void {}
  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {
    this.stream?.end();
  }

  onClose(): void {
    this.isClosed = true;
  }
}

function script(world: World): SimNode<Script> {
  return world.addNode((host) => new Script(host));
}

function request(node: Endpoint, more = ''): string {
  return `GET ${TARGET} HTTP/1.1\r\nX-Queue: 1.0\r\nX-Node: ${formatEndpoint(node)}\r\n${more}\r\n`;
}

/** A sharer with one slot, which somebody has who takes ten seconds; and one who asks, is queued, and hangs up. */
function queued(x: { readonly node?: (own: Endpoint) => Endpoint } = {}) {
  const world = new World({ seed: 1, mode: 'bytes' });
  const slots = new UploadSlots({ slotsMax: 1, pollSecondsMin: 30, pollSecondsMax: 60 });
  const sharer = addSharer(world, [FILE], { slots }, SLOW);
  const first = addFetcher(world, FILE, () => [wayTo(sharer, FILE)]);
  const waiting = script(world);
  world.runFor(2_000);
  const asked = waiting.protocol.dial(sharer.endpoint);
  world.runFor(100);
  asked.say(request(x.node?.(waiting.endpoint) ?? waiting.endpoint));
  world.runFor(500);
  const [, id = ''] = /^HTTP\/1\.1 503 Queued[^]*ID=([0-9a-f]+)/.exec(asked.heard) ?? [];
  asked.stream?.end();
  return { world, slots, sharer, first, waiting: waiting.protocol, node: waiting, id };
}

test('who has hung up is dialled when it is his turn, told his id and who calls, and asks on that connection', () => {
  const { world, sharer, first, waiting, node, id } = queued();
  world.runFor(5_000);
  assert.equal(waiting.lines.length, 1, 'not before');
  world.runFor(20_000);
  assert.equal(first.outcome.verification, 'parts');
  const call = waiting.lines[1] as Line;
  assert.equal(call.heard, `QUEUE ${id} ${formatEndpoint(sharer.endpoint)}\r\n\r\n`);
  call.heard = '';
  call.say(request(node.endpoint, `Range: bytes=0-9\r\nX-Queued: position=1; ID=${id}\r\n`));
  world.runFor(2_000);
  assert.match(call.heard, /^HTTP\/1\.1 206 Partial Content/);
});

test('who does not come is called once more and loses his place; the slot is free for others', () => {
  const { world, slots, waiting } = queued();
  world.runFor(25_000);
  assert.deepEqual([waiting.lines.length, slots.waitingCount], [2, 1]);
  world.runFor(180_000);
  assert.deepEqual([waiting.lines.length, slots.waitingCount], [3, 0]);
});

test('nobody is called who named another address than his own, or none', () => {
  for (const node of [
    (own: Endpoint) => own.map((byte, at) => (at === 3 ? byte + 1 : byte)),
    (own: Endpoint) => own.map((byte, at) => (at > 3 ? 0 : byte)),
  ]) {
    const { world, waiting } = queued({ node });
    world.runFor(120_000);
    assert.equal(waiting.lines.length, 1);
  }
});

/** One who fetches, and has been told by an uploader of the test to wait for an hour. */
function waitingFetcher(): { world: World; fetching: Fetching; uploader: SimNode<Script>; heard: string } {
  const world = new World({ seed: 1, mode: 'bytes' });
  const uploader = script(world);
  const fetching = addFetcher(world, FILE, () => [wayTo(uploader, FILE)]);
  world.runFor(200);
  const [line] = uploader.protocol.lines as [Line];
  const { heard } = line;
  const queue = `X-Queued: position=3; length=5; ETA=4200; lifetime=7200; ID=${ID}\r\nRetry-After: 3600`;
  line.say(`HTTP/1.1 503 Queued\r\n${queue}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  line.stream?.end();
  world.runFor(1_000);
  return { world, fetching, uploader, heard };
}

for (const end of ['\r\n', '\r\n\r\n']) {
  test(`who waits in a queue is found there by the one who calls (${JSON.stringify(end)}), and asks him at once, with his id`, () => {
    const { world, fetching, uploader, heard } = waitingFetcher();
    assert.match(heard, new RegExp(`^GET [^]*\r\nx-node: ${formatEndpoint(fetching.node.endpoint)}\r\n`, 'i'));
    const call = uploader.protocol.dial(fetching.node.endpoint);
    world.runFor(100);
    call.say(`QUEUE ${ID} ${formatEndpoint(uploader.endpoint)}${end}`);
    world.runFor(200);
    assert.match(call.heard, new RegExp(`^GET ${TARGET.replace('?', '\\?')} HTTP/1.1\r\n[^]*x-queued: position=3; ID=${ID}\r\n`, 'i'));
    const [, begin, last] = /range: bytes=(\d+)-(\d+)/i.exec(call.heard) ?? [];
    const bytes = Number(last) + 1 - Number(begin);
    call.say(`HTTP/1.1 206 OK\r\nContent-Range: bytes ${begin}-${last}/${MIB}\r\nContent-Length: ${bytes}\r\n\r\n${'\0'.repeat(bytes)}`);
    world.runFor(2_000);
    const [holder] = fetching.download?.holders ?? [];
    assert.ok((holder?.meter.total ?? 0) >= bytes);
  });
}

test('a call from elsewhere, or with an id that nobody was given, is hung up on, and the place kept', () => {
  const { world, fetching, uploader } = waitingFetcher();
  const stranger = script(world).protocol.dial(fetching.node.endpoint);
  const mistaken = uploader.protocol.dial(fetching.node.endpoint);
  world.runFor(100);
  stranger.say(`QUEUE ${ID} ${formatEndpoint(uploader.endpoint)}\r\n`);
  mistaken.say(`QUEUE ${ID.replace('6', '7')} ${formatEndpoint(uploader.endpoint)}\r\n`);
  world.runFor(500);
  assert.deepEqual([stranger.heard, stranger.isClosed, mistaken.heard, mistaken.isClosed], ['', true, '', true]);
  const [holder] = fetching.download?.holders ?? [];
  assert.deepEqual([holder?.state, holder?.place?.id], ['resting', ID]);
});

test('those who wait are called in turn, as many as there are free slots, each as often as he may be', () => {
  const slots = new UploadSlots({ slotsMax: 2, slotsPerHostMax: 1 });
  const takers = Array.from({ length: 5 }, (_, index) => ({ hostKey: `h${index}` }));
  const ask = (index: number, now: number, skill: 0 | 1 | 2 = 2) =>
    slots.request(
      { taker: takers[index] as (typeof takers)[0], fileKey: 'f', skill, id: null, node: Uint8Array.of(index) },
      `id${index}`,
      now,
    );
  for (let index = 0; index < 5; index++) ask(index, index);
  for (const index of [2, 4]) slots.left(takers[index] as (typeof takers)[0]);
  const called = (now: number, max = 9): string[] => slots.calls(now, max).map(({ id }) => id);
  assert.deepEqual(called(10), [], 'no slot is free');
  slots.left(takers[0] as (typeof takers)[0]);
  slots.left(takers[1] as (typeof takers)[0]);
  // The third and fourth are next; the fourth is connected, and asks by himself.
  assert.deepEqual([called(20, 0), called(20), called(21)], [[], ['id2'], []]);
  assert.equal(ask(2, 30).answer, 'granted', 'sooner than he was told at first');
});

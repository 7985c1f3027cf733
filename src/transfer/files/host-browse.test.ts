/** Asking one servent for all that he shares: what a good one answers, and what bad ones do instead. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { addSharer, AGENT, sharedFile, SimContent, type Sharer } from '../../../test/fixtures/file-world.ts';
import { latin1, latin1Bytes } from '../../core/bytes.ts';
import type { Host, Protocol, Stream, StreamHandler } from '../../core/host.ts';
import { RawBytes, rawBytes } from '../../core/raw-bytes.ts';
import { World } from '../../sim/world.ts';
import { httpRequests } from '../../wire/http.ts';
import type { HttpRequest } from '../../wire/http-head.ts';
import { FileTransfers } from './file-transfers.ts';

const NAMES = (files: readonly { readonly name: string }[]): Uint8Array => latin1Bytes(files.map(({ name }) => name).join());

/** Answers each request with that text, or with nothing. */
class Answering implements Protocol, StreamHandler<HttpRequest> {
  closed = 0;
  private readonly host: Host;
  private readonly text: string;
  private stream: Stream | null = null;

  constructor(host: Host, text: string) {
    this.host = host;
    this.text = text;
  }

  start(): void {
    this.host.listen(httpRequests, { onConnection: () => this });
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
  }

  onMessage(): void {
    if (this.text !== '') this.stream?.send(rawBytes, new RawBytes(latin1Bytes(this.text)));
  }

  onClose(): void {
    this.closed++;
  }

  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {}
  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return null;
  }
}

function browser(world: World): Sharer {
  return world.addNode((host) => new FileTransfers(host, { content: new SimContent([]), userAgent: AGENT }));
}

function browse(world: World, from: Sharer, to: { readonly endpoint: Uint8Array }): string[] {
  const told: string[] = [];
  from.protocol.browse(to.endpoint, {
    onBrowsed: (packets) => void told.push(latin1(packets)),
    onBrowseFailed: (why) => void told.push(`failed: ${why}`),
  });
  world.runFor(60_000);
  return told;
}

for (const mode of ['reference', 'bytes'] as const) {
  test(`who shows what he shares sends it in his network's packets, and who does not says so (${mode})`, () => {
    const world = new World({ seed: 1, mode });
    const files = [sharedFile(10, 1), sharedFile(10, 2)];
    const [open, closed] = [addSharer(world, files, { browse: { encodePackets: NAMES } }), addSharer(world, files)];
    const from = browser(world);
    assert.deepEqual(browse(world, from, open), ['file-1.bin,file-2.bin']);
    assert.deepEqual(browse(world, from, closed), ['failed: 403 Browse Host Disabled']);
  });
}

test('other answers, too much, or none at all end it, once, and cost no more than the connection', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-gnutella-packets\r\n';
  const answers: readonly (readonly [text: string, told: RegExp])[] = [
    ['HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi', /an answer that is no list/],
    [`${head}Content-Length: 9999999\r\n\r\n`, /malformed/],
    ['GNUTELLA/0.6 200 OK\r\n\r\n', /malformed/],
    [`${head}Content-Length: 20\r\n\r\nonly this`, /no answer/],
    ['', /no answer/],
  ];
  for (const [text, told] of answers) {
    const world = new World({ seed: 1, mode: 'bytes' });
    const bad = world.addNode((host) => new Answering(host, text));
    const [first, ...more] = browse(world, browser(world), bad);
    assert.match(String(first), told, text);
    assert.deepEqual([more, bad.protocol.closed], [[], 1]);
  }
});

test('so many are browsed at once, and no more', () => {
  const world = new World({ seed: 1 });
  const silent = world.addNode((host) => new Answering(host, ''));
  const { protocol } = browser(world);
  world.runFor(100);
  const operation = { onBrowsed() {}, onBrowseFailed() {} };
  const begun = (): number => Array.from({ length: 20 }, () => protocol.browse(silent.endpoint, operation)).filter(Boolean).length;
  assert.equal(begun(), 16);
  world.runFor(40_000);
  assert.equal(begun(), 16);
});

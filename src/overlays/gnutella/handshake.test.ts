import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  add,
  join,
  LEAF_HEADERS,
  neighbour,
  neighboursOf,
  network,
  type Network,
  type ServentNode,
  search,
  sharing,
  talker,
  ULTRAPEER_HEADERS,
} from '../../../test/gnutella/networks.ts';
import { framingLaws } from '../../../test/codec-laws.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import { latin1, latin1Bytes } from '../../core/bytes.ts';
import type { Stream, StreamHandler } from '../../core/host.ts';
import { RawBytes } from '../../core/raw-bytes.ts';
import { zlibCompression } from '../../net/compression.ts';
import type { HttpRequest } from '../../wire/http-head.ts';
import { httpRequests } from '../../wire/http.ts';
import { greetingVersion, statusOf } from '../../wire/gnutella-handshake.ts';
import { capabilitiesOf, hostsToTry } from './capabilities.ts';
import type { OtherStreams } from './gnutella-options.ts';
import { primed } from '../../core/primed.ts';
import { type GreetingHead, greetingHeads, HEAD_BYTES_MAX } from '../../wire/greeting-head.ts';
import { PacketType } from './packet.ts';
import { supportedKinds, vendorCodec } from './vendor-message.ts';

/** From a session of gtk-gnutella 1.2.3. */
const GTKG_LEAF = `GNUTELLA CONNECT/0.6\r
Node: 203.0.113.2:6347\r
Remote-IP: 203.0.113.1\r
User-Agent: gtk-gnutella/1.2.3-14-ga331a-dirty (2024-03-03; Topless; Linux x86_64)\r
Pong-Caching: 0.1\r
Bye-Packet: 0.1\r
GGEP: 0.5\r
GUID: 7aa13102d784ddcee3da753ed4b0a3b8\r
Vendor-Message: 0.2\r
X-Query-Routing: 0.2\r
X-Requeries: False\r
X-Token: Z2WvlOleWPnD1glhEbnqMyihn6TGsJsjFKOz; xOM=\r
X-Live-Since: Fri, 20 Dec 2024 17:55:08 +0000\r
X-Ultrapeer: False\r
X-Dynamic-Querying: 0.1\r
X-Ultrapeer-Query-Routing: 0.1\r
X-Degree: 32\r
X-Max-TTL: 4\r
X-Guess: 0.2\r
X-Features: sflag/0.1, HSEP/0.2\r
\r
`;
/** From a session of MLDonkey 3.2.1. */
const MLDONKEY_LEAF = `GNUTELLA CONNECT/0.6\r
User-Agent: MLDonkey/3.2.1.git\r
X-Max-TTL: 4\r
Vendor-Message: 0.1\r
X-Query-Routing: 0.1\r
X-Ultrapeer: False\r
X-Ultrapeer-Needed: True\r
Listen-IP: 127.0.0.40:6346\r
Remote-IP: 127.0.0.20\r
X-My-Address: 127.0.0.40:6346\r
\r
`;

framingLaws(greetingHeads, latin1Bytes(`${GTKG_LEAF}GNUTELLA/0.6 200 OK\r\n\r\n${MLDONKEY_LEAF}GNUTELLA CONNECT/0.4\n\n`), {
  carryBytesMax: HEAD_BYTES_MAX + 1,
});

function headOf(text: string): GreetingHead {
  const heads: GreetingHead[] = [];
  const bytes = latin1Bytes(text);
  greetingHeads.deframer().push(bytes, 0, bytes.length, { open: true, onMessage: (head) => void heads.push(head), onBulk() {} });
  return heads[0] as GreetingHead;
}

function ultrapeer(net: Network, options: Parameters<typeof add>[1] = {}): ServentNode {
  const node = add(net, { mode: 'ultrapeer', linksWanted: 32, ...options });
  net.world.runFor(100);
  return node;
}

test('the greetings of gtk-gnutella and MLDonkey say what those can', () => {
  const gtkg = capabilitiesOf(headOf(GTKG_LEAF));
  assert.deepEqual(
    [gtkg.isUltrapeer, gtkg.degree, gtkg.ttlMax, gtkg.isDynamic, gtkg.takesProbes, gtkg.hasRouteTable, gtkg.tellsHorizon, gtkg.inflates],
    [false, 32, 4, true, false, true, true, false],
  );
  const donkey = capabilitiesOf(headOf(MLDONKEY_LEAF));
  assert.deepEqual([donkey.isUltrapeer, donkey.isDynamic, donkey.hasVendorMessages, donkey.understandsBye], [false, false, true, false]);
  assert.equal(formatEndpoint(donkey.listening as Uint8Array), '127.0.0.40:6346');
});

test('lines are read whatever their case, their version and their end are', () => {
  assert.equal(greetingVersion('GNUTELLA CONNECT/0.6'), 6);
  assert.equal(greetingVersion('GNUTELLA CONNECT/0.71'), 7);
  assert.equal(greetingVersion('GNUTELLA CONNECT/1.0'), 10);
  assert.equal(greetingVersion('GET / HTTP/1.1'), null);
  assert.deepEqual(statusOf('GNUTELLA/0.6 503 Too many'), { code: 503, text: 'Too many' });
  const head = headOf('GNUTELLA/0.6 503 Full\nx-TRY: 1.2.3.4:5 2003-01-01T00:00Z,foo\nX-Try-Ultrapeers: 6.7.8.9:10\nX-Ultrapeer: TRUE\n\n');
  assert.deepEqual(hostsToTry(head).map(formatEndpoint), ['6.7.8.9:10', '1.2.3.4:5']);
  assert.equal(capabilitiesOf(head).isUltrapeer, true);
});

test('0.6: three groups of headers make a neighbour, and each side says what messages it understands', () => {
  const net = network();
  const node = ultrapeer(net);
  const leaf = neighbour(net, node, LEAF_HEADERS).protocol;
  const { headers } = leaf.heads[0] as GreetingHead;
  for (const [name, value] of Object.entries({
    'x-ultrapeer': 'True',
    'x-degree': '32',
    'x-max-ttl': '4',
    'x-dynamic-querying': '0.1',
    'x-ext-probes': '0.1',
    'x-query-routing': '0.1',
    'x-ultrapeer-query-routing': '0.1',
    'pong-caching': '0.1',
    'bye-packet': '0.1',
    ggep: '0.5',
    'vendor-message': '0.1',
    'x-requeries': 'False',
    'x-ultrapeer-needed': 'False',
    'remote-ip': '10.0.0.2',
  }))
    assert.equal(headers.get(name), value, name);
  assert.equal(headers.get('listen-ip'), formatEndpoint(node.endpoint));
  assert.equal(headers.get('guid')?.length, 32);
  const [supported] = leaf.of(PacketType.vendor);
  const kinds = supportedKinds(vendorCodec.decode(supported?.payload as Uint8Array, 0, supported?.payload.length as number).data);
  assert.ok(kinds?.includes('BEAR/11') && kinds.includes('LIME/21'));
  assert.deepEqual(
    neighboursOf(node).map(({ kind }) => kind),
    ['leaf'],
  );
});

test('gtk-gnutella as a leaf: an ultrapeer without sixteen links or dynamic queries is refused in the third group; ours has both', () => {
  const net = network();
  const node = add(net, { mode: 'leaf' });
  const poor = talker(net).protocol;
  net.world.runFor(10);
  poor.greet(node.endpoint, { ...ULTRAPEER_HEADERS, 'X-Degree': '15' });
  const flooding = talker(net).protocol;
  const { 'X-Dynamic-Querying': _none, ...without } = ULTRAPEER_HEADERS;
  flooding.greet(node.endpoint, without);
  net.world.runFor(500);
  for (const { heads } of [poor, flooding]) assert.equal(heads[0]?.first, 'GNUTELLA/0.6 403 High Outdegree and Dynamic Querying Required');
  const rich = neighbour(net, node, { ...ULTRAPEER_HEADERS, 'X-Degree': '16' });
  assert.equal(neighboursOf(node, 'ultrapeer').length, 1);
  assert.equal(rich.protocol.closed, false);
  const small = ultrapeer(net, { linksWanted: 15 });
  const leaf = add(net, { mode: 'leaf' }, [small.endpoint]);
  net.world.runFor(5_000);
  assert.equal(neighboursOf(leaf).length, 0, 'and we refuse such a one that we have dialled');
});

test('gtk-gnutella as an ultrapeer: a leaf that cannot inflate is refused; ours can', () => {
  const net = network();
  const node = ultrapeer(net, { compression: zlibCompression });
  const plain = talker(net).protocol;
  plain.greet(node.endpoint, LEAF_HEADERS);
  net.world.runFor(500);
  assert.equal(plain.heads[0]?.first, 'GNUTELLA/0.6 403 Gnet connection not compressed');
  const leaf = add(net, { mode: 'leaf', compression: zlibCompression }, [node.endpoint]);
  net.world.runFor(3_000);
  assert.deepEqual([neighboursOf(node, 'leaf').length, neighboursOf(leaf, 'ultrapeer').length], [1, 1]);
});

test('deflated both ways, messages arrive as they were, and are fewer bytes', () => {
  const run = (compression: typeof zlibCompression | null): [string[], number] => {
    const net = network();
    const names = Array.from({ length: 30 }, (_, index) => `zebra crossing number ${index}.mp3`);
    const node = ultrapeer(net, { compression, files: sharing(...names), usesOutOfBand: false });
    const leaf = add(net, { mode: 'leaf', compression, usesOutOfBand: false }, [node.endpoint]);
    net.world.runFor(3_000);
    const before = node.bytesUp;
    const found = search(leaf, 'zebra crossing');
    net.world.runFor(5_000);
    return [found.names, node.bytesUp - before];
  };
  const [names, bytes] = run(zlibCompression);
  const [plainNames, plainBytes] = run(null);
  assert.equal(names.length, 30);
  assert.deepEqual(names, plainNames);
  assert.ok(bytes < plainBytes / 2, `${bytes} of ${plainBytes} bytes`);
});

test('503: who is full says whom else to try, and those are dialled', () => {
  const net = network();
  const other = ultrapeer(net);
  const full = add(net, { mode: 'ultrapeer', leavesMax: 0, linksWanted: 32 }, [other.endpoint]);
  net.world.runFor(5_000);
  const refused = talker(net).protocol;
  refused.greet(full.endpoint, LEAF_HEADERS);
  const leaf = add(net, { mode: 'leaf' }, [full.endpoint]);
  net.world.runFor(8_000);
  const [head] = refused.heads;
  assert.match(head?.first ?? '', /^GNUTELLA\/0\.6 503 /);
  assert.ok(head?.headers.get('x-try-ultrapeers')?.split(',').includes(formatEndpoint(other.endpoint)));
  assert.deepEqual(
    neighboursOf(leaf).map(({ listening }) => listening),
    [other.endpoint],
  );
});

test('nobody is a neighbour twice, of himself, or too often from one address', () => {
  const net = network();
  const node = ultrapeer(net, { connectionsPerAddressMax: 2 });
  node.protocol.connect(node.endpoint);
  net.world.runFor(1_000);
  assert.equal(neighboursOf(node).length, 0);
  const named = { ...LEAF_HEADERS, GUID: '7aa13102d784ddcee3da753ed4b0a3b8' };
  neighbour(net, node, named);
  const again = talker(net).protocol;
  again.greet(node.endpoint, named);
  net.world.runFor(500);
  assert.equal(again.heads[0]?.first, 'GNUTELLA/0.6 409 Already connected');
  const many = talker(net).protocol;
  for (let count = 0; count < 3; count++) {
    many.greet(node.endpoint, LEAF_HEADERS);
    net.world.runFor(300);
    if (count < 2) many.confirm();
    net.world.runFor(300);
  }
  assert.deepEqual(
    many.heads.map(({ first }) => first.slice(13, 16)),
    ['200', '200', '503'],
  );
});

test('a leaf that is dialled by a leaf tells it of its ultrapeers', () => {
  const net = network();
  const node = ultrapeer(net);
  const leaf = add(net, { mode: 'leaf' }, [node.endpoint]);
  net.world.runFor(3_000);
  const other = join({ ...net, nodes: [leaf] }, { mode: 'leaf' });
  net.world.runFor(10_000);
  assert.deepEqual(
    neighboursOf(other).map(({ listening }) => listening),
    [node.endpoint],
  );
});

test('an ultrapeer with no leaves becomes one of an ultrapeer that has room (X-Ultrapeer-Needed: False)', () => {
  const net = network();
  const node = ultrapeer(net);
  const newcomer = add(net, { mode: 'auto', lonelyMs: 100 });
  net.world.runFor(3_000);
  assert.equal(newcomer.protocol.role, 'ultrapeer');
  newcomer.protocol.connect(node.endpoint);
  net.world.runFor(3_000);
  assert.equal(newcomer.protocol.role, 'leaf');
  assert.deepEqual([neighboursOf(node).map(({ kind }) => kind), neighboursOf(newcomer).map(({ kind }) => kind)], [['leaf'], ['ultrapeer']]);
});

test('a crawler is told who is there, and goes', () => {
  const net = network();
  const node = ultrapeer(net);
  add(net, { mode: 'leaf' }, [node.endpoint]);
  net.world.runFor(3_000);
  const crawler = talker(net).protocol;
  crawler.greet(node.endpoint, { 'User-Agent': 'Crawl/1', Crawler: '0.1' });
  net.world.runFor(1_000);
  const [head] = crawler.heads;
  assert.deepEqual(
    [head?.headers.get('leaves'), head?.headers.get('peers'), crawler.closed],
    [formatEndpoint(net.nodes[1]?.endpoint as Uint8Array), '', true],
  );
});

class Requests implements OtherStreams, StreamHandler<HttpRequest> {
  readonly targets: string[] = [];
  readonly begun: string[] = [];
  closed = 0;

  take(stream: Stream, begun: Uint8Array): StreamHandler<unknown, unknown> {
    this.begun.push(latin1(begun));
    stream.upgrade(primed(httpRequests, begun), this);
    return this;
  }

  onOpen(): void {}

  onMessage(request: HttpRequest): void {
    this.targets.push(request.target);
  }

  onBulk(): void {}

  onDrain(): void {}

  onEnd(): void {}

  onClose(): void {
    this.closed++;
  }
}

test('one port: what begins as no greeting goes to who takes it, whole, also when it comes byte by byte', () => {
  for (const mode of ['reference', 'bytes'] as const) {
    const net = network({ mode });
    const requests = new Requests();
    const node = ultrapeer(net, { otherStreams: requests });
    const whole = talker(net).protocol;
    whole.dial(node.endpoint, latin1Bytes('GET /uri-res/N2R?x HTTP/1.1\r\n\r\n'));
    const slow = talker(net).protocol;
    slow.dial(node.endpoint, latin1Bytes('G'));
    for (const letter of 'ET /slow HTTP/1.1\r\n\r\n') {
      net.world.runFor(50);
      slow.raw(new RawBytes(latin1Bytes(letter)));
    }
    net.world.runFor(1_000);
    assert.deepEqual(
      [requests.targets.sort(), requests.begun.sort()],
      [
        ['/slow', '/uri-res/N2R?x'],
        ['', 'GET'],
      ],
    );
  }
});

test('garbage, silence and what nobody takes end their own connection, and are forgotten', () => {
  const net = network();
  const node = ultrapeer(net, { handshakeMs: 3_000 });
  const good = neighbour(net, node, LEAF_HEADERS).protocol;
  const bad = [
    'GIV 1:x/y\n\n',
    'xy',
    '',
    'GNUTELLA',
    `GNUTELLA CONNECT/0.6\r\n${'x: y\r\n'.repeat(1_000)}`,
    'GNUTELLA CONNECT/x\r\n\r\n',
  ].map((text) => {
    const { protocol } = talker(net);
    protocol.dial(node.endpoint, latin1Bytes(text));
    return protocol;
  });
  net.world.runFor(8_000);
  assert.deepEqual(
    bad.map(({ closed }) => closed),
    bad.map(() => true),
  );
  assert.deepEqual([good.closed, node.protocol.connector.size, neighboursOf(node).length], [false, 0, 1]);
});

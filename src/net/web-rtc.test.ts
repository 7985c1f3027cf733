/** Meetings and channels on real sockets: the contracts of `core/web-rtc.ts` and `core/channel.ts`, on loopback. */

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Channel, ChannelHandler } from '../core/channel.ts';
import { formatEndpoint } from '../core/endpoint.ts';
import type { Framing } from '../core/framing.ts';
import type { Peer, Stream, StreamHandler } from '../core/host.ts';
import { RawBytes, rawBytes } from '../core/raw-bytes.ts';
import { utf8Bytes } from '../core/utf8.ts';
import type { Meeting, WebRtc } from '../core/web-rtc.ts';
import { Tracker } from '../overlays/tracker/index.ts';
import { SocketHost } from './socket-host.ts';
import { hasWebRtc } from './web-rtc-port.ts';

const PATIENCE = { timeout: 20_000 };
const RTC = { ...PATIENCE, skip: hasWebRtc() ? false : 'node-datachannel is not installed' };
const asTheyCome: Framing<Uint8Array> = {
  name: 'as they come',
  deframer: () => ({
    push(bytes, start, end, sink) {
      sink.onMessage(bytes.slice(start, end));
      return end;
    },
  }),
};

test('two meet and send each other ten megabytes, in order and held back', RTC, async (t) => {
  const [left, right] = await meet(await rtcOf(t), await rtcOf(t));
  const block = new RawBytes(Uint8Array.from({ length: 100_000 }, (_, index) => index % 251));
  for (const end of [left, right]) for (let count = 0; count < 100; count++) end.stream?.send(rawBytes, block);
  assert.equal(left.stream?.send(rawBytes, block), false, 'more waits than may');
  await Promise.all([left, right].map((end) => end.until(() => end.bytes >= 10_000_000 && end.drains > 0)));
  assert.ok(left.inOrder && right.inOrder);
  assert.deepEqual([left.stream.incoming, right.stream?.incoming], [false, true]);
});

test('who resets is heard of, by itself as local', RTC, async (t) => {
  const [left, right] = await meet(await rtcOf(t), await rtcOf(t));
  left.stream?.reset();
  await Promise.all([left, right].map((end) => end.until(() => end.closed !== '' || end.ended)));
  assert.equal(left.closed, 'local');
});

test('candidates that a socket on loopback cannot send to do not keep two from meeting', RTC, async (t) => {
  const elsewhere = (text: string) => text.replace('a=candidate', 'a=candidate:9 1 UDP 2122194687 192.0.2.9 9 typ host\r\na=candidate');
  const [left, right] = await meet(await rtcOf(t), await rtcOf(t), elsewhere);
  assert.ok(left.stream !== null && right.stream !== null);
});

test('what is no description leads nowhere, in words, whichever side it comes to', RTC, async (t) => {
  const rtc = await rtcOf(t);
  const many = `v=0\r\n${'a=candidate:1 1 UDP 1 127.0.0.1 9 typ host\r\n'.repeat(100)}`;
  for (const wrong of ['', 'v=0\r\n', 'garbage', 'x'.repeat(100_000), many]) {
    const detail = await new Promise<string>((resolve) => {
      rtc.answer(wrong, { onDescribed() {}, onMet() {}, onNotMet: (_meeting, why) => resolve(why) });
    });
    assert.match(detail, /^no description of a connection/);
  }
  const offered = await new Promise<string>((resolve) => {
    rtc.offer({ onDescribed: (meeting) => meeting.answered('v=0\r\n'), onMet() {}, onNotMet: (_meeting, why) => resolve(why) });
  });
  assert.match(offered, /^no description of a connection/);
});

test('a host on loopback tells of no other address, and listens at none', RTC, async (t) => {
  const rtc = await rtcOf(t);
  const description = await new Promise<string>((resolve) => {
    rtc.offer({ onDescribed: (_meeting, text) => resolve(text), onMet() {}, onNotMet() {} });
  });
  const candidates = description.split('\r\n').filter((line) => line.startsWith('a=candidate'));
  assert.ok(candidates.length > 0 && candidates.every((line) => line.includes(' 127.0.0.1 ')), description);
});

test('a WebSocket to our tracker carries messages; one over the bound closes it, and plain HTTP goes on', PATIENCE, async (t) => {
  const host = await hostOf(t);
  host.run((ours) => new Tracker(ours, { channels: host.openChannels() }));
  const place = formatEndpoint(host.self.stream as Uint8Array);
  const client = new Client();
  (await hostOf(t)).openChannels().dial(`ws://${place}/announce`, 1 << 16, client);
  await client.until(() => client.channel !== null);
  client.channel?.send(rawBytes, new RawBytes(utf8Bytes('{"action":"scrape","info_hash":"hhhhhhhhhhhhhhhhhhhh"}')));
  await client.until(() => client.messages.length === 1);
  assert.match(client.messages[0] ?? '', /"complete":0,"incomplete":0/);
  client.channel?.send(rawBytes, new RawBytes(new Uint8Array(200_000).fill(32)));
  await client.until(() => client.closed !== '');
  assert.match(await (await fetch(`http://${place}/stats`)).text(), /WebSocket: 0 open/);
});

test('a request that is no proper handshake is answered by HTTP, and no server is an end in words', PATIENCE, async (t) => {
  const host = await hostOf(t);
  host.run((ours) => new Tracker(ours, { channels: host.openChannels() }));
  const place = formatEndpoint(host.self.stream as Uint8Array);
  const client = new Client();
  const closedHost = await hostOf(t);
  const nobody = formatEndpoint(closedHost.self.stream as Uint8Array);
  await closedHost.close();
  host.openChannels().dial(`ws://${nobody}/`, 1000, client);
  await client.until(() => client.closed !== '');
  assert.match(client.closed, /ECONNREFUSED/);
  const { Socket } = await import('node:net');
  const answer = await new Promise<string>((resolve) => {
    const socket = new Socket().connect(Number(place.split(':')[1]), '127.0.0.1');
    socket.on('data', (bytes: Buffer) => resolve(bytes.toString()));
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  });
  assert.match(answer, /^HTTP\/1\.1 400 /);
});

// ---- the ends --------------------------------------------------------------------------------------------------------------------

/** Something that changes, and whoever waits for what it becomes. */
class Watched {
  #wakers: (() => void)[] = [];

  protected changed(): void {
    for (const wake of this.#wakers.splice(0)) wake();
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#wakers.push(resolve));
  }
}

class End extends Watched implements StreamHandler<Uint8Array> {
  stream: Stream | null = null;
  bytes = 0;
  inOrder = true;
  drains = 0;
  ended = false;
  closed = '';

  onOpen(stream: Stream): void {
    this.stream = stream;
    this.changed();
  }

  onMessage(bytes: Uint8Array): void {
    for (const byte of bytes) this.inOrder &&= byte === (this.bytes++ % 100_000) % 251;
    this.changed();
  }

  onBulk(): void {}

  onDrain(): void {
    this.drains++;
    this.changed();
  }

  onEnd(): void {
    this.ended = true;
    this.changed();
  }

  onClose(reason: string): void {
    this.closed = reason;
    this.changed();
  }
}

class Client extends Watched implements ChannelHandler {
  channel: Channel | null = null;
  readonly messages: string[] = [];
  closed = '';

  onChannelOpen(channel: Channel): void {
    this.channel = channel;
    this.changed();
  }

  onChannelMessage(bytes: Uint8Array): void {
    this.messages.push(Buffer.from(bytes).toString());
    this.changed();
  }

  onChannelClosed(detail: string): void {
    this.closed = detail;
    this.changed();
  }
}

async function hostOf(t: TestContext): Promise<SocketHost> {
  const host = new SocketHost({ address: '127.0.0.1' });
  await host.open();
  t.after(() => host.close());
  return host;
}

async function rtcOf(t: TestContext): Promise<WebRtc> {
  return (await hostOf(t)).openWebRtc([]);
}

/** Once in some hundred times the library gives a meeting up at once. Peers are introduced again by their tracker, and so are these. */
const ATTEMPTS = 3;

/** Both ends, once their streams are open. */
async function meet(offering: WebRtc, answering: WebRtc, onTheWay = (text: string) => text): Promise<[End, End]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await meetOnce(offering, answering, onTheWay);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function meetOnce(offering: WebRtc, answering: WebRtc, onTheWay: (text: string) => string): Promise<[End, End]> {
  const [left, right] = [new End(), new End()];
  const failed = Promise.withResolvers<never>();
  const onNotMet = (_meeting: Meeting, detail: string): void => failed.reject(new Error(detail));
  const meetingOf = (end: End) => (meeting: Meeting, _peer: Peer) => void meeting.carry(asTheyCome, end);
  const offer = offering.offer({
    onDescribed(_meeting, offered) {
      answering.answer(onTheWay(offered), {
        onDescribed: (_answering, answer) => offer.answered(onTheWay(answer)),
        onMet: meetingOf(right),
        onNotMet,
      });
    },
    onMet: meetingOf(left),
    onNotMet,
  });
  await Promise.race([failed.promise, Promise.all([left, right].map((end) => end.until(() => end.stream !== null)))]);
  return [left, right];
}

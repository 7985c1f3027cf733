import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteStream } from '../../../test/fixtures/byte-stream.ts';
import { network } from '../../../test/fasttrack/worlds.ts';
import { framingLaws } from '../../../test/codec-laws.ts';
import { concatBytes, latin1, latin1Bytes } from '../../core/bytes.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { Framing } from '../../core/framing.ts';
import type { Host, Peer, StreamHandler } from '../../core/host.ts';
import { RawBytes } from '../../core/raw-bytes.ts';
import { answerFrames, type ForeignDoor, hello, helloFrames } from './opening.ts';
import { Session, type SessionHolder } from './session.ts';

/** Keeps the bytes of all streams that it is given. */
class Door implements ForeignDoor, StreamHandler<unknown, unknown> {
  text = '';
  opened = 0;
  readonly framing: Framing<RawBytes> = {
    name: 'as it comes',
    deframer: () => {
      // What was taken before is reported with the first bytes behind it.
      let kept = '';
      let isPast = false;
      return {
        push(bytes, start, end, sink) {
          kept += latin1(bytes, start, end);
          isPast ||= kept.length > 4;
          if (isPast) {
            sink.onMessage(new RawBytes(latin1Bytes(kept)));
            kept = '';
          }
          return end;
        },
      };
    },
  };

  onConnection(): StreamHandler<unknown, unknown> {
    return this;
  }

  onOpen(): void {
    this.opened++;
  }

  onMessage(message: unknown): void {
    this.text += latin1((message as RawBytes).bytes);
  }

  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {}
  onClose(): void {}
}

const NOBODY: SessionHolder = { onReady() {}, onMessage() {}, onRoom() {}, onGone() {} };
// The session asks its host for nothing but the time.
const HOST = { now: () => 0 } as Host;

function incoming(door: ForeignDoor | null): ByteStream {
  const session = new Session(HOST, 'KaZaA', NOBODY, door);
  const stream = new ByteStream(true, helloFrames, session);
  session.onOpen(stream);
  return stream;
}

test('PROTOCOL, Transfers: a stream that begins as HTTP or with GIVE goes to the transfers, with every byte, however it is cut', () => {
  for (const text of ['GET /.hash=8e0cda92 HTTP/1.1\r\n\r\n', 'HEAD /1/a HTTP/1.1\r\n\r\n', 'GIVE 4253679545\r\n']) {
    for (let cut = 1; cut < text.length; cut++) {
      const door = new Door();
      const stream = incoming(door);
      stream.arrive(latin1Bytes(text.slice(0, cut)));
      stream.arrive(latin1Bytes(text.slice(cut)));
      assert.deepEqual([door.opened, door.text], [1, text], `cut at ${cut}`);
    }
  }
});

test('without transfers such a stream is reset, and a hello is answered in any case', () => {
  const stream = incoming(null);
  stream.arrive(latin1Bytes('GET / HTTP/1.1\r\n\r\n'));
  assert.notEqual(stream.over, null);
  const session = incoming(new Door());
  session.arrive(Uint8Array.of(0xfa, 0x00, 0xb6, 0x2b, 0xfa, 0xcb, 0x12, 0x38, 0x32, 0x09, 0xd2, 0x32));
  // giFT's hello: our seed and choice of encryption, then the name of the network, enciphered.
  assert.equal(session.taken().length, 8 + 'KaZaA\0'.length);
  assert.equal(session.over, null);
});

test('PROTOCOL, 0x0D: a holder who cannot be dialled hears of who wants his file, through both supernodes', () => {
  const net = network({}, { publicAddresses: true });
  const { world, add, search } = net;
  const [first, second] = [add('supernode'), add('supernode')];
  const pushed: string[] = [];
  const pushes = { onPush: (id: number, to: Uint8Array) => void pushed.push(`${id} ${formatEndpoint(to)}`) };
  const holder = add(
    'ordinary',
    ['walrus.mp3'],
    { nodes: [first.endpoint], name: 'alice' },
    { nat: { kind: 'port-restricted' } },
    { pushes },
  );
  const asker = add('ordinary', [], { nodes: [second.endpoint] });
  const hidden = add('ordinary', [], { nodes: [second.endpoint] }, { nat: { kind: 'symmetric' } });
  world.runFor(60_000);
  assert.equal(holder.protocol.parent.endpoint?.join(), first.endpoint.join());
  const found = search(asker, 'walrus');
  world.runFor(10_000);
  const hit = found.hits[0] as (typeof found.hits)[0];
  assert.deepEqual([hit.holder.firewalled, hit.holder.endpoint], [true, null]);
  assert.ok(asker.protocol.requestPush(4_253_679_545, hit.holder));
  // Who cannot be dialled himself would only send the holder nowhere.
  assert.ok(hidden.protocol.requestPush(1, hit.holder));
  assert.equal(asker.protocol.requestPush(2, { ...hit.holder, id: 'nobody' }), false);
  world.runFor(5_000);
  assert.deepEqual(pushed, [`4253679545 ${formatEndpoint(asker.endpoint)}`]);
});

test('in a world of objects, too, what is no hello goes to the transfers', () => {
  const door = new Door();
  const net = network({}, {}, { door });
  const supernode = net.add('supernode');
  net.world.runFor(1_000);
  const session = supernode.protocol.onConnection(1 as Peer) as Session;
  const stream = new ByteStream(true, helloFrames, session);
  session.onOpen(stream);
  // As the simulator passes on what somebody else's codec has sent.
  session.onMessage(new RawBytes(latin1Bytes('GET /')) as never);
  assert.deepEqual([door.opened, door.text], [1, 'GET /']);
});

const hellos = concatBytes(Array.from({ length: 20 }, () => hello().bytes));
framingLaws(helloFrames, hellos, { carryBytesMax: 12, streams: [latin1Bytes('HEAD /'), latin1Bytes('GIV')] });
framingLaws(answerFrames, hellos.subarray(0, 160), { carryBytesMax: 8 });

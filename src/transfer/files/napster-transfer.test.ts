/** Files from users of Napster: their hand-shakes are the overlay's, what is made of the bytes is the download's. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { addFetcher, addSharer, type Fetching, sharedFile, wayTo } from '../../../test/fixtures/file-world.ts';
import { mutate } from '../../../test/mutate.ts';
import { NapsterRoom, type SimUser } from '../../../test/napster/worlds.ts';
import { latin1Bytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import { Random } from '../../core/random.ts';
import type { World } from '../../sim/world.ts';
import { type HolderWay, KnownWay } from './holder-way.ts';
import { napsterDownload } from './napster-lines.ts';

const FILE = { ...sharedFile(2_500_000, 1, 'walrus polka tape.mp3'), folder: 'c:/music', kind: 'audio' } as const;
const NAME = 'c:\\music\\walrus polka tape.mp3';
const SLOW = { upBytesPerSecond: 250_000, downBytesPerSecond: 4_000_000 };
const ASK = { speech: 'napster', nick: 'zoe', fileName: NAME } as const;

/** Those of whom zoe has asked for the file (203), so that they wait for her. */
function meetZoe(room: NapsterRoom, holders: readonly SimUser[]): void {
  const zoe = room.user({ nick: 'zoe' });
  room.world.runFor(2_000);
  const meeting = { onHolderAt() {}, onHolderCame() {}, onHolderBusy() {}, onNoMeeting() {} };
  for (const { nick } of holders) zoe.client.meetings.arrange({ nick, fileName: NAME, bytes: FILE.bytes }, false, meeting);
  room.world.runFor(500);
}

function napsterWay({ node }: SimUser, fileName = NAME): HolderWay {
  return new KnownWay(`napster ${formatEndpoint(node.endpoint)}`, node.endpoint, { ...ASK, fileName });
}

function finish(world: World, { outcome }: Fetching): void {
  world.runUntil(() => outcome.verification !== null, 120_000);
}

for (const mode of ['reference', 'bytes'] as const) {
  test(`a file comes from users of Napster and of Gnutella at once, and each is cut where the other begins (${mode})`, () => {
    const room = new NapsterRoom({ mode });
    room.server();
    const users = ['ann', 'bob'].map((nick) => room.user({ nick }, [FILE], SLOW));
    const servent = addSharer(room.world, [FILE], {}, SLOW);
    meetZoe(room, users);
    const beginMs = room.world.now;
    const fetching = addFetcher(room.world, FILE, () => [...users.map((user) => napsterWay(user)), wayTo(servent, FILE)]);
    finish(room.world, fetching);
    assert.equal(fetching.outcome.verification, 'parts');
    assert.ok(room.world.now - beginMs < 6_500, `${room.world.now - beginMs} ms: one alone takes 10 s`);
    assert.ok([...(fetching.download?.holders ?? [])].every(({ meter }) => meter.total > 300_000));
  });

  test(`a user who cannot be dialled says SEND, and is told where to begin (${mode})`, () => {
    const room = new NapsterRoom({ mode });
    room.server();
    room.user({ nick: 'ann', dataPort: 0 }, [FILE]);
    const zoe = room.user({ nick: 'zoe' });
    room.world.runFor(2_000);
    const got = zoe.get([{ nick: 'ann', name: NAME }], { bytes: FILE.bytes });
    room.world.runUntil(() => got.state !== 'open', 60_000);
    assert.deepEqual([got.state, got.bytes], ['done', FILE.bytes]);
  });
}

test('a file that is not shared is refused in the words of the protocol, and its holder asked no more', () => {
  const room = new NapsterRoom();
  room.server();
  const ann = room.user({ nick: 'ann' }, [FILE]);
  room.world.runFor(1_000);
  const fetching = addFetcher(room.world, FILE, () => [napsterWay(ann, 'c:\\other.mp3')]);
  room.world.runFor(5_000);
  assert.deepEqual(
    [...(fetching.download?.holders ?? [])].map(({ state, detail }) => [state, detail]),
    [['dropped', 'file not shared']],
  );
});

/** What a download is told of chunks of a stream. */
function told(chunks: readonly Uint8Array[], fileBytes = 250_000): string[] {
  const seen: string[] = [];
  const sink = {
    open: true,
    onMessage: (message: object) => void seen.push(Object.keys(message).join()),
    onBulk: (_head: unknown, body: { length: number }) => void seen.push(`${body.length} bytes`),
  };
  const deframer = napsterDownload(fileBytes, true).deframer();
  for (const chunk of chunks) deframer.push(chunk, 0, chunk.length, sink);
  return seen;
}

test('the size ends where it is known to end, though the file itself begins with digits', () => {
  assert.deepEqual(told(['2500', '00123', '45'].map(latin1Bytes)), ['begins', '3 bytes', '2 bytes']);
  assert.throws(() => told([latin1Bytes('260000')]), MalformedMessage);
});

test('whatever comes instead of the file, it is a size, a refusal or no message', () => {
  const random = new Random(5);
  const pool = ['250000RIFF', 'FILE NOT SHARED', 'INVALID REQUEST'].map(latin1Bytes);
  for (let round = 0; round < 10_000; round++) {
    try {
      told([mutate(pool, random)]);
    } catch (error) {
      assert.ok(error instanceof MalformedMessage, String(error));
    }
  }
});

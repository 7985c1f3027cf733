/** Files between users of Napster: words without an end, a size without a separator, offsets, and users who cannot be dialled. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { addFetcher, addSharer, AGENT, type Fetching, SimContent, keyOf, sharedFile, wayTo } from '../../../test/fixtures/file-world.ts';
import { mutate } from '../../../test/mutate.ts';
import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { Host, Stream, StreamAcceptor, StreamHandler } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { World } from '../../sim/world.ts';
import { FileTransfers } from './file-transfers.ts';
import { type HolderWay, KnownWay } from './holder-way.ts';
import { formatNapsterWords, napsterDownload, napsterRequests, type NapsterRequest, parseNapsterWords } from './napster-lines.ts';

const FILE = sharedFile(2_500_000);
const NAME = 'c:\\music\\walrus polka tape.mp3';
const SLOW = { upBytesPerSecond: 250_000, downBytesPerSecond: 4_000_000 };

/** A user whose port is a data port of Napster. */
class User extends FileTransfers implements StreamAcceptor<NapsterRequest> {
  constructor(host: Host, shares: boolean) {
    super(host, {
      content: new SimContent(shares ? [FILE] : []),
      userAgent: AGENT,
      listens: false,
      napsterNames: { byName: (name) => (shares && name === NAME ? FILE : null) },
    });
  }

  override start(): void {
    super.start();
    this.host.listen(napsterRequests, this);
  }

  onConnection(): StreamHandler<NapsterRequest> {
    return { ...NOBODY, onOpen: (stream: Stream) => this.napster.accept(stream) };
  }
}

const NOBODY = { onMessage() {}, onBulk() {}, onDrain() {}, onEnd() {}, onClose() {} };

function addUser(world: World, link = {}): SimNode<User> {
  return world.addNode((host) => new User(host, true), { ...link, stores: { [keyOf(FILE)]: 'full' } });
}

function napsterWay(node: SimNode, fileName = NAME): HolderWay {
  return new KnownWay(`napster ${formatEndpoint(node.endpoint)}`, node.endpoint, { speech: 'napster', nick: 'zoe', fileName });
}

function finish(world: World, { outcome }: Fetching): void {
  while (outcome.verification === null && world.now < 120_000) world.runFor(200);
}

for (const mode of ['reference', 'bytes'] as const) {
  test(`a file comes from users of Napster and of Gnutella at once, and each is cut where the other begins (${mode})`, () => {
    const world = new World({ seed: 1, mode });
    const [first, second] = [addUser(world, SLOW), addUser(world, SLOW)];
    const servent = addSharer(world, [FILE], {}, SLOW);
    const fetching = addFetcher(world, FILE, () => [napsterWay(first), napsterWay(second), wayTo(servent, FILE)]);
    finish(world, fetching);
    assert.equal(fetching.outcome.verification, 'parts');
    assert.ok(world.now < 6_500, `${world.now} ms: one alone takes 10 s`);
    assert.ok([...(fetching.download?.holders ?? [])].every(({ meter }) => meter.total > 300_000));
  });

  test(`a user who cannot be dialled says SEND, and is told where to begin (${mode})`, () => {
    const world = new World({ seed: 1, mode });
    const holder = addUser(world);
    const node = world.addNode((host) => new User(host, false));
    world.runFor(10);
    const { protocol, endpoint } = node;
    const pusher = { push: () => holder.protocol.napster.bring(endpoint, 'ann', NAME) };
    const way = protocol.pushes.way('ann', { nick: 'ann', fileName: NAME }, pusher, { speech: 'napster', nick: 'zoe', fileName: NAME });
    const done: string[] = [];
    const listener = { onDownloadTree() {}, onDownloadDone: (as: string) => void done.push(as), onDownloadFailed() {} };
    const options = { wanted: FILE, location: 'got', path: ['x'], key: 'k', tree: null, userAgent: AGENT, node: null };
    world.at(world.now, () => void protocol.download(options, listener).add(way));
    while (done.length === 0 && world.now < 60_000) world.runFor(200);
    assert.deepEqual(done, ['whole']);
  });
}

test('a file that is not shared is refused in the words of the protocol, and its holder asked no more', () => {
  const world = new World({ seed: 1 });
  const user = addUser(world);
  const fetching = addFetcher(world, FILE, () => [napsterWay(user, 'c:\\other.mp3')]);
  world.runFor(5_000);
  assert.deepEqual(
    [...(fetching.download?.holders ?? [])].map(({ state, detail }) => [state, detail]),
    [['dropped', 'file not shared']],
  );
});

test('giFT asked in exactly these words', () => {
  assert.equal(latin1(formatNapsterWords({ nick: 'giftbob', fileName: NAME, number: 0 })), `giftbob "${NAME}" 0`);
  assert.deepEqual(parseNapsterWords(latin1Bytes(`giftbob "${NAME}" 0`)), { nick: 'giftbob', fileName: NAME, number: 0 });
  assert.equal(parseNapsterWords(latin1Bytes('giftbob "c:\\mus')), null);
});

test('the size ends where it is known to end, though the file itself begins with digits', () => {
  const seen: string[] = [];
  const sink = {
    open: true,
    onMessage: (message: object) => void seen.push(Object.keys(message).join()),
    onBulk: (_head: unknown, body: { length: number }) => void seen.push(`${body.length} bytes`),
  };
  const deframer = napsterDownload(250_000, true).deframer();
  for (const chunk of ['2500', '00123', '45']) deframer.push(latin1Bytes(chunk), 0, chunk.length, sink);
  assert.deepEqual(seen, ['begins', '3 bytes', '2 bytes']);
  const other = napsterDownload(250_000, true).deframer();
  assert.throws(() => other.push(latin1Bytes('260000'), 0, 6, sink), MalformedMessage);
});

test('whatever comes on a data port, it is a request or no message', () => {
  const random = new Random(5);
  const pool = [`GETgiftbob "${NAME}" 0`, `SENDann "${NAME}" 250000`].map(latin1Bytes);
  for (let round = 0; round < 10_000; round++) {
    const deframer = napsterRequests.deframer();
    const bytes = mutate(pool, random);
    try {
      deframer.push(bytes, 0, bytes.length, { open: true, onMessage() {}, onBulk() {} });
    } catch (error) {
      assert.ok(error instanceof MalformedMessage, String(error));
    }
  }
});

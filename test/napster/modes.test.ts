/** Objects or bytes, the run is the same; and a limit holds for what goes out. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimiter } from '../../src/transfer/bittorrent/rate-limiter.ts';
import { NapsterRoom, sharedFile } from './worlds.ts';

const NAME = 'c:\\music\\walrus.mp3';
const BYTES = 3_000_000;
const walrus = sharedFile(1, 'walrus.mp3', { bytes: BYTES });

/** Linked servers, a search, downloads both ways round, a crash and a resume; what came of it. */
function run(mode: 'reference' | 'bytes'): readonly (string | number)[] {
  const room = new NapsterRoom({
    mode,
    seed: 5,
    latency: { kind: 'uniform', minMs: 5, maxMs: 90 },
    links: { upBytesPerSecond: 400_000, downBytesPerSecond: 800_000 },
  });
  const servers = room.club(2);
  room.world.runFor(3_000);
  const [first = null, second = null] = servers;
  const alice = room.user({ nick: 'alice', at: first }, [walrus]);
  const carol = room.user({ nick: 'carol', at: second, dataPort: 0 }, [walrus]);
  const bob = room.user({ nick: 'bob', at: second });
  room.world.runFor(3_000);
  const { hits } = bob.search('walrus');
  const gets = [bob.get([{ nick: 'alice', name: NAME }], { bytes: BYTES }), bob.get([{ nick: 'carol', name: NAME }], { bytes: BYTES })];
  room.world.runFor(2_000);
  room.world.crash(alice.node);
  room.world.runFor(5_000);
  room.world.restart(alice.node);
  room.world.runFor(60_000);
  assert.deepEqual(
    gets.map(({ state, bytes }) => [state, bytes]),
    [
      ['done', BYTES],
      ['done', BYTES],
    ],
  );
  return [room.world.traceHash(), room.world.counters.events, hits.length, carol.node.bytesUp, bob.node.bytesDown];
}

test('with objects and with bytes the run is the same, event for event', () => {
  assert.deepEqual(run('reference'), run('bytes'));
});

test('what a user sends stays within his limit, whoever asks', () => {
  const room = new NapsterRoom();
  room.server();
  const budget = new RateLimiter(100_000, null);
  const alice = room.user({ nick: 'alice', budget }, [walrus]);
  const others = ['bob', 'carol', 'dave'].map((nick) => room.user({ nick }));
  room.world.runFor(1_000);
  const gets = others.map((user) => user.get([{ nick: 'alice', name: NAME }], { bytes: BYTES }));
  room.world.runFor(10_000);
  const came = gets.reduce((sum, { brought }) => sum + (brought[0] ?? 0), 0);
  assert.ok(came > 900_000 && came < 1_150_000, `${came} bytes in ten seconds`);
  for (const { brought } of gets) assert.ok((brought[0] ?? 0) > 200_000, 'nobody is left out');
  assert.ok(alice.node.bytesUp < 1_200_000);
});

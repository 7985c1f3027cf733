/** `kith introducer` for the structured overlays: who knows its address alone finds the ring, or founds it. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { until } from '../interop/peers/process-group.ts';
import { Room } from './kith-process.ts';

function room(t: TestContext): Room {
  const made = new Room();
  t.after(() => made.close());
  return made;
}

test('the first node founds a ring, the second finds it by the introducer, and a value put at one is got at the other', async (t) => {
  const here = room(t);
  const [url = ''] = await here.start(['introducer', '--port', '0']).saying(/^http:\S+/m);
  const first = here.start(['dht', 'join', '--introducer', url, '--port', '0']);
  await first.saying(/Founded a chord network/, 'stderr');
  const second = here.start(['dht', 'join', '--introducer', url, '--port', '0', '--name', 'second']);
  await second.saying(/In the chord network/, 'stderr');
  assert.equal((await here.run(['dht', 'put', 'greeting', 'hello'])).code, 0);
  assert.equal((await here.run(['dht', 'get', 'greeting', '--name', 'second'])).stdout, 'hello');
});

test('an index server tells introducers of itself, who tell of it', async (t) => {
  const here = room(t);
  const [url = ''] = await here.start(['introducer', '--port', '0']).saying(/^http:\S+/m);
  const [address = ''] = await here.start(['index', '--port', '0'], { KITH_NETWORKS_INTRODUCERS: url }).saying(/^127\S+$/m);
  const kept = await until('the index server', 20_000, async () => {
    const answer = await (await fetch(`${url}?get=1&net=napster`)).text();
    return answer.startsWith('H|') ? answer : null;
  });
  assert.match(kept, new RegExp(`^H\\|${address}\\|\\d+\r\n$`));
});

test('mistakes are named: an address that is none, a network that is none', async (t) => {
  const here = room(t);
  const address = await here.run(['dht', 'join', '--introducer', 'localhost:8650']);
  assert.deepEqual([address.code, /http:\/\/example\.org:8650/.test(address.stderr)], [2, true]);
  const net = await here.run(['introducer', '--net', 'gnutela']);
  assert.deepEqual([net.code, /Did you mean gnutella\?/.test(net.stderr)], [2, true]);
  const proxied = await here.run(['introducer'], { KITH_PROXY: 'socks5://127.0.0.1:1' });
  assert.equal(proxied.code, 2);
});

test('a taken port becomes the next free one, and it says so', async (t) => {
  const here = room(t);
  const [, port = ''] = await here.start(['introducer', '--port', '0']).saying(/^http:\S+:(\d+)\/$/m);
  const other = here.start(['introducer', '--port', port]);
  const [, next = ''] = await other.saying(/^http:\S+:(\d+)\/$/m);
  assert.ok(Number(next) > Number(port));
  await other.saying(/is taken; using \d+ instead \(introducer\.port\)/, 'stderr');
});

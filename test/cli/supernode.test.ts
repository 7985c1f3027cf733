/** `kith supernode` as a client of its time meets it: over a socket, with the bytes that giFT sent. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Type } from '../../src/overlays/fasttrack/messages.ts';
import { RawClient } from '../fasttrack/raw-client.ts';
import { events, type KithProcess, Room } from './kith-process.ts';

/** giFT's log-in, as it was captured: a head and a body. */
const LOG_IN = '4b0200000ecb00713c04bf6000676946546564';

interface Server {
  readonly room: Room;
  readonly process: KithProcess;
  readonly port: number;
}

async function server(t: TestContext, args: readonly string[] = []): Promise<Server> {
  const room = new Room();
  t.after(() => room.close());
  const process = room.start(['supernode', '--port', '0', ...args]);
  return { room, process, port: Number((await process.saying(/127\.0\.0\.1:(\d+)/))[1]) };
}

/** Past the handshake. */
async function client(t: TestContext, port: number): Promise<RawClient> {
  const made = await RawClient.open(port);
  t.after(() => made.close());
  made.sayHello();
  await made.until('the network', () => made.of('network').length > 0);
  made.say('4b615a614100');
  return made;
}

test('it prints its address alone, talks on stderr, and Ctrl-C ends it with code 130', async (t) => {
  const { process } = await server(t);
  await process.saying(/kith supernode --public/, 'stderr');
  process.kill('SIGINT');
  const { code, stdout, stderr } = await process.ended;
  assert.equal(code, 130);
  assert.match(stdout, /^127\.0\.0\.1:\d+\n$/);
  assert.match(stderr, /The supernode has stopped\./);
});

test('giFT is let in, told of the network, and answered', async (t) => {
  const { port } = await server(t);
  const gift = await client(t, port);
  assert.equal(gift.answer, '000000010a244084');
  gift.say(LOG_IN);
  await gift.until('its address', () => gift.of(Type.externalIp).length > 0);
  assert.deepEqual(gift.of(Type.externalIp)[0]?.body.ip, Uint8Array.of(127, 0, 0, 1));
  await gift.until('numbers of the network', () => gift.of(Type.stats).length > 0);
});

test('a request for a file is answered on the same port, and garbage costs whoever sends it his connection', async (t) => {
  const { port } = await server(t);
  const answer = await fetch(`http://127.0.0.1:${port}/.hash=${'0'.repeat(40)}`);
  assert.equal(answer.status, 404);
  const strange = await client(t, port);
  strange.say('00112233445566778899');
  await strange.until('an end', () => strange.closed);
  assert.equal((await fetch(`http://127.0.0.1:${port}/nothing`)).status, 404);
});

test('with the address of another it is linked to it, and each tells of it in --json', async (t) => {
  const first = await server(t, ['--json']);
  const second = await server(t, ['--json', '--with', `127.0.0.1:${first.port}`]);
  const linked = async ({ process }: Server): Promise<void> => void (await process.saying(/"event":"status".*"links":1/));
  await Promise.all([linked(first), linked(second)]);
  const [ready] = events(first.process.stdout);
  assert.deepEqual([ready?.event, ready?.address], ['ready', `127.0.0.1:${first.port}`]);
});

test('mistakes are named: a list without a key, a proxy that would be seen through', async (t) => {
  const { room } = await server(t);
  const list = await room.run(['supernode', '--bad-list', 'http://localhost/bad.txt']);
  assert.deepEqual([list.code, /64 hexadecimal digits/.test(list.stderr)], [2, true]);
  const proxy = await room.run(['supernode', '--proxy', 'socks5://127.0.0.1:9']);
  assert.deepEqual([proxy.code, /A supernode cannot be behind a proxy/.test(proxy.stderr)], [2, true]);
});

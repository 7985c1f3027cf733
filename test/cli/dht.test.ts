import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { encodeToBytes } from '../../src/core/codec.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { sha1 } from '../../src/core/sha1.ts';
import { hexOf } from '../../src/core/hex.ts';
import { utf8Bytes } from '../../src/core/utf8.ts';
import { type Contact, contactAt } from '../../src/overlays/chord/index.ts';
import { type ChordMessage, chordCodec, find, found } from '../../src/overlays/chord/messages.ts';
import { fetch, fetched } from '../../src/overlays/values/index.ts';
import { ping, pong } from '../../src/core/who.ts';
import { until } from '../interop/peers/process-group.ts';
import { events, type KithProcess, type Outcome, Room, SCRIPT } from './kith-process.ts';

const room = new Room();
after(() => room.close());

const dht = (...args: readonly string[]): Promise<Outcome> => room.run(['dht', ...args]);

/** A node of that name, once it has printed its address. */
async function started(name: string, ...more: readonly string[]): Promise<{ node: KithProcess; address: string }> {
  const node = room.start(['dht', 'join', ...more, '--port', '0', '--name', name, ...(more.includes('--round') ? [] : ['--round', '0.3'])]);
  return { node, address: (await node.saying(/^127\.0\.0\.1:\d+$/m))[0] };
}

async function stopped(...nodes: readonly KithProcess[]): Promise<void> {
  for (const node of nodes) node.kill('SIGINT');
  await Promise.all(nodes.map(({ ended }) => ended));
}

let first: KithProcess;
let address = '';

before(async () => {
  ({ node: first, address } = await started('default'));
});

test('join prints the address on stdout and nothing else, and how others join on stderr', async () => {
  const { node, address: own } = await started('joiner', address);
  assert.match(node.stderr, new RegExp(`In the chord network as ${own}[\\s\\S]*dht join ${own}[\\s\\S]*--name joiner[\\s\\S]*--public`));
  node.kill('SIGINT');
  const { code, stdout, stderr } = await node.ended;
  assert.deepEqual([code, stdout], [130, `${own}\n`]);
  assert.match(stderr, /Left\./);
});

test('put, get, remove and lookup use the node that runs here; what is not there is exit code 3', async () => {
  const put = await dht('put', 'a key', 'grüezi');
  assert.deepEqual([put.code, put.stdout], [0, `${hexOf(sha1(utf8Bytes('a key')))}\n`], put.stderr);
  assert.match(put.stderr, /7 B at 1 of 1 node/);
  assert.deepEqual(await dht('get', 'a key'), { code: 0, stdout: 'grüezi', stderr: '' });
  const byDigits = await dht('get', '--hex', hexOf(sha1(utf8Bytes('a key'))));
  assert.equal(byDigits.stdout, 'grüezi');
  const found = await dht('lookup', 'a key', '--trace');
  assert.match(found.stdout, new RegExp(`^owner  ${address}  [0-9a-f]{40}\\nhops   0\\ntime   [\\d.]+ ms\\n$`));
  assert.equal((await dht('remove', 'a key')).code, 0);
  const gone = await dht('get', 'a key');
  assert.deepEqual([gone.code, gone.stdout], [3, '']);
  assert.match(gone.stderr, /Nothing is stored under a key/);
});

test('values are bytes: what comes on standard input goes out as it came, up to 1,024 of them', async () => {
  const value = randomBytes(1024);
  const file = join(room.folder, 'value');
  const command = (text: string): string => `exec '${SCRIPT}' dht put bytes - < '${text}'`;
  writeFileSync(file, value);
  const put = spawnSync('sh', ['-c', command(file)], { env: room.environment(), encoding: 'utf8' });
  assert.equal(put.status, 0, put.stderr);
  const got = spawnSync(SCRIPT, ['dht', 'get', 'bytes'], { env: room.environment() });
  assert.ok(got.stdout.equals(value));
  writeFileSync(file, randomBytes(1025));
  const refused = spawnSync('sh', ['-c', command(file)], { env: room.environment(), encoding: 'utf8' });
  assert.deepEqual([refused.status, refused.stdout], [2, '']);
  assert.match(refused.stderr, /at most 1024 bytes, this one has 1025[\s\S]*kith share/);
  assert.ok(spawnSync(SCRIPT, ['dht', 'get', 'bytes'], { env: room.environment() }).stdout.equals(value));
});

test('with --via it does the same without a node of its own, through the first of several that answers', async () => {
  const other = new Room();
  try {
    const via = ['--via', '127.0.0.1:9', '--via', address];
    const put = await other.run(['dht', 'put', 'from outside', 'hello', ...via]);
    assert.equal(put.code, 0, put.stderr);
    assert.equal((await dht('get', 'from outside')).stdout, 'hello');
    const traced = await other.run(['dht', 'lookup', 'from outside', '--trace', '--via', address]);
    assert.match(traced.stdout, new RegExp(`^ 1  answered  ${address} [\\s\\S]*\\n 1  owner     ${address} [\\s\\S]*\\nhops   1\\n`));
    const none = await other.run(['dht', 'get', 'x']);
    assert.equal(none.code, 5);
    assert.match(none.stderr, /No chord node called default runs here[\s\S]*dht join[\s\S]*--via/);
  } finally {
    await other.close();
  }
});

test('--json is one document for short commands, and a line for each event of a node', async () => {
  const put = JSON.parse((await dht('put', 'j', 'ü', '--json')).stdout) as Record<string, unknown>;
  assert.deepEqual([put.v, put.bytes, put.owners, put.replicas, put.hops], [1, 2, 1, 1, 0]);
  const got = JSON.parse((await dht('get', 'j', '--json')).stdout) as Record<string, unknown>;
  assert.deepEqual([got.v, got.text, got.base64], [1, 'ü', 'w7w=']);
  const found = JSON.parse((await dht('lookup', 'j', '--json', '--trace')).stdout) as { owner: { address: string }; path: unknown[] };
  assert.deepEqual([found.owner.address, found.path], [address, []]);
  const missing = await dht('get', 'nothing here', '--json');
  assert.deepEqual([missing.code, events(missing.stdout)[0]?.kind], [3, 'not-found']);
  const { node } = await startedWithEvents('telling', address);
  await node.saying(/"event":"keys","keys":[1-9]/);
  node.kill('SIGTERM');
  const told = events((await node.ended).stdout);
  assert.deepEqual(
    ['ready', 'joined', 'neighbours', 'keys', 'left', 'error'].filter(
      (event) => !told.some((line) => line.v === 1 && line.event === event),
    ),
    [],
  );
  assert.equal(told.find(({ event }) => event === 'left')?.handedOver, true);
});

async function startedWithEvents(name: string, ...more: readonly string[]): Promise<{ node: KithProcess }> {
  const node = room.start(['dht', 'join', ...more, '--port', '0', '--name', name, '--round', '0.3', '--json']);
  await node.saying(/"event":"joined"/);
  return { node };
}

test('status shows place, neighbours, fingers and keys, and leave makes the node hand over its keys and end with code 0', async () => {
  const { node, address: own } = await started('leaver', address, '--replicas', '1', '--units', '3');
  for (let count = 0; count < 8; count++) assert.equal((await dht('put', `key ${count}`, `${count}`, '--name', 'leaver')).code, 0);
  const { stdout } = await dht('status', '--name', 'leaver');
  assert.match(stdout, new RegExp(`^overlay +chord\\naddress +${own}\\nstate +member\\nkeys +\\d+\\n`));
  assert.equal(stdout.match(/^point /gm)?.length, 3);
  assert.match(stdout, new RegExp(`^successor +[0-9a-f]{40}  127\\.0\\.0\\.1:\\d+$`, 'm'));
  const left = await dht('leave', '--name', 'leaver');
  assert.deepEqual([left.code, left.stdout], [0, ''], left.stderr);
  assert.equal((await node.ended).code, 0);
  for (let count = 0; count < 8; count++) assert.equal((await dht('get', `key ${count}`)).stdout, `${count}`);
  assert.equal((await dht('status', '--name', 'leaver')).code, 5);
});

test('one name is one node; after kill -9 it can be used again', async () => {
  const second = await dht('join', '--port', '0');
  assert.deepEqual([second.code, second.stdout], [1, '']);
  assert.match(second.stderr, /chord node default is running already, as process \d+/);
  const { node } = await started('killed');
  node.kill('SIGKILL');
  await node.ended;
  assert.equal((await dht('status', '--name', 'killed')).code, 5);
  const { node: again } = await started('killed');
  assert.equal((await dht('status', '--name', 'killed')).code, 0);
  await stopped(again);
});

test('nobody at the address is exit code 5: for a node that wants to join, and for a command', async () => {
  const joining = await dht('join', '127.0.0.1:9', '--port', '0', '--name', 'lonely', '--timeout', '1');
  assert.deepEqual([joining.code, joining.stdout], [5, ''], joining.stderr);
  assert.match(joining.stderr, /Nobody answers at 127\.0\.0\.1:9/);
  const asking = await dht('get', 'x', '--via', '127.0.0.1:9');
  assert.equal(asking.code, 5);
  assert.match(asking.stderr, /Nobody answers at 127\.0\.0\.1:9/);
});

test('who is there and says nothing more is exit code 6: a node that was stopped, a member whose ring is silent', async () => {
  const { node } = await started('stopped');
  node.kill('SIGSTOP');
  const asked = await dht('get', 'x', '--name', 'stopped', '--timeout', '1');
  node.kill('SIGCONT');
  assert.equal(asked.code, 6, asked.stderr);
  assert.match(asked.stderr, /No answer within 1 s/);
  await stopped(node);

  await withFakeMember([], async (entry) => {
    const { code, stderr } = await dht('get', 'x', '--via', entry);
    assert.equal(code, 6, stderr);
    assert.match(stderr, /found nobody/);
  });
});

test('too few nodes that hold a key is exit code 7, and says how many there were', async () => {
  await withFakeMember(['127.0.0.1:9', '127.0.0.2:9'], async (entry) => {
    for (const command of [
      ['put', 'k', 'v'],
      ['remove', 'k'],
      ['get', 'k'],
    ]) {
      const { code, stdout, stderr } = await dht(...command, '--via', entry);
      assert.deepEqual([code, stdout], [7, ''], stderr);
      assert.match(stderr, /Only 1 of the 3 nodes that hold the key answered; 2 have to\.[\s\S]*again/);
    }
  });
});

/** A member that says of every key that it holds it, and after it those at these addresses; without any it says nothing but who it is. */
async function withFakeMember(others: readonly string[], use: (address: string) => Promise<void>): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound));
  const entry = `127.0.0.1:${socket.address().port}`;
  const [self, ...rest] = [entry, ...others].map((text) => contactAt(parseEndpoint(text) as Endpoint, 0)) as [Contact, ...Contact[]];
  socket.on('message', (bytes, from) => {
    const message = chordCodec.decode(new Uint8Array(bytes), 0, bytes.length);
    const answer = (reply: ChordMessage): void => socket.send(encodeToBytes(chordCodec, reply), from.port, from.address);
    if (message.tag === ping.tag) answer({ tag: pong.tag, transaction: message.transaction, member: true, self });
    if (rest.length === 0) return;
    if (message.tag === find.tag) answer({ tag: found.tag, transaction: message.transaction, closer: [], successors: [self, ...rest] });
    if (message.tag === fetch.tag) answer({ tag: fetched.tag, transaction: message.transaction, item: null });
  });
  try {
    await use(entry);
  } finally {
    socket.close();
  }
}

test('a ring is for one machine or for all: an address that others could not use is exit code 2', async () => {
  const near = await dht('join', '192.0.2.77:4000', '--port', '0', '--name', 'near');
  assert.deepEqual([near.code, near.stdout], [2, '']);
  assert.match(near.stderr, /could reach this node[\s\S]*--public/);
  const far = await dht('join', address, '--port', '0', '--name', 'far', '--host', '192.0.2.77', '--listen', '0.0.0.0');
  assert.equal(far.code, 2);
  assert.match(far.stderr, /for its machine alone[\s\S]*--public/);
});

test('three nodes that have just met keep what was put when the first of them is killed', async () => {
  const { node: founder, address: entry } = await started('founder', '--round', '30s');
  const [second, third] = await Promise.all(['second', 'third'].map((name) => started(name, entry, '--round', '30s')));
  await until('all three to know one another', 10_000, async () => {
    const texts = await Promise.all(['founder', 'second', 'third'].map(async (name) => (await dht('status', '--name', name)).stdout));
    return texts.every((text) => /^successor .*\n {13}[0-9a-f]{40}/m.test(text));
  });
  assert.match((await dht('put', 'young', 'ring', '--name', 'founder')).stderr, /of 3 nodes/);
  founder.kill('SIGKILL');
  for (const name of ['second', 'third']) {
    await until(`the value through ${name}`, 30_000, async () => (await dht('get', 'young', '--name', name)).stdout === 'ring');
  }
  await stopped(second?.node as KithProcess, third?.node as KithProcess);
});

const MISTAKES: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['an overlay that is none', ['get', 'x', '--overlay', 'cord'], /no overlay called cord[\s\S]*Did you mean chord/],
  ['a name that is no file name', ['status', '--name', '../x'], /no name for a node/],
  ['digits that are none', ['get', 'x', '--hex'], /Expected 40 hexadecimal digits/],
  ['an entry that is no address', ['join', '1.2.3.4', '--name', 'x'], /no address of a peer/],
  ['a port that nobody has', ['get', 'x', '--via', '127.0.0.1:0'], /Nobody has port 0/],
  ['more replicas than successors', ['join', '--port', '0', '--name', 'x', '--replicas', '9'], /1 to 8 replicas expected, got 9/],
  ['no virtual node', ['join', '--units', '0'], /whole number from 1 to 256/],
  ['rounds without a pause', ['join', '--round', '0'], /at least 0\.1 s/],
  ['a key to sign with, where nothing is signed', ['put', 'x', 'y', '--key-file', 'k'], /--key-file is of items[\s\S]*--overlay mainline/],
  ['a missing value', ['put', 'x'], /missing required argument 'value'[\s\S]*kith help dht/i],
  ['a mistyped subcommand', ['lokup', 'x'], /Did you mean lookup\?/],
];

for (const [what, args, words] of MISTAKES) {
  test(`${what} is exit code 2, with words on stderr and nothing on stdout`, async () => {
    const { code, stdout, stderr } = await dht(...args);
    assert.match(stderr, words);
    assert.deepEqual([code, stdout], [2, '']);
  });
}

test('each subcommand has help that opens with examples, and the completion knows it and its options', async () => {
  const { stdout: script } = await room.run(['completion', 'bash']);
  const words =
    "COMP_WORDS=(kith dht ''); COMP_CWORD=2; _kith; echo ${COMPREPLY[@]}; COMP_WORDS=(kith dht join --su); COMP_CWORD=3; _kith; echo ${COMPREPLY[@]}";
  const names = ['join', 'put', 'get', 'remove', 'lookup', 'leave', 'status', 'get-peers', 'announce', 'sample'];
  assert.equal(spawnSync('bash', ['-c', `${script}\n${words}`], { encoding: 'utf8' }).stdout, `${names.join(' ')}\n--successors\n`);
  for (const name of names) {
    const [direct, asked] = await Promise.all([dht(name, '--help'), room.run(['help', 'dht', name])]);
    assert.match(direct.stdout, /^Examples:\n {2}\$ kith dht /);
    assert.equal(asked.stdout, direct.stdout);
  }
});

test('the node that all used has lived through it', async () => {
  first.kill('SIGINT');
  assert.equal((await first.ended).code, 130);
  assert.doesNotMatch(first.stderr, /error/);
  assert.equal(readFileSync(join(room.folder, 'value')).length, 1025);
});

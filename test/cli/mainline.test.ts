import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hexOf } from '../../src/core/hex.ts';
import { sha1 } from '../../src/core/sha1.ts';
import { utf8Bytes } from '../../src/core/utf8.ts';
import { events, type KithProcess, type Outcome, Room } from './kith-process.ts';

const HASH = '0123456789abcdef0123456789abcdef01234567';
const NODES = ['default', 'second', 'third'];

const room = new Room();
after(() => room.close());

const addresses: string[] = [];
const nodes: KithProcess[] = [];

function dht(command: string, ...args: readonly string[]): Promise<Outcome> {
  return room.run(['dht', command, ...args, '--overlay', 'mainline']);
}

before(async () => {
  for (const name of NODES) {
    const node = room.start(['dht', 'join', ...addresses.slice(0, 1), '--overlay', 'mainline', '--port', '0', '--name', name]);
    addresses.push((await node.saying(/^127\.0\.0\.1:\d+$/m))[0]);
    nodes.push(node);
  }
});

test('a put text lies under the hash of its bencoding, and any node gives it back as it was', async () => {
  const put = await dht('put', 'grüezi');
  const target = hexOf(sha1(utf8Bytes('7:grüezi')));
  assert.deepEqual([put.code, put.stdout], [0, `${target}\n`], put.stderr);
  assert.match(put.stderr, /9 B at 2 nodes/);
  assert.deepEqual(await dht('get', target, '--name', 'third'), { code: 0, stdout: 'grüezi', stderr: '' });
  assert.equal((await dht('get', target, '--bencoded')).stdout, '7:grüezi');
  const told = JSON.parse((await dht('get', target, '--json')).stdout) as Record<string, unknown>;
  assert.deepEqual([told.v, told.target, told.text, told.seq], [1, target, 'grüezi', undefined]);
});

test('a file of 996 bytes becomes an item, one of 997 is refused, and what is bencoded already stays as it is', async () => {
  const file = join(room.folder, 'value');
  writeFileSync(file, randomBytes(996));
  const put = await dht('put', '--file', file);
  assert.equal(put.code, 0, put.stderr);
  const got = JSON.parse((await dht('get', put.stdout.trim(), '--json')).stdout) as { base64: string };
  assert.equal(got.base64, readFileSync(file).toString('base64'));
  writeFileSync(file, randomBytes(997));
  const refused = await dht('put', '--file', file);
  assert.deepEqual([refused.code, refused.stdout], [2, '']);
  assert.match(refused.stderr, /at most 1000 bytes, this one has 1001[\s\S]*kith share/);
  const dictionary = await dht('put', '--bencoded', 'd1:ai1ee');
  assert.equal(dictionary.stdout, `${hexOf(sha1(utf8Bytes('d1:ai1ee')))}\n`);
  assert.equal((await dht('get', dictionary.stdout.trim())).stdout, 'd1:ai1ee');
  const broken = await dht('put', '--bencoded', 'd1:b0:1:a0:e');
  assert.equal(broken.code, 2);
  assert.match(broken.stderr, /keys in order/);
});

test('a key file makes an item that changes: made on first use, for its owner alone, a version more each time', async () => {
  const file = join(room.folder, 'key');
  const first = await dht('put', 'one', '--key-file', file, '--salt', 'ü');
  assert.match(first.stdout, /^[0-9a-f]{64}\n$/, first.stderr);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const publicKey = first.stdout.trim();
  const second = await dht('put', 'two', '--key-file', file, '--salt', 'ü', '--name', 'second');
  assert.deepEqual([second.stdout, /Version 2/.test(second.stderr)], [first.stdout, true]);
  const got = JSON.parse((await dht('get', publicKey, '--salt', 'ü', '--json', '--name', 'third')).stdout) as Record<string, unknown>;
  assert.deepEqual([got.text, got.seq], ['two', '2']);
  assert.equal((await dht('get', publicKey)).code, 3);
});

test('an older version, or a wrong --cas, is refused by all and exit code 1', async () => {
  const file = join(room.folder, 'versions');
  assert.equal((await dht('put', 'five', '--key-file', file, '--seq', '5')).code, 0);
  const older = await dht('put', 'four', '--key-file', file, '--seq', '4');
  assert.deepEqual([older.code, older.stdout], [1, '']);
  assert.match(older.stderr, /this number or a higher one[\s\S]*--seq/);
  const raced = await dht('put', 'six', '--key-file', file, '--cas', '4');
  assert.deepEqual([raced.code, raced.stdout], [1, '']);
  assert.match(raced.stderr, /Another version is there/);
  assert.equal((await dht('put', 'six', '--key-file', file, '--cas', '5')).code, 0);
});

test('a key file that others may read is exit code 4, one that is none 8', async () => {
  const file = join(room.folder, 'open-key');
  assert.equal((await dht('put', 'x', '--key-file', file)).code, 0);
  chmodSync(file, 0o644);
  const open = await dht('put', 'x', '--key-file', file);
  assert.equal(open.code, 4);
  assert.match(open.stderr, /chmod 600/);
  writeFileSync(file, 'no key');
  assert.equal((await dht('put', 'x', '--key-file', file)).code, 8);
});

test('announce tells where a peer is, get-peers finds and counts it, and what nobody announced is exit code 3', async () => {
  const announced = await room.run(['dht', 'announce', HASH, '--port', '5555', '--seed']);
  assert.deepEqual([announced.code, announced.stdout], [0, `${HASH}\n`], announced.stderr);
  const found = await room.run(['dht', 'get-peers', `magnet:?xt=urn:btih:${HASH}`, '--name', 'second']);
  assert.deepEqual([found.code, found.stdout], [0, '127.0.0.1:5555\n']);
  assert.match(found.stderr, /1 peer; about 1 with all of it and 0 others \(BEP 33\)/);
  const told = JSON.parse((await dht('get-peers', HASH, '--json', '--no-scrape')).stdout) as Record<string, unknown>;
  assert.deepEqual([told.peers, told.seeds], [['127.0.0.1:5555'], null]);
  const none = await dht('get-peers', 'f'.repeat(40), '--json');
  assert.deepEqual([none.code, events(none.stdout)[0]?.kind], [3, 'not-found']);
});

test('sample gives the info-hashes of one node, or of those on the way to a point', async () => {
  const hash = hexOf(randomBytes(20));
  assert.equal((await dht('announce', hash, '--port', '7')).code, 0);
  const all = await dht('sample');
  assert.ok(all.stdout.split('\n').includes(hash), all.stdout + all.stderr);
  // An announce goes to others than the announcer: here to the second and the third.
  const one = await dht('sample', addresses[1] as string);
  assert.ok(one.stdout.split('\n').includes(hash), one.stdout + one.stderr);
  const silent = await dht('sample', '127.0.0.1:9');
  assert.deepEqual([silent.code, silent.stdout], [5, ''], silent.stderr);
});

test('lookup shows the nodes nearest to a hash, and with --trace who answered', async () => {
  const found = await dht('lookup', HASH, '--trace');
  assert.equal(found.code, 0, found.stderr);
  assert.match(found.stdout, /^( 1 {2}answered .*\n){2}owner {2}127\.0\.0\.1:\d+ {2}[0-9a-f]{40}\nthen {3}127\.0\.0\.1:\d+/);
});

test('without a node of its own a command is a client of --via, of --node, or of dht.nodes', async () => {
  const other = new Room();
  try {
    const put = await other.run([
      'dht',
      'put',
      'from outside',
      '--overlay',
      'mainline',
      '--via',
      '127.0.0.1:9',
      '--node',
      addresses[1] as string,
    ]);
    assert.equal(put.code, 0, put.stderr);
    const environment = { KITH_DHT_NODES: addresses[2] as string };
    const got = await other.run(['dht', 'get', put.stdout.trim(), '--overlay', 'kademlia'], environment);
    assert.deepEqual([got.code, got.stdout], [0, 'from outside'], got.stderr);
    const alone = await other.run(['dht', 'get-peers', HASH]);
    assert.equal(alone.code, 5);
    assert.match(alone.stderr, /No mainline node called default runs here[\s\S]*dht join --overlay mainline[\s\S]*--via/);
    const nobody = await other.run(['dht', 'get-peers', HASH, '--via', '127.0.0.1:9']);
    assert.deepEqual([nobody.code, /Nobody answers at 127\.0\.0\.1:9/.test(nobody.stderr)], [5, true]);
  } finally {
    await other.close();
  }
});

test('a node that founded a network nobody has joined says that there is nobody to ask', async () => {
  const node = room.start(['dht', 'join', '--overlay', 'kademlia', '--new', '--port', '0', '--name', 'alone']);
  await node.saying(/^127\.0\.0\.1:\d+$/m);
  assert.match(node.stderr, /Founded a mainline network/);
  const { code, stderr } = await dht('put', 'x', '--name', 'alone');
  assert.deepEqual([code, /knows no other node/.test(stderr)], [5, true], stderr);
  node.kill('SIGINT');
  assert.equal((await node.ended).code, 130);
});

test('status shows its contacts and what it keeps for others; leave ends it', async () => {
  const { stdout } = await dht('status', '--name', 'third');
  assert.match(stdout, new RegExp(`^overlay +mainline\\naddress +${addresses[2]}\\nstate +member\\nkeys +\\d+\\nseen at `));
  assert.match(stdout, new RegExp(`^(?:contact| {7}) +[0-9a-f]{40} {2}${addresses[0]}$`, 'm'));
  const left = await dht('leave', '--name', 'third');
  assert.deepEqual([left.code, left.stdout], [0, ''], left.stderr);
  assert.equal((await (nodes[2] as KithProcess).ended).code, 0);
});

const MISTAKES: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['removing, which BEP 44 does not know', ['remove', HASH], /BEP 44 has no removal/],
  ['a key of one’s own choice', ['put', 'key', 'value'], /no key of your choice/],
  ['nothing to put', ['put'], /missing required argument 'value'/i],
  ['a text and a file', ['put', 'x', '--file', 'y'], /say two things/],
  ['a salt without a key', ['put', 'x', '--salt', 'y'], /--key-file/],
  ['a salt that no node takes', ['put', 'x', '--key-file', 'k', '--salt', 's'.repeat(65)], /at most 64 bytes/],
  ['a version that is none', ['put', 'x', '--seq', '-1'], /whole number from 0/],
  ['a name that no item has', ['get', 'greeting'], /no name of an item/],
  ['a salt beside a target', ['get', HASH, '--salt', 's'], /goes with a public key/],
  ['a point that is none', ['sample', '--target', 'xyz'], /no point/],
  ['a port that nobody has', ['announce', HASH, '--port', '0'], /port 0/],
  ['a new network through somebody', ['join', '127.0.0.1:9', '--new', '--name', 'x'], /--new founds/],
];

for (const [what, args, words] of MISTAKES) {
  test(`${what} is exit code 2, with words on stderr and nothing on stdout`, async () => {
    const { code, stdout, stderr } = await room.run(['dht', ...args, '--overlay', 'mainline']);
    assert.match(stderr, words);
    assert.deepEqual([code, stdout], [2, '']);
  });
}

test('what only torrents have cannot be asked of another overlay', async () => {
  const chord = room.start(['dht', 'join', '--port', '0', '--name', 'ring']);
  await chord.saying(/^127\.0\.0\.1:\d+$/m);
  const { code, stderr } = await room.run(['dht', 'get-peers', HASH, '--overlay', 'chord', '--name', 'ring']);
  assert.equal(code, 2);
  assert.match(stderr, /cannot be asked of Chord[\s\S]*--overlay mainline/);
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { events, Room } from './kith-process.ts';

const ANY_PORTS = ['--port', '0', '--tracker-port', '0'];

const room = new Room();
after(() => room.close());

test('up makes its folder with a first file, and the command it prints fetches that', async () => {
  const node = room.start(['up', ...ANY_PORTS]);
  const link = await node.link();
  const [, quoted] = await node.saying(/In another terminal:\n +\S+ get '(magnet:[^']+)'/, 'stderr');
  assert.equal(quoted, link);
  const got = await room.run(['get', link]);
  assert.deepEqual([got.code, got.stdout], [0, `${join(room.here, 'welcome.txt')}\n`], got.stderr);
  const original = readFileSync(join(room.folder, 'data/kith/share/welcome.txt'));
  assert.ok(readFileSync(join(room.here, 'welcome.txt')).equals(original));

  assert.match((await room.run(['info', 'welcome'])).stdout, new RegExp(`^size +${original.length} B$`, 'm'));

  const second = await room.run(['up', ...ANY_PORTS]);
  assert.deepEqual([second.code, second.stdout], [1, '']);
  assert.match(second.stderr, /running already, as process \d+[\s\S]*kith status[\s\S]*kith down/);

  const from = performance.now();
  node.kill('SIGTERM');
  assert.equal((await node.ended).code, 130);
  assert.ok(performance.now() - from < 3_500);
  assert.ok(!existsSync(join(room.folder, 'state/kith/up.lock')));
});

test('up shares what is put in later, shares it anew when it changes, and lets go of what goes', async () => {
  const folder = join(room.folder, 'mine');
  mkdirSync(folder);
  const node = room.start(['up', '--json', '--folder', folder, ...ANY_PORTS]);
  await node.saying(/"event":"ready"/);
  writeFileSync(join(folder, 'a.bin'), randomBytes(100_000));
  const [, link] = await node.saying(/"link":"(magnet:[^"]+dn=a\.bin[^"]+)"/);
  assert.equal((await room.run(['get', link as string, '-o', join(room.folder, 'a')])).code, 0);
  writeFileSync(join(folder, 'a.bin'), randomBytes(100_000));
  await node.saying(/dn=a\.bin[\s\S]*dn=a\.bin/);
  rmSync(join(folder, 'a.bin'));
  await node.saying(/"event":"gone","name":"a\.bin"/);
  node.kill('SIGINT');
  const { code, stdout } = await node.ended;
  assert.equal(code, 130);
  for (const event of events(stdout)) assert.equal(event.v, 1);
});

test('up starts after kill -9: a lock whose process is gone is no lock', async () => {
  const first = room.start(['up', ...ANY_PORTS]);
  await first.link();
  first.kill('SIGKILL');
  await first.ended;
  assert.ok(existsSync(join(room.folder, 'state/kith/up.lock')));
  const second = room.start(['up', ...ANY_PORTS]);
  await second.link();
  second.kill('SIGINT');
  assert.equal((await second.ended).code, 130);
});

test('a tracker of its own brings sharers and fetchers together, over HTTP and UDP, for listed torrents alone', async () => {
  const content = join(room.folder, 'for tracker.bin');
  const torrent = join(room.folder, 'for tracker.torrent');
  writeFileSync(content, randomBytes(50_000));
  await room.run(['create', content, '-o', torrent]);
  const { infoHash } = JSON.parse((await room.run(['inspect', torrent, '--json'])).stdout) as { infoHash: string };
  const list = join(room.folder, 'list.txt');
  writeFileSync(list, `# what is admitted\n${infoHash}\n`);
  const tracker = room.start(['tracker', '--port', '0', '--whitelist', list]);
  const [, http, udp] = (await tracker.saying(/^(http:\S+)\n(udp:\S+)\n/)) as unknown as [string, string, string];
  for (const url of [http, udp]) {
    const sharing = room.start(['share', content, '--tracker', url, ...ANY_PORTS]);
    assert.ok((await sharing.link()).includes(`tr=${url}`));
    const got = await room.run(['get', infoHash, '--tracker', url, '-o', join(room.folder, url.slice(0, 3)), '--timeout', '20']);
    assert.equal(got.code, 0, got.stderr);
    sharing.kill('SIGINT');
    await sharing.ended;
  }
  const other = await room.run(['get', 'b'.repeat(40), '--tracker', http, '--timeout', '1']);
  assert.equal(other.code, 5);
  tracker.kill('SIGINT');
  const { code, stderr } = await tracker.ended;
  assert.deepEqual([code, /stopped/.test(stderr)], [130, true]);
});

test('a whitelist with a mistake names its line: exit code 2', async () => {
  const list = join(room.folder, 'wrong.txt');
  writeFileSync(list, 'hello\n');
  const { code, stderr } = await room.run(['tracker', '--port', '0', '--whitelist', list]);
  assert.equal(code, 2);
  assert.match(stderr, /wrong\.txt, line 1/);
});

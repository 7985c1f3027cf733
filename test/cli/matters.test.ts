/** Everyday matters of `kith get`: where it keeps what it fetches, whom it keeps away from, when it rests. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { events, type KithProcess, Room } from './kith-process.ts';

const room = new Room();
const origin = join(room.folder, 'origin', 'content.bin');
let sharing: KithProcess;
let link: string;

before(async () => {
  mkdirSync(join(room.folder, 'origin'));
  writeFileSync(origin, randomBytes(6_000_000));
  sharing = room.start(['share', origin, '--piece-size', '64KiB', '--limit-up', '4MB', '--port', '0', '--tracker-port', '0']);
  link = await sharing.link();
});

after(() => room.close());

function folders(name: string): { work: string; final: string; saved: string } {
  const [work, final] = [join(room.folder, name, 'work'), join(room.folder, name, 'final')];
  return { work, final, saved: join(final, 'content.bin') };
}

test('what is incomplete lies in its own folder, and what is complete where -o says', async () => {
  const { work, final, saved } = folders('both');
  const environment = { KITH_GET_INCOMPLETE_FOLDER: work, KITH_GET_COMPLETED_FOLDER: join(room.folder, 'not this') };
  const getting = room.start(['get', link, '-o', final, '--json'], environment);
  await getting.saying(/"event":"progress".*"haveBytes":[1-9]/);
  assert.deepEqual([readdirSync(work), readdirSync(final)], [['content.bin'], []]);
  getting.kill('SIGINT');
  assert.equal((await getting.ended).code, 130);
  const got = await room.run(['get', link, '-o', final], environment);
  assert.deepEqual([got.code, got.stdout], [0, `${saved}\n`], got.stderr);
  assert.ok(readFileSync(saved).equals(readFileSync(origin)));
  assert.deepEqual(readdirSync(work), []);
  const again = await room.run(['get', link, '-o', final], environment);
  assert.deepEqual([again.code, again.stdout], [0, `${saved}\n`], again.stderr);
  assert.match(again.stderr, /complete already/);
});

test('what is complete moves to the folder for it when no -o says where', async () => {
  const { work, final, saved } = folders('settings');
  const environment = { KITH_GET_FOLDER: work, KITH_GET_COMPLETED_FOLDER: final };
  const got = await room.run(['get', link, '--json'], environment);
  assert.equal(got.code, 0, got.stderr);
  assert.equal(events(got.stdout).find(({ event }) => event === 'done')?.path, saved);
  assert.deepEqual([readdirSync(work), existsSync(saved)], [[], true]);
});

test('what is complete is found where it went, and goes on to where it is to be now', async () => {
  const { work, final, saved } = folders('moved twice');
  const first = await room.run(['get', link], { KITH_GET_FOLDER: work, KITH_GET_COMPLETED_FOLDER: join(final, 'old') });
  assert.deepEqual([first.code, first.stdout], [0, `${join(final, 'old', 'content.bin')}\n`], first.stderr);
  const second = await room.run(['get', link], { KITH_GET_FOLDER: work, KITH_GET_COMPLETED_FOLDER: final });
  assert.deepEqual([second.code, second.stdout], [0, `${saved}\n`], second.stderr);
  assert.match(second.stderr, /complete already/);
  assert.deepEqual([readdirSync(work), existsSync(join(final, 'old', 'content.bin'))], [[], false]);
});

test('something else of that name at the last place is found before anything is fetched', async () => {
  const { work, final, saved } = folders('in the way');
  mkdirSync(final, { recursive: true });
  writeFileSync(saved, randomBytes(7_000_000));
  const got = await room.run(['get', link, '-o', final], { KITH_GET_INCOMPLETE_FOLDER: work });
  assert.equal(got.code, 1, got.stderr);
  assert.match(got.stderr, /is there already and is something else/);
  assert.deepEqual(readdirSync(work), []);
});

test('a peer whose address is on the list is neither dialled nor let in, and a list that cannot be read ends the command', async () => {
  const list = join(room.folder, 'list.p2p');
  writeFileSync(list, 'this machine:127.0.0.0-127.255.255.255\n');
  const to = join(room.folder, 'filtered');
  const got = await room.run(['get', link, '-o', to, '--timeout', '2'], { KITH_PEERS_FILTER: list });
  assert.equal(got.code, 5, got.stderr);
  const missing = await room.run(['get', link, '-o', to], { KITH_PEERS_FILTER: join(room.folder, 'nothing') });
  assert.notEqual(missing.code, 0);
  assert.match(missing.stderr, /IP filter .*nothing/);
});

test('a schedule holds from the start, and one that is none is refused with the part that is wrong', async () => {
  const to = join(room.folder, 'scheduled');
  const getting = room.start(['get', link, '-o', to, '--timeout', '1', '--json'], { KITH_LIMIT_SCHEDULE: 'daily pause' });
  await getting.saying(/"event":"progress".*"state":"paused"[\s\S]*"event":"progress"[\s\S]*"event":"progress"/);
  getting.kill('SIGINT');
  assert.equal((await getting.ended).code, 130);
  const wrong = await room.run(['get', link, '-o', to], { KITH_LIMIT_SCHEDULE: 'mon 8-18 up=1k' });
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /Expected times like 08:00-18:00 .* got '8-18'\./);
});

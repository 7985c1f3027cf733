/** Debian's transmission-remote commands a node of kith: what people type stays what they type. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { ServedNode } from '../api/served-node.ts';
import { findProgram } from './peers/process-group.ts';

const PROGRAM = findProgram('transmission-remote');
const skip = PROGRAM === null ? 'transmission-remote is not installed' : false;
const REMOTE_MS_MAX = 20_000;

const elsewhere = await ServedNode.open();
const served = await ServedNode.open();
after(async () => {
  await served.close();
  await elsewhere.close();
});
const infoHash = await elsewhere.share('film.mkv', 300_000);
const { link } = await elsewhere.node.info(infoHash);

/** What it prints; the token goes by the environment, since others see a command line. */
function remote(...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const env = { ...process.env, TR_AUTH: `anybody:${served.token}`, LC_ALL: 'C' };
    execFile(
      PROGRAM ?? '',
      [`${served.api.url}/transmission/`, '-ne', ...args],
      { env, timeout: REMOTE_MS_MAX },
      (_error, stdout, stderr) => resolve(stdout + stderr),
    );
  });
}

test('it adds a magnet link and a file, and lists both', { skip }, async () => {
  assert.match(await remote('-a', link), /responded: "success"/);
  await served.until((event) => event.type === 'completed');
  const file = join(served.folder, 'film.torrent');
  writeFileSync(file, readFileSync(join(served.folder, 's', 'kith', 'torrents', `${infoHash}.torrent`)));
  assert.match(await remote('-l'), /^ +1 +100% +300\.0 kB +Done .* film\.mkv$/m);
  assert.match(await remote('-t', '1', '-r'), /responded: "success"/);
  // Beside -a, too, it takes this for a setting of the session.
  assert.match(await remote('--start-paused'), /responded: "success"/);
  assert.match(await remote('-a', file, '-w', join(served.downloads, 'second')), /responded: "success"/);
  assert.match(await remote('-l'), /^ +2 .*Stopped +film\.mkv$/m);
  assert.match(await remote('--no-start-paused', '-t', '2', '-s'), /responded: "success"/);
  await served.until((event) => event.type === 'completed' && event.transfer.location.endsWith('second'));
});

test('it shows all about one: details, files, peers, pieces, trackers', { skip }, async () => {
  const info = await remote('-t', '2', '-i');
  for (const line of [
    /^ {2}Name: film\.mkv$/m,
    new RegExp(`^ {2}Hash: ${infoHash}$`, 'm'),
    /^ {2}State: (Idle|Seeding)$/m,
    /^ {2}Percent Done: 100%$/m,
  ]) {
    assert.match(info, line);
  }
  assert.match(info, /^ {2}Have: 300\.0 kB \(300\.0 kB verified\)$/m);
  assert.match(info, /^ {2}Piece Count: \d+$/m);
  assert.match(await remote('-t', '2', '-f'), /^ +0: 100% Normal +Yes +300\.0 kB +film\.mkv$/m);
  assert.match(await remote('-t', '2', '-pi'), /^Address +Flags +Done +Down +Up +Client$/m);
  assert.match(await remote('-t', '2', '-ip'), /^Address +Flags/m);
  assert.match(await remote('-t', '2', '-ic'), /^ +1{8} 1{8} 111 *$/m);
  assert.match(await remote('-t', '2', '-it'), /Tracker 0: 127\.0\.0\.1:\d+\n.*tier 0\n {2}Got a list of \d+ peers \d+ seconds?/);
});

test('it stops, starts, verifies, reannounces, limits and labels', { skip }, async () => {
  const one = ['-t', infoHash];
  const does = async (...args: string[]) => assert.match(await remote(...one, ...args), /responded: "success"/, args.join(' '));
  await does('-S');
  assert.match(await remote('-l'), /^ +2 +100% .*Stopped +film\.mkv$/m);
  await does('-s');
  await does('-v');
  await served.until((event) => event.type === 'verified');
  await does('--reannounce');
  await does('-u', '50');
  await does('-sr', '1.5');
  await does('-L', 'films,new');
  await does('-G', 'all');
  await does('-g', 'all');
  await does('-ph', '0');
  const { uploadRateMax, seedRatio, labels, files } = await served.node.info(infoHash);
  assert.deepEqual([uploadRateMax, seedRatio, labels, files[0]?.priority], [50_000, 1.5, ['films', 'new'], 'high']);
  await does('--move', join(served.downloads, 'third'));
  assert.ok(existsSync(join(served.downloads, 'third', 'film.mkv')));
});

test('it shows the session and its numbers, and sets limits; programs to run are refused', { skip }, async () => {
  assert.match(await remote('-si'), /Daemon version: 4\.0\.0 \(kith .*\n\s+RPC version: 17\n/);
  assert.match(await remote('-st'), /CURRENT SESSION\n/);
  assert.match(await remote('-u', '400'), /responded: "success"/);
  assert.equal((await served.node.status()).uploadRateMax, 400_000);
  assert.match(await remote('-U'), /responded: "success"/);
  assert.equal((await served.node.status()).uploadRateMax, 0);
  assert.match(await remote('--torrent-done-script', '/tmp/script'), /not for remotes/);
  assert.match(await remote('-a', link, '-w', '/etc'), /not for callers/);
});

test('it removes a transfer with its files', { skip }, async () => {
  const path = join(served.downloads, 'third', 'film.mkv');
  assert.match(await remote('-t', infoHash, '-rad'), /responded: "success"/);
  assert.ok(!existsSync(path));
  assert.deepEqual(await served.node.list(), []);
});

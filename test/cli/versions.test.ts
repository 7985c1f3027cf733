/** BitTorrent v2 and hybrids on the command line: made, shown, checked, shared and fetched. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Room } from './kith-process.ts';

const room = new Room();
after(() => room.close());

const FILES: Readonly<Record<string, number>> = { 'b.bin': 300_000, 'a/c.bin': 65_536, 'a/empty': 0, 'z.txt': 7 };
const origin = join(room.folder, 'origin/things');

before(() => {
  mkdirSync(join(origin, 'a'), { recursive: true });
  for (const [name, length] of Object.entries(FILES)) writeFileSync(join(origin, name), randomBytes(length));
});

async function made(version: string): Promise<string> {
  const file = join(room.folder, `${version}.torrent`);
  const { code, stderr } = await room.run(['create', origin, '--version', version, '--piece-size', '32KiB', '-o', file, '--overwrite']);
  assert.equal(code, 0, stderr);
  return file;
}

async function inspected(source: string): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await room.run(['inspect', '--json', source]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Record<string, unknown>; // Our own output.
}

function sameBelow(to: string): void {
  for (const name of Object.keys(FILES)) assert.ok(readFileSync(join(to, 'things', name)).equals(readFileSync(join(origin, name))), name);
}

test('inspect shows the version, and the info-hash of each that there is', async () => {
  for (const [version, shown] of [
    ['1', 1],
    ['2', 2],
    ['hybrid', 'hybrid'],
  ] as const) {
    const said = await inspected(await made(version));
    assert.equal(said.version, shown);
    assert.match(String(said.infoHash), /^[0-9a-f]{40}$/);
    assert.match(String(said.infoHashV2), version === '1' ? /^null$/ : /^[0-9a-f]{64}$/);
    assert.equal(said.totalBytes, 365_543);
    assert.equal((said.files as unknown[]).length, 4);
    const link = String(said.magnet);
    assert.equal(link.includes('urn:btih:'), version !== '2');
    assert.equal(link.includes('urn:btmh:1220'), version !== '1');
    const ofLink = await inspected(link);
    assert.deepEqual([ofLink.infoHash, ofLink.infoHashV2], [said.infoHash, said.infoHashV2]);
  }
});

test('without a word v1 is made, which every program can read', async () => {
  const file = join(room.folder, 'default.torrent');
  assert.equal((await room.run(['create', origin, '-o', file])).code, 0);
  assert.equal((await inspected(file)).version, 1);
});

test('verify says which bytes of which file are bad, where the torrent knows', async () => {
  const spoilt = join(room.folder, 'spoilt/things');
  mkdirSync(join(spoilt, 'a'), { recursive: true });
  for (const name of Object.keys(FILES)) writeFileSync(join(spoilt, name), readFileSync(join(origin, name)));
  const bytes = readFileSync(join(spoilt, 'b.bin'));
  for (const at of [40_000, 70_000, 299_999]) bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(join(spoilt, 'b.bin'), bytes);
  for (const version of ['2', 'hybrid']) {
    const { code, stdout } = await room.run(['verify', await made(version), join(room.folder, 'spoilt')]);
    assert.equal(code, 8);
    assert.equal(stdout, 'things/b.bin: its bytes 32768-98303, 294912-299999 do not match\n');
    assert.equal((await room.run(['verify', await made(version), join(room.folder, 'origin')])).code, 0);
  }
});

for (const version of ['2', 'hybrid']) {
  test(`what is shared as ${version} is fetched by its link, by its .torrent, and by its 64 digits`, async () => {
    const torrent = join(room.folder, `shared-${version}.torrent`);
    const ports = ['--port', '0', '--tracker-port', '0'];
    const sharing = room.start(['share', origin, '--version', version, '--piece-size', '32KiB', '--torrent', torrent, ...ports]);
    const link = await sharing.link();
    const peer = /x\.pe=([^&]+)/.exec(link)?.[1] as string;
    const digits = /urn:btmh:1220([0-9a-f]{64})/.exec(link)?.[1] as string;
    for (const [index, args] of [[link], [torrent], [digits, '--peer', peer]].entries()) {
      const to = join(room.folder, `got ${version} ${index}`);
      const { code, stderr } = await room.run(['get', ...args, '-o', to]);
      assert.equal(code, 0, stderr);
      sameBelow(to);
    }
    sharing.kill('SIGINT');
    assert.equal((await sharing.ended).code, 130);
  });
}

test('a folder with one file is shared as the file in v2, and as the folder in a hybrid', async () => {
  const folder = join(room.folder, 'origin/lonely');
  mkdirSync(folder);
  writeFileSync(join(folder, 'only.bin'), randomBytes(100_000));
  for (const [version, path] of [
    ['2', 'only.bin'],
    ['hybrid', 'lonely/only.bin'],
  ] as const) {
    const sharing = room.start(['share', folder, '--version', version, '--port', '0', '--tracker-port', '0']);
    const to = join(room.folder, `lonely ${version}`);
    const { code, stderr } = await room.run(['get', await sharing.link(), '-o', to]);
    assert.equal(code, 0, stderr);
    assert.ok(readFileSync(join(to, path)).equals(readFileSync(join(folder, 'only.bin'))));
    sharing.kill('SIGINT');
    await sharing.ended;
  }
});

test('a version that there is not is told', async () => {
  const { code, stderr } = await room.run(['create', origin, '--version', '3']);
  assert.equal(code, 2);
  assert.match(stderr, /Expected 1, 2 or hybrid/);
});

/** Who is found without being named, and what people and programs are shown of peers. On loopback: nothing leaves the machine. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { events, Room } from './kith-process.ts';

/** Nobody is there: what is found, is found without it. */
const NOWHERE = 'http://127.0.0.1:9/announce';
const BYTES = 1_500_000;

const room = new Room();
const original = join(room.folder, 'film.bin');
after(() => room.close());
before(() => writeFileSync(original, randomBytes(BYTES)));

/** Shares the file in the network of this machine, slowly enough to be watched; resolves with its hash. */
async function shareLocally(...more: string[]): Promise<string> {
  const sharing = room.start(['share', '--lsd', '--port', '0', '--tracker', NOWHERE, '--limit-up', '500k', ...more, original]);
  return /btih:([0-9a-f]{40})/.exec(await sharing.link())?.[1] as string;
}

function folder(name: string): string {
  mkdirSync(join(room.folder, name));
  return join(room.folder, name);
}

test('with --lsd a hash alone finds its content, and --peers says that it was in the local network', async () => {
  const hash = await shareLocally();
  const to = folder('found');
  const got = await room.run(['get', '--lsd', '--peers', hash, '-o', to]);
  assert.deepEqual([got.code, got.stdout], [0, `${join(to, 'film.bin')}\n`], got.stderr);
  assert.ok(readFileSync(join(to, 'film.bin')).equals(readFileSync(original)));
  assert.match(got.stderr, /^127\.0\.0\.1:\d+ +D\w* +\d+% +↓ .*↑ .*kith/m);
  assert.match(got.stderr, /D: downloading from it/);
  assert.match(got.stderr, /(L: found in the local network|I: it connected to us)/);
});

test('without --lsd nothing is said on loopback, and a hash alone is not enough', async () => {
  const hash = await shareLocally();
  for (const words of [[], ['--no-lsd']]) {
    const got = await room.run(['get', ...words, hash]);
    assert.equal(got.code, 2, got.stderr);
    assert.match(got.stderr, /names nobody to ask|nobody/i);
  }
});

test('--json --peers tells of each peer where it comes from, what passes and why', async () => {
  const hash = await shareLocally();
  const got = await room.run(['get', '--lsd', '--json', '--peers', hash, '-o', folder('json')]);
  assert.equal(got.code, 0, got.stderr);
  const rows = events(got.stdout).flatMap((event) => (event.event === 'peers' ? (event.peers as Record<string, unknown>[]) : []));
  assert.ok(rows.length > 0);
  for (const row of rows) {
    assert.match(String(row.endpoint), /^127\.0\.0\.1:\d+$/);
    assert.match(String(row.sources), /local|incoming/);
    assert.equal(row.transport, 'tcp');
    // Who does not get through at once, as on a busy machine, tries again with an encrypted handshake.
    assert.match(String(row.encryption), /^(none|handshake)$/);
    assert.match(`${String(row.why)}: ${String(row.whyText)}`, /^(new: not interested yet|wants-nothing: wants nothing)$/);
  }
});

test('all letters and reasons are explained', async () => {
  const { stdout, code } = await room.run(['help', 'flags']);
  assert.equal(code, 0);
  for (const letter of 'DdUuK?OSFIHhXLEeP') assert.ok(stdout.includes(`\n  ${letter}  `), letter);
  assert.match(stdout, /tit-for-tat +tit for tat/);
});

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { NO_HASHES } from '../wire/shared-file.ts';
import { BadFileList } from './bad-file-list.ts';
import { areBadHashSources, badHashSources } from './bad-hash-sources.ts';

const UU = new Uint8Array(20).fill(7);
const OTHER = new Uint8Array(20).fill(8);
const SONG = { ...NO_HASHES, uu: UU };
const KEY = 'ab'.repeat(32);

function stateFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kith-bad-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('what is condemned is bad, also to another process that has looked at the list before', (t) => {
  const folder = stateFolder(t);
  const [list, other] = [new BadFileList(folder), new BadFileList(folder)];
  assert.deepEqual([other.version, other.isBad(SONG)], [0, false]);
  list.condemn(SONG, 'scrambled', 'walrus\npolka.mp3');
  assert.deepEqual([other.isBad(SONG), other.version, other.version], [true, 1, 1]);
  assert.deepEqual(other.entries, [{ kind: 'uu', hash: UU, reason: 'scrambled' }]);
  assert.equal(other.isBad({ ...NO_HASHES, uu: OTHER }), false);
  // Once is enough.
  other.condemn(SONG, 'scrambled', 'walrus polka.mp3');
  assert.equal(readFileSync(list.file, 'utf8').split('\n').length, 2);
});

test('a file that a strong hash vouches for is not bad because of a hash that anybody can make fit', (t) => {
  const list = new BadFileList(stateFolder(t));
  list.condemn(SONG, 'corrupt', 'x');
  assert.equal(list.isBad({ ...SONG, sha1: OTHER }), false);
  list.condemn({ ...NO_HASHES, sha1: OTHER }, 'corrupt', 'y');
  assert.equal(list.isBad({ ...SONG, sha1: OTHER }), true);
});

test('a line that was taken out by hand is forgiven, and lines of somebody else’s making are passed over', (t) => {
  const list = new BadFileList(stateFolder(t));
  list.condemn(SONG, 'truncated', 'x');
  writeFileSync(list.file, `# mine\nuu 12 corrupt\nuu ${'08'.repeat(20)} corrupt\nrot13 ${'08'.repeat(20)} corrupt\n`);
  assert.deepEqual(list.entries, [{ kind: 'uu', hash: OTHER, reason: 'corrupt' }]);
  list.condemn(SONG, 'truncated', 'x');
  assert.match(readFileSync(list.file, 'utf8'), /^# mine\n(?:.*\n){3}uu (?:07){20} truncated x\n$/);
});

test('the setting names publishers, with or without a place where their list lies', () => {
  const text = `http://localhost:8080/bad.txt#${KEY}, ${'CD'.repeat(32)}`;
  assert.ok(areBadHashSources(text));
  assert.deepEqual(badHashSources(text), {
    publishers: [new Uint8Array(32).fill(0xab), new Uint8Array(32).fill(0xcd)],
    badHashUrls: ['http://localhost:8080/bad.txt'],
  });
  assert.deepEqual(badHashSources(''), { publishers: [], badHashUrls: [] });
  for (const wrong of ['http://localhost/bad.txt', 'abcd', `ftp://x/#${KEY}`, `${KEY}#http://x/`, `${KEY} ${KEY}`])
    assert.ok(!areBadHashSources(wrong), wrong);
});

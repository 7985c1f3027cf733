import assert from 'node:assert/strict';
import test from 'node:test';
import { latin1Bytes } from '../core/bytes.ts';
import { Random } from '../core/random.ts';
import { utf8Bytes, utf8Size } from '../core/utf8.ts';
import { NAME_BYTES_MAX, SafePaths, safeName } from './safe-path.ts';

const SEED = 5;

for (const [given, name] of [
  ['', '_'],
  ['.', '_'],
  ['..', '__'],
  ['...', '___'],
  ['a/b', 'a_b'],
  ['..\\..\\x', '.._.._x'],
  ['/etc/passwd', '_etc_passwd'],
  ['a\0b', 'a_b'],
  ['line\nend', 'line_end'],
  ['dot.', 'dot_'],
  ['space ', 'space_'],
  ['con', '_con'],
  ['NUL.txt', '_NUL.txt'],
  ['com1.tar.gz', '_com1.tar.gz'],
  ['console', 'console'],
  ['.hidden', '.hidden'],
  ['gpj\u202e.exe', 'gpj_.exe'],
  ['片段 é.mkv', '片段 é.mkv'],
] as const) {
  test(`the name ${JSON.stringify(given)} becomes ${JSON.stringify(name)}`, () => assert.equal(safeName(utf8Bytes(given)), name));
}

test('invalid UTF-8 is replaced, not refused', () => {
  assert.equal(safeName(latin1Bytes('caf\xe9.txt')), 'caf\ufffd.txt');
});

test('a name too long for a disk keeps its extension', () => {
  const name = safeName(utf8Bytes(`${'é'.repeat(300)}.flac`));
  assert.ok(name.endsWith('é.flac'));
  assert.ok(utf8Size(name) <= NAME_BYTES_MAX && utf8Size(name) > NAME_BYTES_MAX - 2);
});

test('whatever the bytes, a safe name stays safe when it is made safe again', () => {
  const random = new Random(SEED);
  for (let round = 0; round < 20_000; round++) {
    const bytes = random.fill(new Uint8Array(random.below(random.chance(0.02) ? 1200 : 12)));
    const name = safeName(bytes);
    assert.equal(safeName(utf8Bytes(name)), name, `seed ${SEED} round ${round}`);
    assert.ok(!/^\.*$|[/\\\u0000]|[. ]$/.test(name) && utf8Size(name) <= NAME_BYTES_MAX, `seed ${SEED} round ${round}: ${name}`);
  }
});

test('equal paths get numbers, in the order in which they come', () => {
  const paths = new SafePaths();
  assert.deepEqual(
    ['a.txt', 'a.txt', 'a.1.txt', 'a.txt'].map((name) => paths.file(['t', name])[1]),
    ['a.txt', 'a.1.txt', 'a.1.1.txt', 'a.2.txt'],
  );
});

test('a file in the way of a folder, or a folder in the way of a file, is stepped round', () => {
  const paths = new SafePaths();
  assert.deepEqual(paths.file(['t', 'a']), ['t', 'a']);
  assert.deepEqual(paths.file(['t', 'a', 'b']), ['t', 'a.1', 'b']);
  assert.deepEqual(paths.file(['t', 'a', 'c']), ['t', 'a.1', 'c']);
  assert.deepEqual(paths.file(['t', 'a.1']), ['t', 'a.1.1']);
});

test('a hundred thousand equal paths are told apart at once', () => {
  const paths = new SafePaths();
  const seen = new Set(Array.from({ length: 100_000 }, () => paths.file(['t', 'same.bin']).join('/')));
  assert.equal(seen.size, 100_000);
});

test('fifty thousand folders behind fifty thousand files find their way at once', () => {
  const paths = new SafePaths();
  paths.file(['a']);
  for (let count = 1; count < 50_000; count++) paths.file([`a.${count}`]);
  for (let count = 0; count < 50_000; count++) assert.equal(paths.file(['a', String(count)])[0], 'a.50000');
});

test('paths are bounded in depth and bytes', () => {
  assert.throws(() => new SafePaths().file(Array.from({ length: 65 }, () => 'd')), /at most 64 deep/);
  assert.throws(() => new SafePaths().file(Array.from({ length: 20 }, () => 'd'.repeat(200))), /at most 3072 bytes/);
  assert.throws(() => new SafePaths().file([]), /empty path/);
});

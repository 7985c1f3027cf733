/** What happens to files and folders while kith works on them: full, sealed, changed, replaced, gone. Mounts need root, else skipped. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { events, type KithProcess, Room } from '../cli/kith-process.ts';

const room = new Room();
const mounts: string[] = [];
const PIECE_BYTES = 64 << 10;
const content = randomBytes(6_000_000);

after(async () => {
  for (const mount of mounts) spawnSync('umount', [mount]);
  await room.close();
});

function placeOf(name: string): string {
  const path = join(room.folder, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Shares the content from a folder of its own, slowly enough to change something meanwhile. */
async function share(name: string): Promise<{ process: KithProcess; link: string; file: string }> {
  const file = join(placeOf(name), 'content');
  writeFileSync(file, content);
  const process = room.start([
    ...['share', file, '--piece-size', '64KiB', '--limit-up', '3MB', '--listen', '127.0.0.1'],
    ...['--port', '0', '--tracker-port', '0'],
  ]);
  return { process, link: await process.link(), file };
}

/** Each piece of the file is right or has not come: it is zeros. */
function assertNothingWrong(file: string): void {
  const found = readFileSync(file);
  for (let at = 0; at < content.length; at += PIECE_BYTES) {
    const piece = found.subarray(at, at + PIECE_BYTES);
    assert.ok(piece.equals(content.subarray(at, at + PIECE_BYTES)) || piece.every((byte) => byte === 0), `piece at byte ${at}`);
  }
}

const CHANGES: readonly (readonly [what: string, code: number, words: RegExp, change: (file: string) => void])[] = [
  [
    'written to in the middle',
    8,
    /has changed/,
    (file) => {
      const open = openSync(file, 'r+');
      writeSync(open, Buffer.alloc(4_000_000), 0, 4_000_000, 1_000_000);
      closeSync(open);
    },
  ],
  ['replaced by another of the same size', 8, /has changed/, (file) => writeFileSync(file, randomBytes(content.length))],
  ['cut', 8, /has changed/, (file) => writeFileSync(file, content.subarray(0, 1000))],
  ['removed', 3, /has gone/, (file) => rmSync(file)],
  ['moved', 3, /has gone/, (file) => renameSync(file, `${file} elsewhere`)],
  [
    'replaced by a folder',
    8,
    /has changed/,
    (file) => {
      rmSync(file);
      mkdirSync(file);
    },
  ],
  [
    'replaced by a link',
    8,
    /has changed/,
    (file) => {
      rmSync(file);
      symlinkSync('/etc/hostname', file);
    },
  ],
  ['removed with its folder', 3, /has gone/, (file) => rmSync(dirname(file), { recursive: true })],
];

test('a file that changes while it is shared ends the sharing with the reason, and no wrong byte is served', async () => {
  await inPairs(CHANGES, async ([what, code, words, change]) => {
    const { process, link, file } = await share(`shared ${what}`);
    const to = placeOf(`fetched before it was ${what}`);
    const getting = room.start(['get', '--json', link, '-o', to, '--timeout', '1']);
    await getting.saying(/"haveBytes":[1-9]/);
    change(file);
    const ended = await process.ended;
    assert.equal(ended.code, code, `${what}: ${ended.stderr}`);
    assert.match(ended.stderr, words, what);
    const got = await getting.ended;
    assert.ok(got.code === 7 || got.code === 0, `${what}: ${got.stderr}`);
    assert.doesNotMatch(got.stderr, /failed its hash/, what);
    for (const { wastedBytes = 0 } of events(got.stdout)) assert.equal(wastedBytes, 0, what);
    assertNothingWrong(join(to, 'content'));
  });
});

test('a file that is removed or replaced while it is fetched is told, and no path is printed', async () => {
  const losses = CHANGES.filter(([what]) => /removed|moved|replaced by a/.test(what) && !/size/.test(what));
  const { process, link } = await share('shared to the end');
  await inPairs(losses, async ([what, , , change]) => {
    const to = placeOf(`fetched and ${what}`);
    const getting = room.start(['get', link, '-o', to]);
    await madeIn(to, 'content');
    change(join(to, 'content'));
    const { code, stdout, stderr } = await getting.ended;
    assert.equal(stdout, '', what);
    // Whoever reads it for another peer may be the first to notice.
    assert.ok(code === 3 || code === 8, `${what}: ${code} ${stderr}`);
    assert.match(stderr, /content:? ((the file )?has (gone|changed)|it would lead out)/, what);
  });
  process.kill('SIGINT');
  await process.ended;
});

test('a folder or a pipe in the place of a wanted file is left alone and named', async () => {
  const { process, link } = await share('shared to nobody');
  for (const make of [(path: string) => mkdirSync(path), (path: string) => assert.equal(spawnSync('mkfifo', [path]).status, 0)]) {
    const to = placeOf('in the way');
    make(join(to, 'content'));
    for (const more of [[], ['--overwrite']]) {
      const { code, stdout, stderr } = await room.run(['get', link, '-o', to, ...more]);
      assert.deepEqual([code, stdout], [1, ''], stderr);
      assert.match(stderr, /content is there already and is something else[\s\S]*-o FOLDER/);
    }
    assert.ok(existsSync(join(to, 'content')));
    rmSync(to, { recursive: true });
  }
  process.kill('SIGINT');
  await process.ended;
});

test('a state folder on a full disk costs the memory of what was verified, and nothing else', async (t) => {
  const state = placeOf('state on a full disk');
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', state]).status !== 0) return t.skip('no right to mount');
  mounts.push(state);
  mkdirSync(join(state, 'kith/get'), { recursive: true });
  assert.throws(() => writeFileSync(join(state, 'filler'), new Uint8Array(1_000_000)), /ENOSPC/);
  const { process, link } = await share('shared to one without state');
  const to = placeOf('fetched without state');
  const got = await room.run(['get', link, '-o', to], { XDG_STATE_HOME: state });
  assert.equal(got.code, 0, got.stderr);
  assert.ok(readFileSync(join(to, 'content')).equals(content));
  const again = await room.run(['get', '--json', link, '-o', to], { XDG_STATE_HOME: state });
  assert.deepEqual([again.code, events(again.stdout).at(-1)?.downloadedBytes], [0, 0], again.stderr);
  process.kill('SIGINT');
  await process.ended;
});

/** Two at a time: each is mostly waiting. */
async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
}

/** Settles when there is something of that name in the folder. */
async function madeIn(folder: string, name: string): Promise<void> {
  if (existsSync(join(folder, name))) return;
  const watcher = watch(folder);
  await new Promise<void>((made) => watcher.on('change', () => existsSync(join(folder, name)) && made()));
  watcher.close();
}

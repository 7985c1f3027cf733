/**
 * Readers that are no codecs, given hostile input like those in `codec-laws.ts`: each answers, or fails in the one way that its callers
 * expect. KITH_FUZZ=n gives n inputs to each instead of 10,000; KITH_SEED=n repeats a failure.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { inspect } from 'node:util';
import { latin1, latin1Bytes } from '../../src/core/bytes.ts';
import { MalformedMessage } from '../../src/core/codec.ts';
import { formatEndpoint, parseEndpoint } from '../../src/core/endpoint.ts';
import { hexOf } from '../../src/core/hex.ts';
import { Random } from '../../src/core/random.ts';
import { readUtf8 } from '../../src/core/utf8.ts';
import { decodeRecord, recordPath, writeRecord } from '../../src/net/resume-record.ts';
import { assertPlainComponents } from '../../src/net/safe-path.ts';
import { Failure } from '../../src/node/failure.ts';
import { parseBytes, parsePieceBytes, parseSeconds } from '../../src/node/quantity.ts';
import { Settings } from '../../src/node/settings/settings.ts';
import { parseFileTree } from '../../src/transfer/bittorrent/parse-file-tree.ts';
import { clientOf } from '../../src/transfer/bittorrent/peer-id.ts';
import { readPieceLayers } from '../../src/transfer/bittorrent/piece-layers.ts';
import { parseTrackerUrl } from '../../src/transfer/bittorrent/tracker-url.ts';
import { bencodeItems } from '../../src/wire/bencode.ts';
import { parseInfoHash, parseInfoHashV2 } from '../../src/wire/magnet.ts';
import { SafePaths, safeName } from '../../src/wire/safe-path.ts';
import { FUZZ_INPUTS, SEED } from '../codec-laws.ts';
import { mutate } from '../mutate.ts';

const folder = mkdtempSync(join(tmpdir(), 'kith-decoders-'));
after(() => rmSync(folder, { recursive: true }));

/** Lists a test that gives the reader mutations of the samples; what it throws must be of the class given, if any. */
function survives(
  name: string,
  samples: readonly Uint8Array[],
  expected: (new (...args: never[]) => Error) | null,
  read: (bytes: Uint8Array) => unknown,
): void {
  test(`${name}: ${FUZZ_INPUTS} hostile inputs ${expected === null ? 'throw nothing' : `throw only ${expected.name}`}`, () => {
    const random = new Random(SEED, 7);
    for (const sample of samples) read(sample.slice());
    for (let input = 0; input < FUZZ_INPUTS; input++) {
      const bytes = random.chance(0.05) ? random.fill(new Uint8Array(random.below(80))) : mutate(samples, random);
      try {
        read(bytes);
      } catch (error) {
        if (expected === null || !(error instanceof expected)) assert.fail(`seed ${SEED}: ${hexOf(bytes)} threw ${inspect(error)}`);
      }
    }
  });
}

/** A folder of two files, one of them empty, and a link. */
const FILE_TREE = `d1:ad1:bd0:d6:lengthi5e11:pieces root32:${'r'.repeat(32)}ee1:cd0:d6:lengthi0eee1:dd0:d4:attr1:l12:symlink pathl1:beeeee`;

const texts = (...lines: readonly string[]): Uint8Array[] => lines.map(latin1Bytes);

// ---- own files ------------------------------------------------------------------------------------------------------------------

const path = recordPath(folder, 'record');
mkdirSync(join(folder, 'resume'));
writeRecord(path, { pieceBytes: 16_384, pieceCount: 21, stamps: Float64Array.of(300_000, 1.5, -1, 0), have: Uint8Array.of(255, 1, 8) });
const record = readFileSync(path);

survives('resume record', [record], null, (bytes) => {
  // With the checksum put right, or nearly every input would end there.
  const body = bytes.subarray(0, Math.max(0, bytes.length - 8));
  const sealed = Buffer.concat([body, createHash('sha1').update(body).digest().subarray(0, 8)]);
  for (const each of [Buffer.from(bytes), sealed]) {
    const read = decodeRecord(each);
    if (read !== null) assert.equal(read.have.length, Math.ceil(read.pieceCount / 8));
  }
});

test('a resume record cut at any byte, or with any byte changed, is none', () => {
  for (let length = 0; length < record.length; length++) assert.equal(decodeRecord(record.subarray(0, length)), null);
  for (let at = 0; at < record.length; at++) {
    const changed = Buffer.from(record);
    changed[at] = (changed[at] as number) ^ 0x10;
    assert.equal(decodeRecord(changed), null, `byte ${at}`);
  }
});

const SETTINGS = texts(
  '[limit]\nup = "2MB"\ndown = 0\n[listen]\nport = 6881\nhost = "::"\n',
  '# mine\nlisten.port = 1\n[get]\nfolder = "~/Films"\ntimeout = "90s"\n[upload]\nslots = "adaptive"\n',
  'a.b.c.d.e = [1, 2.5, {x = 1979-05-27T07:32:00Z}]\n[[table]]\n',
);
survives('settings file', SETTINGS, Failure, (bytes) => {
  writeFileSync(join(folder, 'kith.toml'), bytes);
  Settings.load({ HOME: folder, XDG_CONFIG_HOME: join(folder, 'none') }, folder);
});

// ---- texts and names from elsewhere ------------------------------------------------------------------------------------------------

survives('endpoint text', texts('1.2.3.4:80', '[2001:db8::1]:6881', '[::ffff:1.2.3.4]:1'), null, (bytes) => {
  const endpoint = parseEndpoint(latin1(bytes));
  if (endpoint !== null) assert.deepEqual(parseEndpoint(formatEndpoint(endpoint)), endpoint);
});
survives('tracker URL', texts('udp://tracker.example:6969/announce', 'http://[::1]:80/a?b=c', 'https://x.y'), null, (bytes) =>
  parseTrackerUrl(latin1(bytes)),
);
survives('info-hash', texts('a'.repeat(40), 'A'.repeat(32), 'urn:btih:1'), null, (bytes) => parseInfoHash(latin1(bytes)));
survives('info-hash of v2', texts('a'.repeat(64), `1220${'b'.repeat(64)}`, 'A'.repeat(64)), null, (bytes) =>
  parseInfoHashV2(latin1(bytes)),
);
survives('file tree', texts(FILE_TREE), MalformedMessage, (bytes) => {
  const { files, roots } = parseFileTree(new Uint8Array(bytes), 'name', null);
  assert.equal(roots.length, 32 * files.length);
  for (const { path } of files) assertPlainComponents(path);
  assert.equal(new Set(files.map(({ path }) => path.join('/'))).size, files.length, 'the same path twice');
});
survives('piece layers', texts(`d32:${'r'.repeat(32)}64:${'h'.repeat(64)}e`, 'de'), MalformedMessage, (bytes) =>
  readPieceLayers(new Uint8Array(bytes)),
);
survives('quantity', texts('2.5MB', '16KiB', '90s', '5m', '1e9', '0'), null, (bytes) => {
  for (const parse of [parseBytes, parsePieceBytes, parseSeconds]) {
    const value = parse(latin1(bytes));
    assert.ok(value === null || (Number.isFinite(value) && value >= 0), latin1(bytes));
  }
});
survives('UTF-8', [Buffer.from('Ünïcode – 歌 🎵')], null, (bytes) => readUtf8(bytes));
survives('peer id', texts('-TR4040-abcdefghijkl', 'M7-10-5--xxxxxxxxxxx'), null, (bytes) => clientOf(bytes));
survives('list of files', texts('ld6:lengthi5e4:pathl1:a1:bee4:spami-1ee', 'le'), MalformedMessage, (bytes) => [...bencodeItems(bytes)]);
survives('file name', texts('../../etc/passwd', 'con.txt', 'a\0b', 'x'.repeat(300), ' . '), MalformedMessage, (bytes) => {
  const names = latin1(bytes)
    .split('/')
    .map((name) => safeName(latin1Bytes(name)));
  const paths = new SafePaths();
  const given = [names, names, names.slice(0, 1), [...names, 'below']].map((wanted) => paths.file(wanted));
  for (const each of given) assertPlainComponents(each);
  assert.equal(new Set(given.map((each) => each.join('/'))).size, given.length, 'the same path twice');
});

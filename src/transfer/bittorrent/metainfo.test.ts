import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { codecLaws } from '../../../test/codec-laws.ts';
import { concatBytes, latin1, latin1Bytes } from '../../core/bytes.ts';
import { type Codec, MalformedMessage } from '../../core/codec.ts';
import { hexOf } from '../../core/hex.ts';
import type { StoreFile } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';
import { type BencodeInput, bencodeDict, encodeBencode } from '../../wire/bencode.ts';
import { choosePieceBytes, encodeInfo, encodeMetainfo } from './create-metainfo.ts';
import type { Metainfo } from './metainfo.ts';
import { FILES_MAX } from './parse-file-tree.ts';
import { parseInfo, parseMetainfo } from './parse-metainfo.ts';

const FIXTURES = new URL('../../../test/fixtures/torrents/', import.meta.url);
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`${name}.torrent`, FIXTURES)));
const expected = JSON.parse(readFileSync(new URL('expected.json', FIXTURES), 'utf8')) as Record<string, Record<string, unknown>>;

const metainfoCodec: Codec<Metainfo> = {
  name: 'metainfo',
  size: (metainfo) => encodeMetainfo(metainfo).length,
  encode(metainfo, into, offset) {
    const bytes = encodeMetainfo(metainfo);
    into.set(bytes, offset);
    return offset + bytes.length;
  },
  decode: (bytes, start, end) => parseMetainfo(bytes.subarray(start, end)),
};
codecLaws(metainfoCodec, randomMetainfo, { seeds: ['single-v1', 'tree-v1', 'tree-hybrid', 'tree-v2'].map((name) => hexOf(fixture(name))) });

for (const name of ['single-v1', 'tree-v1', 'tree-hybrid', 'tree-v2']) {
  test(`a torrent made by libtorrent (${name}) says what libtorrent reads in it`, () => {
    const metainfo = parseMetainfo(fixture(name));
    const wanted = expected[name] as Record<string, unknown>;
    const seen: Record<string, unknown> = { ...metainfo, infoHash: hexOf(metainfo.infoHash) };
    for (const key of Object.keys(wanted)) assert.deepEqual(seen[key], wanted[key], key);
    assert.deepEqual(metainfo.webSeeds, ['http://seed.example/files/']);
    assert.deepEqual([metainfo.comment, metainfo.createdBy, metainfo.creationDate], ['made for a test', 'libtorrent 2.0.8', 1_700_000_000]);
  });
}

test('a torrent of one file comes out byte for byte as libtorrent made it', () => {
  const metainfo = parseMetainfo(fixture('single-v1'));
  assert.equal(latin1(encodeInfo(metainfo)), latin1(metainfo.infoBytes));
  assert.equal(latin1(encodeMetainfo(metainfo)), latin1(fixture('single-v1')));
});

test('BEP 5: nodes that could be some are read, once each and 64 at most; strange ones are left out', () => {
  const good = [
    ['router.example', 6881],
    ['192.0.2.1', 1],
    ['2001:db8::1', 65535],
  ] as const;
  const strange = [
    ['router.example', 6881],
    ['', 1],
    ['a b', 1],
    ['x:y', 1],
    ['192.0.2.1', 0],
    ['192.0.2.1', 65536],
    ['h'.repeat(254), 1],
    ['alone'],
    'text',
    7,
  ];
  const many = Array.from({ length: 100 }, (_, index) => ['192.0.2.2', 1 + index]);
  const nodesOf = (nodes: BencodeInput): unknown => {
    const plain = encodeMetainfo(parseMetainfo(fixture('tree-v1')));
    const [head, tail] = [plain.subarray(0, -1), encodeBencode(bencodeDict({ nodes }))];
    return parseMetainfo(concatBytes([head, tail.subarray(1)])).dhtNodes;
  };
  const pairs = good.map(([host, port]) => ({ host, port }));
  assert.deepEqual(nodesOf([...good, ...strange]), pairs);
  assert.equal((nodesOf([...good, ...many]) as unknown[]).length, 64);
  for (const none of [[], 'text', 7, strange.slice(1)]) assert.equal(nodesOf(none), undefined);
});

test('pieces number about one to two thousand', () => {
  const MiB = 1 << 20;
  assert.deepEqual([1, 32 * MiB, 1024 * MiB, 1024 * 1024 * MiB].map(choosePieceBytes), [16_384, 16_384, 512 * 1024, 16 * MiB]);
});

test('the info dictionary alone gives the same metainfo, with trackers from elsewhere', () => {
  const whole = parseMetainfo(fixture('tree-v1'));
  const alone = parseInfo(whole.infoBytes, { trackers: [['udp://x:1']], webSeeds: [] });
  assert.deepEqual(
    { ...alone, trackers: null, webSeeds: null },
    { ...whole, trackers: null, webSeeds: null, comment: null, createdBy: null, creationDate: null },
  );
  assert.deepEqual(alone.trackers, [['udp://x:1']]);
});

test('what is hashed is the dictionary as it came, however strangely it is written', () => {
  const pieces = '\x01'.repeat(20);
  const strange = `d4:name1:a6:lengthi05e12:piece lengthi1024e6:pieces20:${pieces}e`;
  const metainfo = parseMetainfo(latin1Bytes(`d4:info${strange}e`));
  assert.equal(latin1(metainfo.infoBytes), strange);
  assert.equal(metainfo.totalBytes, 5);
});

test('hostile paths stay below the name of the torrent', () => {
  const paths = [
    ['..', '..', 'etc', 'passwd'],
    ['/abs'],
    ['a\0b'],
    [''],
    ['.'],
    ['con'],
    ['a\\..\\b'],
    ['same'],
    ['same'],
    ['same', 'below'],
  ];
  const files = paths.map((path) => bencodeDict({ length: 1, path }));
  const metainfo = parseMetainfo(torrent({ name: '../up', files, pieces: '\x00'.repeat(20), length: undefined }));
  assert.deepEqual(
    metainfo.files.map((file) => file.path.join('|')),
    [
      '.._up|__|__|etc|passwd',
      '.._up|_abs',
      '.._up|a_b',
      '.._up|_',
      '.._up|_.1',
      '.._up|_con',
      '.._up|a_.._b',
      '.._up|same',
      '.._up|same.1',
      '.._up|same.2|below',
    ],
  );
});

test('a symlink points below the torrent, and no file is reached through it', () => {
  const files = [
    bencodeDict({ attr: 'l', path: ['out'], 'symlink path': ['..', '..', 'home'] }),
    bencodeDict({ length: 5, path: ['out', 'file'] }),
  ];
  const metainfo = parseMetainfo(torrent({ files, length: undefined }));
  assert.deepEqual(metainfo.files[0]?.symlink, ['t', '__', '__', 'home']);
  assert.deepEqual(metainfo.files[1]?.path, ['t', 'out.1', 'file']);
});

test('trackers come in tiers, each URL once, nonsense left out', () => {
  const lists = {
    announce: 'http://ignored/',
    'announce-list': [['udp://a:1', 'ftp://no'], [], ['http://b/ x', 'udp://a:1', 'https://c/\u001b[2J'], ['https://d/']],
  };
  const metainfo = parseMetainfo(torrent({}, lists));
  assert.deepEqual(metainfo.trackers, [['udp://a:1'], ['https://d/']]);
  assert.deepEqual(parseMetainfo(torrent({}, { announce: 'http://only/', 'announce-list': 'no list' })).trackers, [['http://only/']]);
});

const refused: Readonly<Record<string, [Readonly<Record<string, BencodeInput | undefined>>, RegExp]>> = {
  'a piece length of zero': [{ 'piece length': 0 }, /piece length of 1024 to 1073741824 bytes, got the number 0/],
  'a piece length of 2 GiB': [{ 'piece length': 2 ** 31 }, /piece length/],
  'a negative length': [{ length: -1 }, /length of a file, got the number -1/],
  'no length': [{ length: undefined }, /length of a file, got nothing/],
  'no name': [{ name: undefined }, /no name/],
  'no hashes': [{ pieces: undefined }, /no piece hashes/],
  'too few hashes': [{ length: 2000 }, /need 40 bytes of hashes, got 20/],
  'hashes that are no multiple of 20': [{ pieces: 'x'.repeat(21) }, /got 21/],
  'no content': [{ length: 0, pieces: '' }, /no content/],
  'files that are no list': [{ files: 'x' }, /bencoded list, got a string of 1 bytes/],
  'an empty list of files': [{ files: [] }, /list of files, got an empty one/],
  'too many files': [
    { files: Array.from({ length: FILES_MAX + 1 }, () => bencodeDict({ length: 1, path: ['x'] })) },
    /at most 100000 files/,
  ],
  'a file that is no dictionary': [{ files: [1] }, /file 0 is the number 1/],
  'a path that is no list': [{ files: [bencodeDict({ length: 1, path: 'x' })] }, /path of one or more names/],
  'lengths beyond 2^53': [
    { files: [1, 2, 3].map((name) => bencodeDict({ length: 2 ** 53 - 1, path: [String(name)] })) },
    /more than 2\^53/,
  ],
};
for (const [title, [change, message]] of Object.entries(refused)) {
  test(`a torrent with ${title} is refused`, () => {
    assert.throws(
      () => parseMetainfo(torrent(change)),
      (error) => error instanceof MalformedMessage && message.test(error.message),
    );
  });
}

test('a page of HTML and an endless nesting are no torrents', () => {
  assert.throws(() => parseMetainfo(latin1Bytes('<!DOCTYPE html>')), MalformedMessage);
  assert.throws(() => parseMetainfo(latin1Bytes('d4:info'.repeat(1_000_000))), MalformedMessage);
  assert.throws(() => parseMetainfo(latin1Bytes('d8:announce3:urle')), /no info dictionary/);
});

/** A torrent of one byte-sized file, with changes to its info dictionary and to what surrounds it. */
function torrent(
  change: Readonly<Record<string, BencodeInput | undefined>>,
  around: Readonly<Record<string, BencodeInput>> = {},
): Uint8Array {
  const info = bencodeDict({ name: 't', length: 5, 'piece length': 1024, pieces: '\x00'.repeat(20), ...change });
  return encodeBencode(bencodeDict({ info, ...around }));
}

function randomMetainfo(random: Random): Metainfo {
  const names = ['a', 'b.txt', 'ü', 'same', 'sub'];
  const pick = (): string => names[random.below(names.length)] as string;
  const count = 1 + random.below(4);
  const files: StoreFile[] = Array.from({ length: count }, (_, index) => {
    const pad = random.chance(0.2);
    const length = 1 + random.below(5000);
    const symlink = !pad && random.chance(0.1) ? ['t', pick()] : null;
    const path = pad ? ['t', '.pad', String(length)] : ['t', `${index}${pick()}`, pick()];
    return { path, length: symlink === null ? length : 0, pad, executable: random.chance(0.3), symlink };
  });
  if (random.chance(0.3)) files.splice(0, count, { path: ['t'], length: 77, pad: false, executable: false, symlink: null });
  files.push({ path: ['t', 'last'], length: 1, pad: false, executable: false, symlink: null });
  if (files[0]?.path.length === 1) files.length = 1;
  const pieceBytes = 1024 << random.below(3);
  const pieceCount = Math.ceil(files.reduce((sum, file) => sum + file.length, 0) / pieceBytes);
  const infoBytes = encodeInfo({
    name: 't',
    files,
    pieceBytes,
    pieceHashes: random.fill(new Uint8Array(20 * pieceCount)),
    private: random.chance(0.5),
  });
  const trackers = Array.from({ length: random.below(3) }, (_, tier) => [`udp://tracker${tier}:80`, `http://tracker${tier}/announce`]);
  const webSeeds = Array.from({ length: random.below(3) }, (_, index) => `http://seed${index}/`);
  const around = {
    ...(random.chance(0.5) && {
      dhtNodes: [
        { host: 'router.example', port: 1 + random.below(0xffff) },
        { host: '2001:db8::1', port: 6881 },
      ],
    }),
    comment: random.chance(0.5) ? 'a comment' : null,
    createdBy: null,
    creationDate: random.chance(0.5) ? random.u32() : null,
  };
  return { ...parseInfo(infoBytes, { trackers, webSeeds }), ...around };
}

/** Content for transfers between programs: files with awkward names, a .torrent of them made without any torrent library, and their digest. */

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const WRITE_BYTES = 1 << 20;

export interface ContentFile {
  /** Relative path with `/`. */
  readonly path: string;
  readonly bytes: number;
}

export interface TorrentFile {
  readonly path: string;
  /** Hex. */
  readonly infoHash: string;
  readonly name: string;
}

/**
 * For torrents that shall be found without a tracker, since rtorrent loads none that names none. Not an opentracker either: that names a
 * peer to itself, and rtorrent, having dialled itself, turns away from everybody on 127.0.0.1.
 */
export const NO_TRACKER = 'http://127.0.0.1:9/announce';

/** Names that break naive programs: spaces, other scripts, an emoji, quotes, shell and URL characters, a long one, an empty file. */
export const ODD_FILES: readonly ContentFile[] = [
  { path: 'a plain file.txt', bytes: 70_001 },
  { path: 'empty', bytes: 0 },
  { path: 'größe & maß/日本語 файл 🎈.bin', bytes: 1_300_000 },
  { path: "größe & maß/it's 100% [sic] #1;$(true).dat", bytes: 16_384 },
  { path: `deep/er/${'n'.repeat(150)}`, bytes: 262_144 },
  { path: 'deep/er/one', bytes: 1 },
  { path: '-rf', bytes: 333_333 },
];

/** Writes random files below `folder/name`, or the single file `folder/name` when `files` is a number of bytes. */
export async function writeContent(folder: string, name: string, files: readonly ContentFile[] | number): Promise<void> {
  if (typeof files === 'number') return writeRandom(join(folder, name), files);
  for (const file of files) await writeRandom(join(folder, name, file.path), file.bytes);
}

async function writeRandom(path: string, bytes: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  for (let at = 0; at < bytes; at += WRITE_BYTES) await file.write(randomBytes(Math.min(WRITE_BYTES, bytes - at)));
  await file.close();
}

/** Writes `torrentPath` for the content `folder/name` (BEP 3, 12, 19); independent of our own creator on purpose. */
export async function writeTorrent(
  torrentPath: string,
  folder: string,
  name: string,
  pieceBytes: number,
  trackers: readonly string[],
  webSeeds: readonly string[] = [],
): Promise<TorrentFile> {
  const root = join(folder, name);
  const isFile = (await stat(root)).isFile();
  const paths = isFile ? [''] : await filesBelow(root, '');
  const lengths = await Promise.all(paths.map(async (path) => (await stat(join(root, path))).size));
  const pieces = await hashPieces(
    paths.map((path) => join(root, path)),
    pieceBytes,
  );
  const files = paths.map((path, index) => ({ length: lengths[index] ?? 0, path: path.split('/') }));
  const info = { ...(isFile ? { length: lengths[0] ?? 0 } : { files }), name, 'piece length': pieceBytes, pieces };
  const tiers = trackers.map((tracker) => [tracker]);
  const metainfo = { ...(trackers[0] === undefined ? {} : { announce: trackers[0], 'announce-list': tiers }), info, 'url-list': webSeeds };
  await writeFile(torrentPath, bencode(metainfo));
  return { path: torrentPath, infoHash: createHash('sha1').update(bencode(info)).digest('hex'), name };
}

/** Each file at `folder/name` with its length and SHA-256, sorted by path: equal lists mean byte-identical trees. */
export async function treeOf(folder: string, name: string): Promise<string[]> {
  const root = join(folder, name);
  const paths = (await stat(root)).isFile() ? [''] : await filesBelow(root, '');
  const rows: string[] = [];
  for (const path of paths) {
    const content = createHash('sha256');
    let bytes = 0;
    for await (const chunk of createReadStream(join(root, path))) {
      content.update(chunk as Buffer); // A stream without an encoding gives buffers.
      bytes += (chunk as Buffer).length;
    }
    rows.push(`${path || name} ${bytes} ${content.digest('hex')}`);
  }
  return rows;
}

async function filesBelow(root: string, prefix: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(root, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) paths.push(...(await filesBelow(root, path)));
    else paths.push(path);
  }
  return paths.sort();
}

async function hashPieces(paths: readonly string[], pieceBytes: number): Promise<Buffer> {
  const digests: Buffer[] = [];
  let hash = createHash('sha1');
  let filled = 0;
  for (const path of paths) {
    for await (const chunk of createReadStream(path, { highWaterMark: WRITE_BYTES })) {
      let rest = chunk as Buffer; // A stream without an encoding gives buffers.
      while (rest.length > 0) {
        const part = rest.subarray(0, pieceBytes - filled);
        hash.update(part);
        filled += part.length;
        rest = rest.subarray(part.length);
        if (filled < pieceBytes) continue;
        digests.push(hash.digest());
        hash = createHash('sha1');
        filled = 0;
      }
    }
  }
  if (filled > 0) digests.push(hash.digest());
  return Buffer.concat(digests);
}

type Bencodable = number | string | Buffer | readonly Bencodable[] | { readonly [key: string]: Bencodable };

function bencode(value: Bencodable): Buffer {
  if (typeof value === 'number') return Buffer.from(`i${value}e`);
  if (typeof value === 'string') return bencode(Buffer.from(value));
  if (Buffer.isBuffer(value)) return Buffer.concat([Buffer.from(`${value.length}:`), value]);
  if (Array.isArray(value)) return Buffer.concat([Buffer.from('l'), ...value.map((item: Bencodable) => bencode(item)), Buffer.from('e')]);
  const entries = Object.entries(value as { [key: string]: Bencodable }).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return Buffer.concat([Buffer.from('d'), ...entries.flatMap(([key, item]) => [bencode(key), bencode(item)]), Buffer.from('e')]);
}

/**
 * Reads the file tree of BitTorrent v2 (BEP 52) in one pass, name by name; owns no state. It comes from strangers: what is accepted
 * names each file once, safely, with the root of its hash tree.
 */

import { MalformedMessage } from '../../core/codec.ts';
import { latin1Bytes } from '../../core/bytes.ts';
import type { StoreFile } from '../../core/host.ts';
import { SHA256_BYTES } from '../../core/sha256.ts';
import { type Bencode, type BencodeDict, BencodeReader, describe, dictBytes, dictNumber, isDict } from '../../wire/bencode.ts';
import { PATH_DEPTH_MAX, SafePaths, safeName } from '../../wire/safe-path.ts';
import { hasAttribute, linkTarget } from './file-attributes.ts';

export const FILES_MAX = 100_000;
/** The depth of the tree within a torrent: the info dictionary, the tree. */
const TREE_DEPTH = 1;
/** Properties of one file; four are known. */
const PROPERTIES_MAX = 100;

export interface TreeFile {
  readonly file: StoreFile;
  /** The root of its hash tree; null where it has no content. */
  readonly root: Uint8Array | null;
}

/** The files in the order of the tree, without padding. `name` is the torrent's, which a tree of one file does without. */
export function parseFileTree(bytes: Uint8Array, name: string): readonly TreeFile[] {
  return new FileTreeReader(bytes, name).files();
}

class FileTreeReader {
  private readonly reader: BencodeReader;
  private readonly name: string;
  private readonly found: { readonly path: readonly Uint8Array[]; readonly properties: BencodeDict }[] = [];
  private readonly path: Uint8Array[] = [];

  constructor(bytes: Uint8Array, name: string) {
    this.reader = new BencodeReader(bytes);
    this.name = name;
  }

  files(): readonly TreeFile[] {
    this.folder(TREE_DEPTH);
    if (this.found.length === 0) throw new MalformedMessage('expected a tree of files, got an empty one');
    const [only] = this.found;
    const prefix = this.found.length === 1 && only?.path.length === 1 ? [] : [this.name];
    const paths = new SafePaths();
    return this.found.map(({ path, properties }) => {
      const file = fileOf(paths.file([...prefix, ...path.map(safeName)]), path, properties, prefix);
      return { file, root: rootOf(file, properties) };
    });
  }

  private folder(depth: number): void {
    const { reader } = this;
    reader.enterDict(depth);
    let before: string | null = null;
    while (!reader.leaveDict()) {
      const key = reader.key();
      // The order is that of the content, and twice the same name would be two files in one place.
      if (before !== null && before >= key) throw new MalformedMessage(`the file tree has ${JSON.stringify(key)} out of order`);
      before = key;
      if (key !== '') {
        if (this.path.length === PATH_DEPTH_MAX) throw new MalformedMessage(`a path is at most ${PATH_DEPTH_MAX} deep, got more`);
        this.path.push(latin1Bytes(key));
        this.folder(depth + 1);
        this.path.pop();
      } else this.file(depth);
    }
  }

  private file(depth: number): void {
    const properties = this.reader.value(depth + 1);
    if (!isDict(properties)) throw new MalformedMessage(`expected the properties of a file, got ${describe(properties)}`);
    if (this.path.length === 0) throw new MalformedMessage('the root of the file tree is a file');
    // The empty key sorts first: whatever follows is a sibling.
    if (this.reader.next() !== END) throw new MalformedMessage('something in the file tree is a file and a folder');
    if (properties.size > PROPERTIES_MAX)
      throw new MalformedMessage(`a file has at most ${PROPERTIES_MAX} properties, got ${properties.size}`);
    if (this.found.length === FILES_MAX) throw new MalformedMessage(`expected at most ${FILES_MAX} files, got more`);
    this.found.push({ path: this.path.slice(), properties });
  }
}

const END = 0x65;

function fileOf(path: readonly string[], raw: readonly Bencode[], properties: BencodeDict, prefix: readonly string[]): StoreFile {
  const target = hasAttribute(properties, 'l') ? linkTarget(properties, raw.slice(0, -1)) : null;
  // BEP 47: the length of a symlink is zero and may be left out.
  const length = target === null ? dictNumber(properties, 'length') : 0;
  if (length === null || length < 0) {
    throw new MalformedMessage(`expected the length of a file, got ${describe(properties.get('length'))}`);
  }
  const symlink = target === null ? null : [...prefix, ...target];
  return { path, length, pad: false, executable: hasAttribute(properties, 'x'), symlink };
}

function rootOf({ length, path }: StoreFile, properties: BencodeDict): Uint8Array | null {
  if (length === 0) return null;
  const root = dictBytes(properties, 'pieces root');
  if (root?.length !== SHA256_BYTES || root.every((byte) => byte === 0)) {
    throw new MalformedMessage(
      `expected ${SHA256_BYTES} bytes as the root of ${path.join('/')}, got ${describe(properties.get('pieces root'))}`,
    );
  }
  return root;
}

/**
 * Reads the file tree of BitTorrent v2 (BEP 52) in one pass, name by name; owns no state. It comes from strangers: what is accepted
 * names each file once, safely, with the root of its hash tree.
 */

import { MalformedMessage } from '../../core/codec.ts';
import { latin1Bytes } from '../../core/bytes.ts';
import type { StoreFile } from '../../core/host.ts';
import { SHA256_BYTES } from '../../core/sha256.ts';
import { type BencodeDict, BencodeReader, describe, dictBytes, dictNumber, isDict } from '../../wire/bencode.ts';
import { PATH_DEPTH_MAX, SafePaths, safeName } from '../../wire/safe-path.ts';
import { hasAttribute, linkTarget } from './file-attributes.ts';

export const FILES_MAX = 100_000;
/** The depth of the tree within a torrent: the info dictionary, the tree. */
const TREE_DEPTH = 1;
/** Properties of one file; four are known. */
const PROPERTIES_MAX = 100;
/** Roots that there is room for at first. */
const ROOTS_FIRST = 16;

export interface FileTree {
  /** In the order of the tree, without padding. */
  readonly files: readonly StoreFile[];
  /** The root of each file's hash tree, 32 bytes a file; zeros where it has no content. */
  readonly roots: Uint8Array;
}

/**
 * `folder` is what the files lie in. Where it is null a tree of one file is that file alone, and any other lies in a folder of the
 * torrent's `name` (BEP 52, "interpreting paths").
 */
export function parseFileTree(bytes: Uint8Array, name: string, folder: readonly string[] | null): FileTree {
  return new FileTreeReader(bytes, name, folder).tree();
}

/** The names of each file as they stand in a tree that `parseFileTree` has read; a disk may have got others. */
export function fileTreeNames(bytes: Uint8Array): readonly (readonly Uint8Array[])[] {
  const reader = new FileTreeReader(bytes, '', null);
  reader.tree();
  return reader.found.map(({ path }) => path);
}

/** A file as far as it is known before all are. */
interface FoundFile {
  readonly path: readonly Uint8Array[];
  readonly length: number;
  readonly executable: boolean;
  readonly target: readonly string[] | null;
}

class FileTreeReader {
  private readonly reader: BencodeReader;
  private readonly name: string;
  private readonly around: readonly string[] | null;
  readonly found: FoundFile[] = [];
  /** One array for all: a hundred thousand small ones would take more than the torrent. */
  private roots = new Uint8Array(ROOTS_FIRST * SHA256_BYTES);
  private readonly path: Uint8Array[] = [];

  constructor(bytes: Uint8Array, name: string, around: readonly string[] | null) {
    this.reader = new BencodeReader(bytes);
    this.name = name;
    this.around = around;
  }

  tree(): FileTree {
    this.folder(TREE_DEPTH);
    if (this.found.length === 0) throw new MalformedMessage('expected a tree of files, got an empty one');
    const [only] = this.found;
    const alone = this.found.length === 1 && only?.path.length === 1;
    const prefix = this.around ?? (alone ? [] : [this.name]);
    const paths = new SafePaths();
    const files = this.found.map(({ path, length, executable, target }): StoreFile => {
      const symlink = target === null ? null : [...prefix, ...target];
      return { path: paths.file([...prefix, ...path.map(safeName)]), length, pad: false, executable, symlink };
    });
    const roots = new Uint8Array(files.length * SHA256_BYTES);
    roots.set(this.roots.subarray(0, roots.length));
    return { files, roots };
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
    const target = hasAttribute(properties, 'l') ? linkTarget(properties, this.path.slice(0, -1)) : null;
    // BEP 47: the length of a symlink is zero and may be left out.
    const length = target === null ? dictNumber(properties, 'length') : 0;
    if (length === null || length < 0) {
      throw new MalformedMessage(`expected the length of a file, got ${describe(properties.get('length'))}`);
    }
    if (length > 0) this.keepRoot(properties);
    this.found.push({ path: [...this.path], length, executable: hasAttribute(properties, 'x'), target });
  }

  private keepRoot(properties: BencodeDict): void {
    const root = dictBytes(properties, 'pieces root');
    if (root?.length !== SHA256_BYTES || root.every((byte) => byte === 0)) {
      const name = this.path.map(safeName).join('/');
      throw new MalformedMessage(`expected ${SHA256_BYTES} bytes as the root of ${name}, got ${describe(properties.get('pieces root'))}`);
    }
    const at = this.found.length * SHA256_BYTES;
    if (at >= this.roots.length) {
      const grown = new Uint8Array(Math.max(at + SHA256_BYTES, 2 * this.roots.length));
      grown.set(this.roots);
      this.roots = grown;
    }
    this.roots.set(root, at);
  }
}

const END = 0x65;

/** What a file or a folder would be as content: its regular files in an order that is the same everywhere; owns no state. */

import { type Dirent, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { StoreFile } from '../core/host.ts';

/** More files than this are not one piece of content any more. */
export const SCANNED_FILES_MAX = 1_000_000;
const DEPTH_MAX = 64;
const EXECUTABLE_BITS = 0o111;

export interface ScannedFolder {
  /** Folder below which the paths lie: that of the file or folder itself. */
  readonly location: string;
  /** The first component is the name of the file or folder. Sorted by the bytes of their names, folder by folder. */
  readonly files: readonly StoreFile[];
  readonly totalBytes: number;
  /** What was left out, for people: path and reason. */
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
}

/** Throws the system's error when the path itself cannot be read; what cannot be read below it is skipped and told. */
export function scanFolder(path: string): ScannedFolder {
  const root = resolve(path);
  const scan = new Scan(root);
  const stat = statSync(root);
  if (stat.isDirectory()) scan.folder([basename(root)], 0);
  else if (stat.isFile()) scan.file([basename(root)], stat.size, stat.mode);
  else scan.skip([basename(root)], 'is neither a file nor a folder');
  const totalBytes = scan.files.reduce((sum, { length }) => sum + length, 0);
  return { location: dirname(root), files: scan.files, totalBytes, skipped: scan.skipped };
}

class Scan {
  readonly files: StoreFile[] = [];
  readonly skipped: { path: string; why: string }[] = [];
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  folder(path: readonly string[], depth: number): void {
    if (depth > DEPTH_MAX) return this.skip(path, `lies deeper than ${DEPTH_MAX} folders`);
    let entries: Dirent[];
    try {
      entries = readdirSync(this.place(path), { withFileTypes: true });
    } catch (error) {
      return this.skip(path, unreadable(error));
    }
    // By code units and not by locale: the same folder must give the same info-hash on every machine.
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) this.entry([...path, entry.name], entry, depth);
  }

  file(path: readonly string[], length: number, mode: number): void {
    if (this.files.length === SCANNED_FILES_MAX) return this.skip(path, `comes after ${SCANNED_FILES_MAX} others`);
    this.files.push({ path, length, pad: false, executable: (mode & EXECUTABLE_BITS) !== 0, symlink: null });
  }

  skip(path: readonly string[], why: string): void {
    this.skipped.push({ path: path.join('/'), why });
  }

  private entry(path: readonly string[], entry: Dirent, depth: number): void {
    try {
      if (entry.isDirectory()) return this.folder(path, depth + 1);
      if (entry.isSymbolicLink()) return this.link(path);
      const stat = lstatSync(this.place(path));
      if (stat.isFile()) this.file(path, stat.size, stat.mode);
      else this.skip(path, 'is no regular file');
    } catch (error) {
      this.skip(path, unreadable(error));
    }
  }

  /** A link to a file inside stays a link (BEP 47); one that leads elsewhere is left out. */
  private link(path: readonly string[]): void {
    const target = resolve(dirname(this.place(path)), readlinkSync(this.place(path)));
    const inside = relative(this.root, target);
    const leadsOut = inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || resolve(inside) === inside;
    if (leadsOut) return this.skip(path, 'is a link that leads outside');
    if (!statSync(target).isFile()) return this.skip(path, 'is a link to something else than a file');
    this.files.push({ path, length: 0, pad: false, executable: false, symlink: [basename(this.root), ...inside.split(sep)] });
  }

  private place(path: readonly string[]): string {
    return join(dirname(this.root), ...path);
  }
}

function unreadable(error: unknown): string {
  return `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
}

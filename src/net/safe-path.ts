/** Paths that came from the network, kept inside the folder they belong to; owns a folder's real place and nothing else. */

import { lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';

/** A path that would leave its folder, through its own words or through a symbolic link on disk. */
export class UnsafePathError extends Error {
  override readonly name = 'UnsafePathError';
  readonly path: string;

  constructor(path: string, why: string) {
    super(`expected a path inside its folder, got one that ${why}: ${path}`);
    this.path = path;
  }
}

const COMPONENT_BYTES_MAX = 255;

/** Throws UnsafePathError unless every component is a plain name. Metainfo is checked when parsed; this is the last gate. */
export function assertPlainComponents(path: readonly string[]): void {
  const shown = path.join('/').slice(0, COMPONENT_BYTES_MAX);
  if (path.length === 0) throw new UnsafePathError(shown, 'has no name');
  for (const component of path) {
    if (component === '' || component === '.' || component === '..') throw new UnsafePathError(shown, `has a component '${component}'`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is looked for
    if (/[/\0]/.test(component) || (sep === '\\' && /[\\:]/.test(component))) throw new UnsafePathError(shown, 'has a separator in a name');
  }
}

export class SafeFolder {
  readonly path: string;
  private realPath: string | null = null;

  constructor(path: string) {
    this.path = resolve(path);
  }

  /**
   * Where the file really is; `create` makes the folders above it. Throws UnsafePathError when a link on the way leads out, and the
   * system's error when a folder is missing (ENOENT) or cannot be made.
   */
  locate(path: readonly string[], create: boolean): string {
    assertPlainComponents(path);
    if (create) mkdirSync(this.path, { recursive: true });
    const wanted = join(this.path, ...path);
    const parent = dirname(wanted);
    if (create && path.length > 1) this.makeFolder(parent);
    const place = join(this.inside(parent), path[path.length - 1] as string);
    if (!lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink()) return place;
    if (statSync(place, { throwIfNoEntry: false }) === undefined) throw new UnsafePathError(place, 'is a link that leads nowhere');
    return this.inside(place);
  }

  private makeFolder(folder: string): void {
    // Links are followed only in what is there already: it is looked at before anything is made below it.
    let existing = folder;
    while (existing.length > this.path.length && lstatSync(existing, { throwIfNoEntry: false }) === undefined) existing = dirname(existing);
    this.inside(existing);
    if (existing !== folder) mkdirSync(folder, { recursive: true });
  }

  /** The real path, which must lie in the real folder. */
  private inside(path: string): string {
    this.realPath ??= realpathSync(this.path);
    const real = realpathSync(path);
    const prefix = this.realPath.endsWith(sep) ? this.realPath : this.realPath + sep;
    if (real !== this.realPath && !real.startsWith(prefix)) throw new UnsafePathError(path, `leads to ${real}`);
    return real;
  }
}

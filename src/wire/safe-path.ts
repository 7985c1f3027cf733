/**
 * File paths from strangers, made safe on every system: no component escapes its folder, names a device or cannot be typed.
 * A SafePaths owns the tree of the names it has given and never gives one twice.
 */

import { MalformedMessage } from '../core/codec.ts';
import { readUtf8, utf8Size } from '../core/utf8.ts';

export const PATH_DEPTH_MAX = 64;
/** What file systems allow for one name, and Linux for a path; the rest is left to the folder it is saved in. */
export const NAME_BYTES_MAX = 255;
export const PATH_BYTES_MAX = 3072;
export const DIRECTORIES_MAX = 100_000;

/** Separators of any system, controls, and marks that reverse or hide what is shown. */
const FORBIDDEN = /[/\\\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
/** Windows opens these as devices, with any extension and in any case. */
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)(\.|$)/i;
/** Long enough for every extension in use. */
const EXTENSION_BYTES_MAX = 16;

/** One path component: never empty, `.` or `..`; the same bytes give the same name everywhere. */
export function safeName(bytes: Uint8Array): string {
  // A longer name is cut anyway; invalid UTF-8 may need three bytes where there was one, so that cut comes later.
  let name = readUtf8(bytes, 0, Math.min(bytes.length, 4 * NAME_BYTES_MAX)).replace(FORBIDDEN, '_');
  if (DEVICE.test(name)) name = `_${name}`;
  // Windows drops dots and spaces at the end, so that two names would be one file; this also ends `.` and `..`.
  name = shorten(name, '').replace(/[. ]+$/, (end) => '_'.repeat(end.length));
  return name === '' ? '_' : name;
}

/** Gives each file of a torrent a path of its own, in the order of the calls. */
export class SafePaths {
  private readonly root: Folder = new Map();
  /** Where the search for a free name goes on, per folder and wanted name, so that 100,000 equal names cost no more than others. */
  private readonly taken = new Map<Folder, Map<string, number>>();
  private folders = 0;

  /** The path itself, or one with a number in it where another file has the path, or is in the way of a folder. */
  file(wanted: readonly string[]): readonly string[] {
    checkPath(wanted);
    const path: string[] = [];
    let folder = this.root;
    for (const name of wanted.slice(0, -1)) {
      const free = this.free(folder, name, true);
      let below = folder.get(free);
      if (below === undefined || below === null) {
        if (this.folders++ >= DIRECTORIES_MAX) throw new MalformedMessage(`more than ${DIRECTORIES_MAX} folders`);
        below = new Map();
        folder.set(free, below);
      }
      path.push(free);
      folder = below;
    }
    const free = this.free(folder, wanted[wanted.length - 1] as string, false);
    folder.set(free, null);
    path.push(free);
    return path;
  }

  private free(folder: Folder, name: string, asFolder: boolean): string {
    const usable = (candidate: string): boolean => {
      const there = folder.get(candidate);
      return there === undefined || (asFolder && there !== null);
    };
    if (usable(name)) return name;
    let counts = this.taken.get(folder);
    if (counts === undefined) {
      counts = new Map();
      this.taken.set(folder, counts);
    }
    // All files below a renamed folder meet in the same one; a renamed file makes its name unusable for the next. No name has a slash.
    const key = asFolder ? `${name}/` : name;
    let count = counts.get(key) ?? 1;
    while (!usable(shorten(name, `.${count}`))) count++;
    counts.set(key, asFolder ? count : count + 1);
    return shorten(name, `.${count}`);
  }
}

/** A folder's names; null is a file. */
type Folder = Map<string, Folder | null>;

function checkPath(path: readonly string[]): void {
  if (path.length === 0) throw new MalformedMessage('a file has an empty path');
  if (path.length > PATH_DEPTH_MAX) throw new MalformedMessage(`a path is at most ${PATH_DEPTH_MAX} deep, got ${path.length}`);
  const bytes = path.reduce((sum, name) => sum + utf8Size(name) + 1, 0);
  if (bytes > PATH_BYTES_MAX) throw new MalformedMessage(`a path has at most ${PATH_BYTES_MAX} bytes, got ${bytes}`);
}

/** The name with the mark before its extension, cut so that it fits; the extension stays, because it says what opens the file. */
function shorten(name: string, mark: string): string {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && utf8Size(name.slice(dot)) <= EXTENSION_BYTES_MAX ? name.slice(dot) : '';
  const stem = [...name.slice(0, name.length - extension.length)];
  let bytes = utf8Size(name) + mark.length;
  if (mark === '' && bytes <= NAME_BYTES_MAX) return name;
  while (bytes > NAME_BYTES_MAX) bytes -= utf8Size(stem.pop() as string);
  return stem.join('') + mark + extension;
}

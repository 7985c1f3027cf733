/**
 * What the server is told of what we share, kept as the collection is: all of it after a log-in, then what has changed. Owns which files the server knows, by the
 * names that it has them under.
 */

import { hexOf } from '../../../core/hex.ts';
import { utf8Size } from '../../../core/utf8.ts';
import type { SharedFile, SharedFiles } from '../../../wire/shared-file.ts';
import { quoted, TEXT_BYTES_MAX } from '../frames.ts';
import { Type } from '../message-types.ts';
import { entryText, NAME_LENGTH_MAX } from '../shared-entry.ts';

const PAGE = 256;
const NO_HASH = '0'.repeat(32);

/** Who passes it on: false when the server takes no more at the moment. */
export type Teller = (type: number, text: string) => boolean;

interface Told {
  readonly id: number;
  readonly text: string;
}

export class ShareList {
  private readonly files: SharedFiles;
  private readonly filesMax: number;
  /** By the name that the server has. */
  private told = new Map<string, Told>();
  private version = -1;
  private untold: SharedFile[] = [];
  private gone: string[] = [];

  constructor(files: SharedFiles, filesMax: number) {
    this.files = files;
    this.filesMax = filesMax;
  }

  get count(): number {
    return this.told.size;
  }

  get isComplete(): boolean {
    return this.untold.length + this.gone.length === 0 && this.version === this.files.version;
  }

  /** A server that knows nothing of us. */
  reset(): void {
    this.told.clear();
    this.version = -1;
    this.untold = [];
    this.gone = [];
  }

  /** The file that others call so, if it is shared still. */
  fileOf(name: string): SharedFile | null {
    const told = this.told.get(name);
    return told === undefined ? null : this.files.byId(told.id);
  }

  /** All that the server has, or had, each in the words of a share. */
  texts(): string[] {
    return Array.from(this.told.values(), ({ text }) => text);
  }

  /** Tells some of what has changed, in at most so many messages. */
  tell(messagesMax: number, teller: Teller): void {
    if (this.version !== this.files.version) this.compare();
    for (let left = messagesMax; left > 0; left--) {
      const message = this.next();
      if (message === null) return;
      if (!teller(message.type, message.text)) return;
    }
  }

  private compare(): void {
    this.version = this.files.version;
    const now = new Map<string, SharedFile>();
    for (let id = 0; now.size < this.filesMax; ) {
      const page = this.files.after(id, PAGE);
      for (const file of page) {
        id = file.id;
        const name = nameOf(file);
        // Two of one name would be one to everybody; a quote or a length that cannot be written is no name.
        if (now.size < this.filesMax && name.length <= NAME_LENGTH_MAX && !now.has(name)) now.set(name, file);
      }
      if (page.length === 0) break;
    }
    this.gone = [...this.told].filter(([name, { id }]) => now.get(name)?.id !== id).map(([name]) => name);
    this.untold = [...now].filter(([name, file]) => this.told.get(name)?.text !== textOf(name, file)).map(([, file]) => file);
    // Those of one folder are told together.
    this.untold.sort((a, b) => (a.folder < b.folder ? 1 : a.folder > b.folder ? -1 : 0));
  }

  private next(): { readonly type: number; readonly text: string } | null {
    const gone = this.gone.pop();
    if (gone !== undefined) {
      this.told.delete(gone);
      return { type: Type.unshare, text: quoted(gone) };
    }
    const first = this.untold.pop();
    if (first === undefined) return null;
    const [folder, text] = this.take(first);
    const texts = [text];
    let bytes = utf8Size(quoted(folder)) + utf8Size(text) + 1;
    // Those of one folder go together: a message a file is what servers count.
    for (let more = this.mateOf(folder); more !== null; more = this.mateOf(folder)) {
      bytes += utf8Size(more) + 1;
      if (bytes > TEXT_BYTES_MAX) break;
      this.take(this.untold.pop() as SharedFile);
      texts.push(more);
    }
    if (texts.length > 1) return { type: Type.shareFolder, text: `${quoted(folder)} ${texts.join(' ')}` };
    return { type: Type.share, text: textOf(nameOf(first), first) };
  }

  /** The next one as a part of a message about its folder; null when it is of another one. */
  private mateOf(folder: string): string | null {
    const next = this.untold.at(-1);
    return next === undefined || folder === '' || folderOf(next) !== folder ? null : partText(next);
  }

  private take(file: SharedFile): [folder: string, text: string] {
    const name = nameOf(file);
    this.told.set(name, { id: file.id, text: textOf(name, file) });
    return [folderOf(file), partText(file)];
  }
}

/** With the folders in front, in the spelling of the system that Napster came from; without what no message can hold. */
export function nameOf(file: SharedFile): string {
  return folderOf(file) + plain(file.name);
}

function folderOf({ folder }: SharedFile): string {
  return folder === '' ? '' : `${plain(folder).replaceAll('/', '\\')}\\`;
}

function plain(text: string): string {
  return text.replace(/["\r\n\0]/g, ' ');
}

function partText(file: SharedFile): string {
  return textOf(plain(file.name), file);
}

function textOf(name: string, { bytes, tags, hashes }: SharedFile): string {
  return entryText({
    name,
    md5: hashes.head === null ? NO_HASH : hexOf(hashes.head),
    bytes,
    bitRate: Math.round(tags.bitRate),
    frequency: Math.round(tags.sampleRate),
    seconds: Math.round(tags.seconds),
  });
}

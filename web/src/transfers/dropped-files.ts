/** Files that were dropped or chosen, folders with all that is in them; owns no state. */

export interface DroppedFile {
  /** Below the folder that was dropped, with its name; a file's own name alone. */
  readonly path: string;
  readonly file: File;
}

/** Call while the drop is being handled: afterwards the browser has forgotten what it was. */
export async function filesOf(transfer: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const plain = [...transfer.files];
  if (entries.every((entry) => entry === null)) return plain.map((file) => ({ path: file.name, file }));
  const found: DroppedFile[] = [];
  for (const entry of entries) if (entry !== null) await collect(entry, '', found);
  return found;
}

/** Of an `<input type="file">`; with `webkitdirectory` paths begin with the folder's name. */
export function chosenFiles(files: FileList): DroppedFile[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath, file }));
}

export function isTorrent({ path }: DroppedFile): boolean {
  return /\.torrent$/i.test(path) && !path.includes('/');
}

async function collect(entry: FileSystemEntry, above: string, found: DroppedFile[]): Promise<void> {
  const path = `${above}${entry.name}`;
  // An entry is one or the other, which its type does not say.
  if (entry.isFile)
    found.push({ path, file: await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)) });
  if (!entry.isDirectory) return;
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A hundred at a time, until there are none.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return;
    for (const below of entries) await collect(below, `${path}/`, found);
  }
}

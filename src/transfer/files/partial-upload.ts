/** The verified parts of a file that is still being downloaded, for others. Owns no state. */

import type { Reading, ReadingOperation } from '../../core/reading.ts';
import { NO_TAGS, type SharedFile } from '../../wire/shared-file.ts';
import { StoredFile } from '../http/index.ts';
import { ByteRanges } from './byte-ranges.ts';
import type { FileDownload } from './file-download.ts';
import type { TreeLevel } from './thex.ts';
import type { UploadSource } from './upload-source.ts';

export class PartialUpload implements UploadSource {
  readonly file: SharedFile;
  private readonly download: FileDownload;

  constructor(download: FileDownload) {
    const { wanted, options } = download;
    this.download = download;
    this.file = {
      id: 0,
      name: options.path[options.path.length - 1] ?? '',
      folder: '',
      bytes: wanted.bytes,
      modifiedMs: 0,
      kind: 'other',
      tags: NO_TAGS,
      hashes: wanted.hashes,
    };
  }

  get available(): ByteRanges {
    const { keeper } = this.download;
    // What no tree has checked is nobody's business.
    return keeper?.isTreed === true ? keeper.kept() : new ByteRanges();
  }

  get tree(): TreeLevel | null {
    return this.download.tree;
  }

  open(begin: number, end: number, operation: ReadingOperation): Reading | null {
    const { keeper } = this.download;
    if (keeper?.isTreed !== true) return null;
    const { store, pieceBytes, fileBytes } = keeper;
    return new StoredFile([], '', { store, pieceBytes, start: 0, length: fileBytes }).open(begin, end, operation);
  }
}

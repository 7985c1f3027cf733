/** The words of names and tags by which files are found, the same for those who look and those who share. Owns no state. */

import { type FileQuery, type MediaKind, type SharedFile } from './shared-file.ts';

/** Longer texts are cut: a name has at most 255 bytes, a query less. */
const TEXT_LENGTH_MAX = 1024;
/** Folders above a file whose names count as words of it, as in OpenNap. */
const FOLDER_LEVELS = 2;

/** Lower case, without accents, in order, each once. What is no letter and no digit separates. */
export function keywordsOf(text: string): string[] {
  const plain = text
    .slice(0, TEXT_LENGTH_MAX)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  return [...new Set(plain.match(/[\p{L}\p{N}]+/gu) ?? [])];
}

/** Of its name, the last folders, and what it says of itself. */
export function keywordsOfFile({ name, folder, tags }: Pick<SharedFile, 'name' | 'folder' | 'tags'>): string[] {
  const folders = folder.split('/').slice(-FOLDER_LEVELS);
  return keywordsOf([name, ...folders, tags.title, tags.artist, tags.album].join(' '));
}

/** Whether a file is what the query is for, whatever index it came from; `words` are the file's. */
export function matches(query: FileQuery, file: SharedFile, words: ReadonlySet<string>): boolean {
  return query.words.every((word) => words.has(word)) && !(query.without ?? []).some((word) => words.has(word)) && isWithin(query, file);
}

function isWithin({ kind, bytesMin, bytesMax, bitRateMin, bitRateMax }: FileQuery, { kind: own, bytes, tags }: SharedFile): boolean {
  return (
    (kind === undefined || own === kind) &&
    bytes >= (bytesMin ?? 0) &&
    bytes <= (bytesMax ?? Number.POSITIVE_INFINITY) &&
    tags.bitRate >= (bitRateMin ?? 0) &&
    tags.bitRate <= (bitRateMax ?? Number.POSITIVE_INFINITY)
  );
}

/** By the ending of its name. */
export function mediaKindOf(name: string): MediaKind {
  const ending = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase();
  return ending === undefined ? 'other' : (KIND_OF_ENDING.get(ending) ?? 'other');
}

const ENDINGS: Readonly<Record<Exclude<MediaKind, 'other'>, string>> = {
  audio: 'mp3 mp2 m4a m4b aac ogg oga opus flac wav aif aiff wma ape mpc wv mid midi ra amr au spx tta',
  video: 'mp4 m4v mkv webm avi mov mpg mpeg mpe m2ts ts wmv asf flv ogv ogm 3gp 3g2 vob rm rmvb divx',
  image: 'jpg jpeg png gif bmp tif tiff webp svg heic heif avif ico psd xcf raw cr2 nef dng',
  document: 'pdf epub mobi djvu txt md rtf doc docx odt xls xlsx ods csv ppt pptx odp htm html xml tex ps chm',
  software: 'exe msi dmg pkg deb rpm apk appimage jar iso img bin bat sh py',
  archive: 'zip rar 7z tar gz tgz bz2 xz zst lz lzma cab ace arj',
};
const KIND_OF_ENDING = new Map(
  Object.entries(ENDINGS).flatMap(([kind, endings]) => endings.split(' ').map((ending) => [ending, kind as MediaKind] as const)),
);

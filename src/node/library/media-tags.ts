/** What audio and video files say of themselves: title, artist, album, how long and how dense. Owns no state. */

import { type MediaKind, type MediaTags, NO_TAGS } from '../../wire/shared-file.ts';

/** Longer texts are no titles. */
const TEXT_LENGTH_MAX = 256;
const SPACES = /[\p{C}\s]+/gu;

/** Empty for other kinds, and for what cannot be read as what it is called. */
export async function mediaTagsOf(path: string, kind: MediaKind): Promise<MediaTags> {
  if (kind !== 'audio' && kind !== 'video') return NO_TAGS;
  const { parseFile } = await import('music-metadata');
  // A file is what somebody put there: one that lies about itself has no tags, and is shared by its name.
  const parsed = await parseFile(path, { skipCovers: true, skipPostHeaders: false }).catch(() => null);
  if (parsed === null) return NO_TAGS;
  const { common, format } = parsed;
  return {
    title: text(common.title),
    artist: text(common.artist),
    album: text(common.album),
    genre: text(common.genre?.[0]),
    year: whole(common.year),
    bitRate: whole((format.bitrate ?? 0) / 1000),
    sampleRate: whole(format.sampleRate),
    seconds: whole(format.duration),
  };
}

function text(value: string | undefined): string {
  return (value ?? '').replace(SPACES, ' ').trim().slice(0, TEXT_LENGTH_MAX);
}

function whole(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) && value > 0 ? Math.min(Math.round(value), 0x7fff_ffff) : 0;
}
